import { describe, expect, it } from 'vitest'
import { localHost } from '../hosts/local.ts'
import { parseFacts, readFacts } from './facts.ts'

const PI = `== now
1795274585
== machine
aarch64
== system
Linux 6.1.21-v8+
== cpus
4
== load
0.52 1.10 0.98 2/345 1234
== memory
MemTotal:        3884360 kB
MemFree:          120000 kB
MemAvailable:     300000 kB
== disk /
/dev/root         30358108 22768581   6286283      79% /
== inodes /
/dev/root        1933312 100000 1833312    6% /
== disk /var/lib/docker
//nas/with space   1000000   100000    900000      10% /mnt/my disk
== inodes /var/lib/docker
//nas/with space         0        0         0        - /mnt/my disk
== heat
61234 cpu-thermal
-274000 broken
== throttled
throttled=0x50000
== tcp
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4242 1 0000000000000000
   1: 00000000000000000000000000000000:0016 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 77 1
   2: 0000000000000000FFFF00000100007F:01BB 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 78 1
   3: 0100007F:0050 0100007F:9999 01 00000000:00000000 00:00000000 00000000     0        0 79 1
`

describe('parseFacts()', () => {
  it('reads what a Raspberry Pi says of itself', () => {
    expect(parseFacts(PI)).toEqual({
      machine: 'aarch64',
      system: 'Linux 6.1.21-v8+',
      cpus: 4,
      load: [0.52, 1.1, 0.98],
      memory: { totalKb: 3_884_360, availableKb: 300_000 },
      disks: [
        {
          path: '/',
          mount: '/',
          device: '/dev/root',
          totalKb: 30_358_108,
          usedKb: 22_768_581,
          freeKb: 6_286_283,
          inodes: { total: 1_933_312, used: 100_000 },
        },
        {
          path: '/var/lib/docker',
          mount: '/mnt/my disk',
          device: '//nas/with space',
          totalKb: 1_000_000,
          usedKb: 100_000,
          freeKb: 900_000,
          inodes: undefined,
        },
      ],
      temperatures: [{ sensor: 'cpu-thermal', celsius: 61.234 }],
      throttled: { now: false, before: true },
      listening: [
        { address: '127.0.0.1', port: 8080, inode: '4242' },
        { address: '::', port: 22, inode: '77' },
        { address: '127.0.0.1', port: 443, inode: '78' },
      ],
    })
  })

  it('leaves out what a machine does not tell', () => {
    expect(parseFacts('== now\n== machine\n== memory\nMemTotal: 5 kB\n== load\nno\n')).toMatchObject({
      cpus: 1,
      load: undefined,
      memory: undefined,
      disks: [],
      temperatures: [],
      throttled: undefined,
      listening: [],
    })
  })
})

describe('readFacts()', () => {
  it('finds this machine as it is, and leaves out paths that are not there', async () => {
    await using host = localHost('local')
    const facts = await readFacts(host, ['/', '/no/such/folder', "/it's $(odd)"])
    expect(facts.disks.map(({ path }) => path)).toEqual(['/'])
    const [root] = facts.disks
    expect(root!.usedKb + root!.freeKb).toBeLessThanOrEqual(root!.totalKb)
    expect(facts.memory!.availableKb).toBeLessThanOrEqual(facts.memory!.totalKb)
    expect(facts.cpus).toBeGreaterThanOrEqual(1)
    expect(Math.abs(facts.clock!.aheadMs)).toBeLessThanOrEqual(facts.clock!.withinMs + 1_000)
  })
})
