import { printable } from '@switchyard/plugin-kit'

const WIDTH = 80
const GAP = '  '

/** Rows in aligned columns, 80 wide: the last column is cut. What somebody wrote cannot steer the terminal. */
export function columns(rows: readonly (readonly string[])[], none: string): string {
  if (rows.length === 0) return none
  const texts = rows.map((row) => row.map(printable))
  const widths = (texts[0] ?? []).map((_, column) => Math.max(...texts.map((row) => (row[column] ?? '').length)))
  return texts
    .map((row) => cut(row.map((text, column) => (column === row.length - 1 ? text : text.padEnd(widths[column] ?? 0))).join(GAP)))
    .join('\n')
}

/** With how to go on, where there is more. */
export const withMore = (text: string, nextCursor: string | undefined): string =>
  nextCursor === undefined ? text : `${text}\nmore with --cursor ${nextCursor}`

export function cut(line: string, width = WIDTH): string {
  const trimmed = line.trimEnd()
  return trimmed.length > width ? `${trimmed.slice(0, width - 1)}…` : trimmed
}

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

/** How long before `at` something was, roughly; both are ISO times. */
export function ago(then: string, at: string): string {
  const ms = Date.parse(at) - Date.parse(then)
  if (ms < MINUTE_MS) return 'just now'
  if (ms < HOUR_MS) return `${Math.floor(ms / MINUTE_MS)} min ago`
  return ms < 2 * DAY_MS ? `${Math.floor(ms / HOUR_MS)} h ago` : `${Math.floor(ms / DAY_MS)} days ago`
}
