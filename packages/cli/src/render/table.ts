import { type Look, paint, plain, wrap } from './look.ts'

const GAP = 2
const LEAST_LAST = 20

/** Rows in aligned columns; the last column takes what is left of the width and wraps. Nothing in a cell steers the terminal. */
export function renderTable(head: readonly string[] | undefined, rows: readonly (readonly string[])[], look: Look): string {
  const all = (head === undefined ? rows : [head, ...rows]).map((row) => row.map(cellText))
  const last = Math.max(...all.map((row) => row.length)) - 1
  const widths = Array.from({ length: last }, (_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)))
  const left = widths.reduce((sum, width) => sum + width + GAP, 0)
  const room = Math.max(LEAST_LAST, look.columns - left)
  const lines = all.flatMap((row, index) => {
    const start = widths.map((width, column) => (row[column] ?? '').padEnd(width + GAP)).join('')
    const wrapped = wrap(row[last] ?? '', room)
    return wrapped.map((part, number) => {
      const line = `${number === 0 ? start : ' '.repeat(left)}${part}`.trimEnd()
      return head !== undefined && index === 0 ? paint(look, 'dim', line) : line
    })
  })
  return lines.join('\n')
}

/** Only the last column has room for more than one line. */
function cellText(text: string, column: number, row: readonly string[]): string {
  return column === row.length - 1 ? plain(text) : plain(text).replace(/[\n\t]+/g, ' ')
}
