import { COMMON_WORDS } from './common-words.ts'
import { stem } from './stem.ts'
import { synonymGroups } from './synonyms.ts'
import type { Token } from './tokens.ts'

const SHORTEST = 4
const LONGEST = 24
export const MAX_CORRECTIONS = 24

/** Words that need no correction, and those that may be a correction. */
export interface Vocabulary {
  /** The words of the candidates, most frequent first. */
  readonly words: readonly string[]
  readonly ranks: ReadonlyMap<string, number>
  /** The words by how they begin and by how they end; made when first asked for, as most requests have no slip of the pen. */
  readonly byEnds: () => ReadonlyMap<string, readonly string[]>
}

/** A vocabulary of the candidates' words, most frequent first. */
export function createVocabulary(words: readonly string[]): Vocabulary {
  let byEnds: ReadonlyMap<string, readonly string[]> | undefined
  return { words, ranks: new Map(words.map((word, rank) => [word, rank])), byEnds: () => (byEnds ??= groupByEnds(words)) }
}

function groupByEnds(words: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const byEnds = new Map<string, string[]>()
  for (const word of words) {
    // Less than three letters from anything typed with four is no slip of the pen.
    if (word.length < SHORTEST - 1) continue
    for (const end of endsOf(word)) {
      const same = byEnds.get(end)
      if (same) same.push(word)
      else byEnds.set(end, [word])
    }
  }
  return byEnds
}

/** Known is what the candidates use in any form, what the synonym table has, and everyday English. */
function isKnown(word: string, { ranks }: Vocabulary, knowsStem: (stemmed: string) => boolean): boolean {
  if (ranks.has(word) || COMMON_WORDS.has(word)) return true
  const stemmed = stem(word)
  return knowsStem(stemmed) || synonymGroups(stemmed).length > 0 || COMMON_WORDS.has(stemmed)
}

/** The tokens with each unknown word replaced by the most frequent known one a single slip away, if there is one. */
export function correctSpelling(
  tokens: readonly Token[],
  vocabulary: Vocabulary,
  knowsStem: (stemmed: string) => boolean,
): readonly Token[] {
  let left = MAX_CORRECTIONS
  return tokens.flatMap((token) => {
    if (left === 0 || !isCorrectable(token.word) || isKnown(token.word, vocabulary, knowsStem)) return [token]
    left--
    const words = nearestKnown(token.word, vocabulary)
    return words ? words.map((word) => ({ ...token, word })) : [token]
  })
}

const isCorrectable = (word: string): boolean => word.length >= SHORTEST && word.length <= LONGEST && /^[a-z]+$/.test(word)

function nearestKnown(word: string, { ranks, byEnds }: Vocabulary): readonly string[] | undefined {
  let best: string | undefined
  let least = Number.POSITIVE_INFINITY
  for (const end of endsOf(word))
    for (const known of byEnds().get(end) ?? []) {
      if (!isOneSlip(word, known)) continue
      // A first letter is seldom wrong, so a word that keeps it wins over a more frequent one that does not.
      const cost = ranks.get(known)! + (known[0] === word[0] ? 0 : ranks.size)
      if (cost >= least) continue
      best = known
      least = cost
    }
  if (best !== undefined) return [best]
  for (let at = 2; at <= word.length - 2; at++) {
    const halves = [word.slice(0, at), word.slice(at)]
    if (halves.every((half) => ranks.has(half))) return halves
  }
  return undefined
}

/** One slip cannot change both ends of a word, so what is one slip away shares the first two letters or the last two. */
const endsOf = (word: string): readonly string[] => [`${word.slice(0, 2)}*`, `*${word.slice(-2)}`]

/** Whether one missing, one extra, one wrong or two swapped letters lie between two different words. */
export function isOneSlip(a: string, b: string): boolean {
  const shorter = Math.min(a.length, b.length)
  if (Math.abs(a.length - b.length) > 1) return false
  let head = 0
  while (head < shorter && a.charCodeAt(head) === b.charCodeAt(head)) head++
  let tail = 0
  while (tail < shorter - head && a.charCodeAt(a.length - 1 - tail) === b.charCodeAt(b.length - 1 - tail)) tail++
  if (a.length !== b.length) return head + tail === shorter
  if (head + tail === shorter - 1) return true
  return head + tail === shorter - 2 && a[head] === b[head + 1] && a[head + 1] === b[head]
}
