import type { PluginStore } from '@switchyard/plugin-kit'
import type { HostFacts } from './facts.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** Looks that come sooner after the last are not kept. */
const KEEP_EVERY_MS = HOUR_MS
const KEPT_MS = 90 * DAY_MS
/** What a forecast rests on at least. */
const MIN_LOOKS = 3
const MIN_SPAN_MS = DAY_MS
const LOOK_BACK_MS = 30 * DAY_MS

/** How full a disk was. */
export interface DiskLook {
  readonly atMs: number
  readonly usedKb: number
}

/** Where a disk is going, by what was measured of it. */
export interface DiskForecast {
  readonly mount: string
  readonly growthKbPerDay: number
  readonly looks: number
  readonly spanDays: number
  /** Until it is so full that a check fails; undefined where it does not grow, or not within ten years. */
  readonly fullInDays: number | undefined
}

/** Keeps how full the disks of a machine are, once an hour at most, and lets go of what is older than a season. */
export function keepLook(store: PluginStore, host: string, { disks }: Pick<HostFacts, 'disks'>, nowMs: number): void {
  const due = disks.filter(({ mount }) => {
    const last = store
      .prepare('SELECT max(at_ms) AS at_ms FROM deploy_disk_look WHERE host = ? AND mount = ?')
      .get<{ at_ms: number | null }>(host, mount)
    return last?.at_ms == null || nowMs - last.at_ms >= KEEP_EVERY_MS || last.at_ms > nowMs
  })
  if (due.length === 0) return
  store.transact(() => {
    store.prepare('DELETE FROM deploy_disk_look WHERE at_ms < ?').run(nowMs - KEPT_MS)
    const keep = store.prepare('INSERT OR REPLACE INTO deploy_disk_look (host, mount, at_ms, used_kb) VALUES (?, ?, ?, ?)')
    for (const { mount, usedKb } of due) keep.run(host, mount, nowMs, usedKb)
  })
}

export function looksAt(store: PluginStore, host: string, mount: string, nowMs: number): readonly DiskLook[] {
  return store
    .prepare('SELECT at_ms, used_kb FROM deploy_disk_look WHERE host = ? AND mount = ? AND at_ms BETWEEN ? AND ? ORDER BY at_ms')
    .all<{ at_ms: number; used_kb: number }>(host, mount, nowMs - LOOK_BACK_MS, nowMs)
    .map(({ at_ms: atMs, used_kb: usedKb }) => ({ atMs, usedKb }))
}

/**
 * The median of the slopes between every two looks (Theil-Sen), which an odd look, such as one in the middle of a pull, does
 * not bend as it would a least-squares line. Undefined where the looks are too few or too close together to say anything.
 */
export function forecastDisk(mount: string, looks: readonly DiskLook[], limitKb: number): DiskForecast | undefined {
  const first = looks[0]
  const last = looks.at(-1)
  if (first === undefined || last === undefined || looks.length < MIN_LOOKS || last.atMs - first.atMs < MIN_SPAN_MS) return undefined
  const growthKbPerDay = Math.round(medianSlope(thinned(looks)) * DAY_MS)
  const leftDays = (limitKb - last.usedKb) / growthKbPerDay
  return {
    mount,
    growthKbPerDay,
    looks: looks.length,
    spanDays: Math.round(((last.atMs - first.atMs) / DAY_MS) * 10) / 10,
    fullInDays: growthKbPerDay > 0 && leftDays < 3_650 ? Math.max(0, Math.round(leftDays * 10) / 10) : undefined,
  }
}

const MOST_LOOKS = 120

/** Every n-th look and the last, as pairs grow by the square. */
function thinned(looks: readonly DiskLook[]): readonly DiskLook[] {
  const every = Math.ceil(looks.length / MOST_LOOKS)
  return looks.filter((_, index) => index % every === 0 || index === looks.length - 1)
}

function medianSlope(looks: readonly DiskLook[]): number {
  const slopes: number[] = []
  for (const [index, one] of looks.entries()) {
    for (const other of looks.slice(index + 1)) {
      if (other.atMs > one.atMs) slopes.push((other.usedKb - one.usedKb) / (other.atMs - one.atMs))
    }
  }
  slopes.sort((one, other) => one - other)
  const middle = slopes.length >> 1
  return slopes.length % 2 === 1 ? slopes[middle]! : (slopes[middle - 1]! + slopes[middle]!) / 2
}
