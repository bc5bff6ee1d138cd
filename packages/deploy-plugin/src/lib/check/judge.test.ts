import { describe, expect, it } from 'vitest'
import type { HostFacts } from './facts.ts'
import { judgeCertificate, judgeFacts, sizeOf } from './judge.ts'

const MB = 1_024
const well: HostFacts = {
  machine: 'x86_64',
  system: 'Linux',
  cpus: 2,
  load: [9, 0.5, 0.5],
  memory: { totalKb: 4_000 * MB, availableKb: 2_000 * MB },
  disks: [],
  temperatures: [],
  throttled: undefined,
  listening: [],
  clock: { aheadMs: 0, withinMs: 10 },
}

const disk = (percent: number, inodePercent = 1): HostFacts['disks'][number] => ({
  path: '/',
  mount: '/',
  device: 'sda',
  totalKb: 110_000,
  usedKb: percent * 1_000,
  freeKb: (100 - percent) * 1_000,
  inodes: { total: 1_000, used: inodePercent * 10 },
})

function levels(facts: Partial<HostFacts>, check: string, isLocal = true): readonly string[] {
  return judgeFacts({ ...well, ...facts }, { isLocal })
    .filter((one) => one.check === check)
    .map(({ level }) => level)
}

describe('judgeFacts()', () => {
  it.each([
    [69.9, 'ok'],
    [70, 'warn'],
    [85, 'warn'],
    [85.1, 'fail'],
  ])('[C1] takes a disk, %s percent full, for %s', (percent, level) => {
    expect(levels({ disks: [disk(percent)] }, 'disk')).toEqual([level])
    expect(levels({ disks: [disk(1, percent)] }, 'inodes')).toEqual([level])
  })

  it.each([
    [513, 'ok'],
    [512, 'warn'],
    [256, 'warn'],
    [255, 'fail'],
  ])('[C2] takes %s MB of available memory for %s', (megabytes, level) => {
    expect(levels({ memory: { totalKb: 4_000 * MB, availableKb: megabytes * MB } }, 'memory')).toEqual([level])
  })

  it.each([
    [59.9, 'ok'],
    [60, 'warn'],
    [70, 'warn'],
    [70.1, 'fail'],
  ])('[C4] takes %s degrees for %s, of several sensors the hottest', (celsius, level) => {
    const temperatures = [
      { sensor: 'cpu', celsius },
      { sensor: 'disk', celsius: 20 },
    ]
    expect(levels({ temperatures }, 'temperature')).toEqual([level])
  })

  it('[C3] wants the load of five minutes below the number of CPUs', () => {
    expect(levels({ load: [5, 1.9, 5] }, 'load')).toEqual(['ok'])
    expect(levels({ load: [0, 2, 0] }, 'load')).toEqual(['warn'])
  })

  it('[C5] compares the clock of another machine, and blames it for nothing that the way there explains', () => {
    expect(levels({ clock: { aheadMs: 5_000, withinMs: 10 } }, 'clock', true)).toEqual([])
    expect(levels({ clock: { aheadMs: 2_100, withinMs: 200 } }, 'clock', false)).toEqual(['ok'])
    expect(levels({ clock: { aheadMs: -2_300, withinMs: 200 } }, 'clock', false)).toEqual(['warn'])
    expect(levels({ clock: { aheadMs: -61_000, withinMs: 200 } }, 'clock', false)).toEqual(['fail'])
    expect(levels({ clock: undefined }, 'clock', false)).toEqual(['unknown'])
  })

  it('tells once of a disk that several folders are on, and says what nobody could measure', () => {
    expect(levels({ disks: [disk(10), { ...disk(10), path: '/var/lib' }] }, 'disk')).toEqual(['ok'])
    expect(levels({ disks: [] }, 'disk')).toEqual(['unknown'])
    expect(levels({ memory: undefined }, 'memory')).toEqual(['unknown'])
    expect(levels({ throttled: { now: false, before: true } }, 'throttling')).toEqual(['warn'])
  })
})

describe('judgeCertificate()', () => {
  const DAY_MS = 86_400_000
  it.each([
    [15.5, 'ok'],
    [14, 'warn'],
    [3, 'warn'],
    [2.9, 'fail'],
    [0, 'fail'],
  ])('[C6] takes one that is good for %s days for %s', (days, level) => {
    expect(judgeCertificate('a.example', 1_000 + days * DAY_MS, 1_000).level).toBe(level)
  })
})

describe('sizeOf()', () => {
  it('says sizes as people do', () => {
    expect([12, 1_536, 700 * MB, 1.5 * MB * MB, 73_968_088].map(sizeOf)).toEqual(['12 kB', '1.5 MB', '700 MB', '1.5 GB', '71 GB'])
  })
})
