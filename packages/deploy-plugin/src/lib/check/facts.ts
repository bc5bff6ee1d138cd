import type { Host } from '../hosts/host.ts'

/** What a machine says of itself in one look. */
export interface HostFacts {
  /** As `uname -m` says it. */
  readonly machine: string
  readonly system: string
  readonly cpus: number
  /** Of the last minute, five and fifteen. */
  readonly load: readonly [number, number, number] | undefined
  readonly memory: { readonly totalKb: number; readonly availableKb: number } | undefined
  readonly disks: readonly DiskFacts[]
  readonly temperatures: readonly { readonly sensor: string; readonly celsius: number }[]
  /** As `vcgencmd get_throttled` says it on a Raspberry Pi: now, or since it started. */
  readonly throttled: { readonly now: boolean; readonly before: boolean } | undefined
  readonly listening: readonly Listening[]
  /** How far its clock is ahead of ours, and how far that may be wrong. */
  readonly clock: { readonly aheadMs: number; readonly withinMs: number } | undefined
}

export interface DiskFacts {
  /** What was asked about. */
  readonly path: string
  readonly mount: string
  readonly device: string
  readonly totalKb: number
  readonly usedKb: number
  readonly freeKb: number
  /** Undefined where the file system does not count them. */
  readonly inodes: { readonly total: number; readonly used: number } | undefined
}

/** A TCP port that something listens on. */
export interface Listening {
  readonly address: string
  readonly port: number
  readonly inode: string
}

/** One process for everything, as each costs a round trip over SSH. Needs nothing but a POSIX shell and the usual programs. */
const SCRIPT = `
export LC_ALL=C
say() { echo "== $1"; }
say now; date +%s.%N
say machine; uname -m
say system; uname -sr
say cpus; nproc || getconf _NPROCESSORS_ONLN
say load; cat /proc/loadavg
say memory; cat /proc/meminfo
for path in "$@"; do
  [ -e "$path" ] || continue
  say "disk $path"; df -P -k -- "$path" | tail -n 1
  say "inodes $path"; df -P -i -- "$path" | tail -n 1
done
say heat
for zone in /sys/class/thermal/thermal_zone*; do
  [ -r "$zone/temp" ] && echo "$(cat "$zone/temp") $(cat "$zone/type")"
done
say throttled; command -v vcgencmd >/dev/null && vcgencmd get_throttled
say tcp; grep -h ' 0A ' /proc/net/tcp /proc/net/tcp6
exit 0
`

/** Looks at a machine; `paths` are the folders whose disks count. */
export async function readFacts(
  host: Host,
  paths: readonly string[],
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<HostFacts> {
  // Two machines are compared, not what a test says the time is.
  const beganMs = Date.now()
  const { stdout } = await host.run(['sh', '-c', `exec 2>/dev/null\n${SCRIPT}`, 'sh', ...paths], {
    timeoutMs: 15_000,
    ...(signal !== undefined && { signal }),
  })
  return { ...parseFacts(stdout), clock: clockFrom(sectionsOf(stdout).get('now'), beganMs, Date.now()) }
}

/** The clock was read somewhere between our own two looks at ours. */
function clockFrom(now: string | undefined, beganMs: number, endedMs: number): HostFacts['clock'] {
  const seconds = Number.parseFloat(now ?? '')
  if (Number.isNaN(seconds)) return undefined
  // Some programs have no parts of seconds to tell.
  const partMs = now?.includes('.') === true && !/[N%]/.test(now) ? 0 : 500
  return {
    aheadMs: Math.round(seconds * 1_000 + partMs - (beganMs + endedMs) / 2),
    withinMs: Math.ceil((endedMs - beganMs) / 2 + partMs),
  }
}

function sectionsOf(text: string): ReadonlyMap<string, string> {
  const sections = new Map<string, string>()
  for (const part of text.split(/^== /m).slice(1)) {
    const end = part.indexOf('\n')
    sections.set(part.slice(0, end), part.slice(end + 1).trim())
  }
  return sections
}

/** What the look's text tells; whatever is missing or odd in it is left out. */
export function parseFacts(text: string): Omit<HostFacts, 'clock'> {
  const sections = sectionsOf(text)
  const section = (name: string): string => sections.get(name) ?? ''
  return {
    machine: section('machine'),
    system: section('system'),
    cpus: Math.max(1, Number.parseInt(section('cpus'), 10) || 1),
    load: loadOf(section('load')),
    memory: memoryOf(section('memory')),
    disks: [...sections.keys()].filter((name) => name.startsWith('disk ')).flatMap((name) => diskOf(name.slice(5), section)),
    temperatures: temperaturesOf(section('heat')),
    throttled: throttledOf(section('throttled')),
    listening: listeningOf(section('tcp')),
  }
}

function loadOf(text: string): HostFacts['load'] {
  const [one, five, fifteen] = text.split(' ').map(Number)
  return one === undefined || five === undefined || fifteen === undefined || Number.isNaN(one + five + fifteen)
    ? undefined
    : [one, five, fifteen]
}

function memoryOf(text: string): HostFacts['memory'] {
  const kb = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? Number.NaN)
  const totalKb = kb('MemTotal')
  // Kernels before 3.14 do not say what is available.
  const availableKb = Number.isNaN(kb('MemAvailable')) ? kb('MemFree') + kb('Buffers') + kb('Cached') : kb('MemAvailable')
  return Number.isNaN(totalKb + availableKb) ? undefined : { totalKb, availableKb }
}

