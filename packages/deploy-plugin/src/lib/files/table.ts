import { printable } from '@switchyard/plugin-kit'

const WIDTH = 80

/** Rows in aligned columns under a head, 80 wide: what does not fit the last column goes on beneath it. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows].map((row) => row.map(printable))
  const widths = head.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)))
  const before = widths.slice(0, -1).reduce((sum, width) => sum + width + 2, 0)
  return all
    .flatMap((row) => {
      const cells = row.slice(0, -1).map((cell, column) => `${cell.padEnd(widths[column] ?? 0)}  `)
      const [first = '', ...rest] = wrap(row.at(-1) ?? '', Math.max(24, WIDTH - before))
      return [`${cells.join('')}${first}`.trimEnd(), ...rest.map((line) => `${' '.repeat(before)}${line}`)]
    })
    .join('\n')
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}

/** `1 file`, `2 files`. */
export const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`
