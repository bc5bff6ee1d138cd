import { isComparable, linesOf } from './merge.ts'

const CONTEXT = 2
const MAX_LINES = 120

/** What changes from one text to the other, as a unified diff without its header; at most 120 lines of it. */
export async function unifiedDiff(before: string, after: string): Promise<string> {
  if (before === after) return ''
  const [a, b] = [linesOf(before), linesOf(after)]
  if (before === '') return shorten(withoutLast(b).map((line) => `+${line}`))
  if (!isComparable(a, b)) return `(${a.length} lines become ${b.length}: too much to compare)`
  const { diffIndices } = await import('node-diff3')
  const edits = (diffIndices(a, b) as Edit[]).map(({ buffer1: [from, removed], buffer2: [to, added] }) => ({ from, removed, to, added }))
  const lines: string[] = []
  for (const [index, { from, removed, to, added }] of edits.entries()) {
    const previous = edits[index - 1]
    const previousEnd = previous === undefined ? 0 : previous.from + previous.removed
    const begin = Math.max(from - CONTEXT, previousEnd)
    if (index === 0 || begin > previousEnd + CONTEXT) lines.push(`@@ line ${begin + 1} @@`)
    lines.push(...a.slice(begin, from).map((line) => ` ${line}`))
    lines.push(...a.slice(from, from + removed).map((line) => `-${line}`))
    lines.push(...b.slice(to, to + added).map((line) => `+${line}`))
    const next = edits[index + 1]
    const end = from + removed
    lines.push(...a.slice(end, Math.min(end + CONTEXT, next?.from ?? a.length)).map((line) => ` ${line}`))
  }
  return shorten(lines)
}

interface Edit {
  readonly buffer1: [number, number]
  readonly buffer2: [number, number]
}

/** A text that ends with a line break has no line after it. */
const withoutLast = (lines: readonly string[]): readonly string[] => (lines.at(-1) === '' ? lines.slice(0, -1) : lines)

const shorten = (lines: readonly string[]): string =>
  lines.length <= MAX_LINES
    ? lines.join('\n')
    : [...lines.slice(0, MAX_LINES - 1), `… and ${lines.length - MAX_LINES + 1} lines more`].join('\n')
