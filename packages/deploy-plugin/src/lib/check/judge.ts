import type { DiskFacts, HostFacts } from './facts.ts'
import type { Finding, Level } from './finding.ts'

/** From the first value on it is a warning, above the second a failure. */
interface Limits {
  readonly warn: number
  readonly fail: number
}

/** What machines are held to. */
export const LIMITS = {
  /** Percent of space or of inodes. */
  diskPercent: { warn: 70, fail: 85 },
  /** Of available memory, downwards. */
  memoryMb: { warn: 512, fail: 256 },
  celsius: { warn: 60, fail: 70 },
  clockMs: { warn: 2_000, fail: 60_000 },
  certificateDays: { warn: 14, fail: 3 },
  fullInDays: { warn: 30, fail: 3 },
} as const satisfies Readonly<Record<string, Limits>>

const above = (value: number, { warn, fail }: Limits): Level => (value > fail ? 'fail' : value >= warn ? 'warn' : 'ok')
const below = (value: number, { warn, fail }: Limits): Level => (value < fail ? 'fail' : value <= warn ? 'warn' : 'ok')

const round = (value: number): number => Math.round(value * 10) / 10

/** In the unit that reads best: 1.5 GB, 700 MB. */
export function sizeOf(kb: number): string {
  const units = ['kB', 'MB', 'GB', 'TB']
  let value = kb
  let unit = 0
  while (Math.abs(value) >= 1_000 && unit < units.length - 1) {
    value /= 1_024
    unit++
  }
  return `${Math.abs(value) < 10 ? round(value) : Math.round(value)} ${units[unit]}`
}

/** What the facts of a machine are worth. */
export function judgeFacts(facts: HostFacts, { isLocal }: { readonly isLocal: boolean }): readonly Finding[] {
  const mounts = new Map(facts.disks.map((disk) => [disk.mount, disk]))
  return [
    ...[...mounts.values()].flatMap(judgeDisk),
    ...(mounts.size === 0 ? [unknown('disk', '/', 'df told nothing')] : []),
    judgeMemory(facts.memory),
    judgeLoad(facts),
    ...judgeHeat(facts),
    ...(facts.throttled === undefined ? [] : [judgeThrottled(facts.throttled)]),
    ...(isLocal ? [] : [judgeClock(facts.clock)]),
  ]
}

const unknown = (check: string, subject: string, measured: string): Finding => ({
  check,
  group: 'Host',
  subject,
  level: 'unknown',
  measured,
})

function judgeDisk({ mount, usedKb, freeKb, inodes }: DiskFacts): readonly Finding[] {
  const { warn, fail } = LIMITS.diskPercent
  const wanted = `below ${warn} %, never above ${fail} %`
  // As df counts: what is reserved for root is neither used nor free.
  const percent = round((100 * usedKb) / Math.max(1, usedKb + freeKb))
  const level = above(percent, LIMITS.diskPercent)
  const space: Finding = {
    check: 'disk',
    group: 'Host',
    subject: mount,
    level,
    measured: `${percent} % used, ${sizeOf(freeKb)} free`,
    wanted,
    value: percent,
    unit: '%',
    ...(level !== 'ok' && { advice: 'free some: docker image prune (volume prune deletes data)' }),
  }
  if (inodes === undefined) return [space]
  const inodePercent = round((100 * inodes.used) / inodes.total)
  return [
    space,
    {
      check: 'inodes',
      group: 'Host',
      subject: mount,
      level: above(inodePercent, LIMITS.diskPercent),
      measured: `${inodePercent} % used`,
      wanted,
      value: inodePercent,
      unit: '%',
    },
  ]
}

function judgeMemory(memory: HostFacts['memory']): Finding {
  if (memory === undefined) return unknown('memory', 'available', 'the host does not say')
  const { warn, fail } = LIMITS.memoryMb
  const megabytes = Math.floor(memory.availableKb / 1_024)
  return {
    check: 'memory',
    group: 'Host',
    subject: 'available',
    level: below(megabytes, LIMITS.memoryMb),
    measured: `${sizeOf(memory.availableKb)} of ${sizeOf(memory.totalKb)}`,
    wanted: `above ${warn} MB, never below ${fail} MB`,
    value: megabytes,
    unit: 'MB',
  }
}

function judgeLoad({ load, cpus }: HostFacts): Finding {
  if (load === undefined) return unknown('load', '5 min', 'the host does not say')
  // The last minute alone would tell of the look itself.
  const [, five] = load
  return {
    check: 'load',
    group: 'Host',
    subject: '5 min',
    level: five < cpus ? 'ok' : 'warn',
    measured: `${five} on ${cpus} ${cpus === 1 ? 'CPU' : 'CPUs'}`,
    wanted: `below ${cpus}`,
    value: five,
  }
}

function judgeHeat({ temperatures }: HostFacts): readonly Finding[] {
  const hottest = temperatures.reduce<(typeof temperatures)[number] | undefined>(
    (most, one) => (most === undefined || one.celsius > most.celsius ? one : most),
    undefined,
  )
  // Virtual machines have no sensor; that is nothing to tell of.
  if (hottest === undefined) return []
  const { warn, fail } = LIMITS.celsius
  return [
    {
      check: 'temperature',
      group: 'Host',
      subject: hottest.sensor,
      level: above(hottest.celsius, LIMITS.celsius),
      measured: `${round(hottest.celsius)} °C`,
      wanted: `below ${warn} °C, never above ${fail} °C`,
      value: round(hottest.celsius),
      unit: '°C',
    },
  ]
}

const judgeThrottled = ({ now, before }: NonNullable<HostFacts['throttled']>): Finding => ({
  check: 'throttling',
  group: 'Host',
  subject: 'power and heat',
  level: now || before ? 'warn' : 'ok',
  measured: now ? 'held back now' : before ? 'was held back since it started' : 'never held back',
  ...((now || before) && { advice: 'use a stronger power supply, or cool it' }),
})

function judgeClock(clock: HostFacts['clock']): Finding {
  if (clock === undefined) return unknown('clock', 'against ours', 'the host does not say')
  const { warn, fail } = LIMITS.clockMs
  // What the way there and back may explain is no skew.
  const skewMs = Math.max(0, Math.abs(clock.aheadMs) - clock.withinMs)
  return {
    check: 'clock',
    group: 'Host',
    subject: 'against ours',
    level: above(skewMs, LIMITS.clockMs),
    measured: skewMs === 0 ? 'the same' : `${round(skewMs / 1_000)} s ${clock.aheadMs > 0 ? 'ahead' : 'behind'}`,
    wanted: `within ${warn / 1_000} s, never beyond ${fail / 1_000} s`,
    value: skewMs,
    unit: 'ms',
    ...(skewMs >= warn && { advice: 'set it: timedatectl set-ntp true' }),
  }
}

/** How long a certificate is still good. */
export function judgeCertificate(hostname: string, endsMs: number, nowMs: number): Finding {
  const days = Math.floor((endsMs - nowMs) / 86_400_000)
  const { warn, fail } = LIMITS.certificateDays
  return {
    check: 'certificate',
    group: 'Network',
    subject: hostname,
    level: endsMs <= nowMs ? 'fail' : below(days, LIMITS.certificateDays),
    measured: endsMs <= nowMs ? 'has expired' : `good for ${days} days`,
    wanted: `above ${warn} days, never below ${fail}`,
    value: days,
    unit: 'days',
  }
}
