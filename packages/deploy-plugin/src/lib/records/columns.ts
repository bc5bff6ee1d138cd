import { printable } from '@switchyard/plugin-kit'

const WIDTH = 80
const GAP = '  '
/** A column wider than this, but the last, is cut. */
const MAX_CELL = 34

/** Rows in aligned columns, 80 wide: the last column is cut. What somebody wrote cannot steer the terminal. */
export function columns(rows: readonly (readonly string[])[]): readonly string[] {
  const cells = rows.map((row) => row.map((cell, index) => (index === row.length - 1 ? printable(cell) : cut(printable(cell), MAX_CELL))))
  const widths = (cells[0] ?? []).map((_, column) => Math.max(...cells.map((row) => (row[column] ?? '').length)))
  return cells.map((row) => cut(row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0))).join(GAP)))
}

export function cut(line: string, width = WIDTH): string {
  const trimmed = line.trimEnd()
  return trimmed.length > width ? `${trimmed.slice(0, width - 1)}…` : trimmed
}

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

/** How long ago something was, roughly. */
export function ago(thenMs: number, nowMs: number): string {
  const ms = nowMs - thenMs
  if (ms < MINUTE_MS) return 'just now'
  if (ms < HOUR_MS) return `${Math.floor(ms / MINUTE_MS)} min ago`
  return ms < 2 * DAY_MS ? `${Math.floor(ms / HOUR_MS)} h ago` : `${Math.floor(ms / DAY_MS)} days ago`
}

/** A digest as people know it again, a version as it is. */
export function shortRelease(release: string | undefined): string {
  if (release === undefined) return 'none'
  const [, hex] = /sha256:([0-9a-f]{12})[0-9a-f]*$/.exec(release) ?? []
  return hex ?? release
}

export const isoOf = (ms: number): string => new Date(ms).toISOString()
