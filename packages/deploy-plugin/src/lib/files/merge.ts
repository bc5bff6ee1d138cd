/** Two edits of the same lines. Line numbers count from 1, in the file of the person. */
export interface Conflict {
  readonly line: number
  readonly lines: number
  readonly mine: readonly string[]
  readonly theirs: readonly string[]
}

export type Merged =
  | { readonly kind: 'merged'; readonly text: string }
  | { readonly kind: 'conflict'; readonly conflicts: readonly Conflict[] }
  /** There is too much that could belong together to find out what does. */
  | { readonly kind: 'too-large' }

export type Resolution = 'refuse' | 'mine' | 'generated'

/** Pairs of equal lines: the time that a comparison takes grows with them. */
const MAX_PAIRS = 2_000_000

/**
 * Brings together what a person made of `base` and what we now would generate in its place. Both sides' edits stay where they are
 * apart; where they meet, the resolution decides, and by default nothing is merged at all: markers are never written. Line breaks
 * and a byte order mark stay those of `mine`.
 */
export async function merge3(mine: string, base: string, theirs: string, resolution: Resolution = 'refuse'): Promise<Merged> {
  const style = styleOf(mine)
  const [a, o, b] = [linesOf(mine), linesOf(base), linesOf(theirs)]
  if (!isComparable(o, a) || !isComparable(o, b) || !isComparable(a, b)) return { kind: 'too-large' }
  const { diff3Merge } = await import('node-diff3')
  const regions = diff3Merge(a, o, b, { excludeFalseConflicts: true }) as Region[]
  const result: string[] = []
  const conflicts: Conflict[] = []
  for (const region of regions) {
    if ('ok' in region && region.ok !== undefined) result.push(...region.ok)
    else if ('conflict' in region && region.conflict !== undefined) {
      const { a: ours, aIndex, b: generated } = region.conflict
      if (resolution === 'refuse') conflicts.push({ line: aIndex + 1, lines: ours.length, mine: ours, theirs: generated })
      else result.push(...(resolution === 'mine' ? ours : generated))
    }
  }
  if (conflicts.length > 0) return { kind: 'conflict', conflicts }
  return { kind: 'merged', text: style(result.join('\n')) }
}

interface Region {
  readonly ok?: string[]
  readonly conflict?: { readonly a: string[]; readonly aIndex: number; readonly b: string[] }
}

const MARK = '\uFEFF'

/** Lines without what people's editors disagree about. */
export const linesOf = (text: string): string[] => text.replace(MARK, '').replaceAll('\r\n', '\n').split('\n')

function styleOf(text: string): (merged: string) => string {
  const mark = text.startsWith(MARK) ? MARK : ''
  const returns = text.includes('\r\n')
  return (merged) => mark + (returns ? merged.replaceAll('\n', '\r\n') : merged)
}

/** Whether two files can be compared in a moment: a file of one line a million times cannot. */
export function isComparable(one: readonly string[], other: readonly string[]): boolean {
  const counts = new Map<string, number>()
  for (const line of one) counts.set(line, (counts.get(line) ?? 0) + 1)
  let pairs = 0
  for (const line of other) {
    pairs += counts.get(line) ?? 0
    if (pairs > MAX_PAIRS) return false
  }
  return one.length + other.length <= MAX_PAIRS
}