/** Device, total, used, free, percent, and where it is mounted. */
const DF = /^(.+?)\s+(\d+|-)\s+(\d+|-)\s+(-?\d+|-)\s+(\d+%|-)\s+(\/.*)$/

function diskOf(path: string, section: (name: string) => string): readonly DiskFacts[] {
  const [, device, total, used, free, , mount] = DF.exec(section(`disk ${path}`)) ?? []
  if (device === undefined || mount === undefined || !(Number(total) > 0)) return []
  const [, , inodes, inodesUsed] = DF.exec(section(`inodes ${path}`)) ?? []
  return [
    {
      path,
      mount,
      device,
      totalKb: Number(total),
      usedKb: Number(used),
      freeKb: Math.max(0, Number(free)),
      inodes: Number(inodes) > 0 ? { total: Number(inodes), used: Number(inodesUsed) } : undefined,
    },
  ]
}

function temperaturesOf(text: string): HostFacts['temperatures'] {
  return text.split('\n').flatMap((line) => {
    const [, value, sensor] = /^(-?\d+) (.+)$/.exec(line) ?? []
    // Thousandths of a degree; what no machine can have is a broken sensor.
    const celsius = Number(value) / 1_000
    return sensor === undefined || celsius <= -50 || celsius >= 200 ? [] : [{ sensor, celsius }]
  })
}

/** Bits 0-3 tell what is so now, bits 16-19 what was since the start. */
function throttledOf(text: string): HostFacts['throttled'] {
  const [, hex] = /throttled=0x([0-9a-f]+)/i.exec(text) ?? []
  if (hex === undefined) return undefined
  const bits = Number.parseInt(hex, 16)
  return { now: (bits & 0xf) !== 0, before: (bits & 0xf_0000) !== 0 }
}

/** Lines of /proc/net/tcp and tcp6 that are in state 0A, which is LISTEN. */
function listeningOf(text: string): readonly Listening[] {
  return text.split('\n').flatMap((line) => {
    const fields = line.trim().split(/\s+/)
    const [address, port] = (fields[1] ?? '').split(':')
    const inode = fields[9]
    if (address === undefined || port === undefined || inode === undefined || fields[3] !== '0A') return []
    return [{ address: addressOf(address), port: Number.parseInt(port, 16), inode }]
  })
}

/** Words of four bytes, each the wrong way round, as the kernel of nearly every machine writes them. */
function addressOf(hex: string): string {
  const bytes = (hex.match(/.{8}/g) ?? []).flatMap((word) => (word.match(/../g) ?? []).reverse().map((byte) => Number.parseInt(byte, 16)))
  if (bytes.length === 4) return bytes.join('.')
  if (bytes.every((byte) => byte === 0)) return '::'
  if (bytes.slice(0, 15).every((byte) => byte === 0) && bytes[15] === 1) return '::1'
  // An IPv4 address in IPv6's clothes.
  if (bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 255 && bytes[11] === 255) return bytes.slice(12).join('.')
  const words = Array.from({ length: 8 }, (_, index) => ((bytes[2 * index] ?? 0) * 256 + (bytes[2 * index + 1] ?? 0)).toString(16))
  return words.join(':')
}
