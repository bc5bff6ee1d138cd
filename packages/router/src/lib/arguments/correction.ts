import { STOP_WORDS } from '../stop-words.ts'
import { VERBS } from '../verbs.ts'
import { type Lexeme, lexemesOf } from './lexeme.ts'

/** What people say when they take back what they have just said. */
const CORRECTS =
  /(?:\bno,? (?:wait|sorry)|\bwait,? no|\bno no|\bsorry|\boops|\bi mean[t]?|\bor rather|\bcorrection|\bscratch that|\bmake (?:that|it)|\bactually,? no)\b[\s,:–—-]*(?:i (?:mean|meant)\b[\s,:]*)?/giu
/** So many words before it, what was taken back may stand. */
const NEAR = 7
/** ... and within so many characters. */
const AROUND = 200
const PLACES = new Set('to on in for from at of onto into with as by the a an version tag env environment service'.split(' '))

/**
 * The request without what it takes back: "on production, no sorry, staging" says staging. What is taken back and the words for it are
 * blanks, so that all else stays where it is.
 */
export function withoutCorrected(text: string): string {
  // What is taken back is set apart.
  if (!/[,.;:!?–—-]\s/u.test(text)) return text
  let result = text
  for (const { index, 0: said } of text.matchAll(CORRECTS)) {
    const end = index + said.length
    const isBehind = /[,.;:!?–—-]\s*$/u.test(text.slice(0, index))
    const after = lexemesOf(text.slice(end, end + AROUND))
    const at = after.findIndex(({ lower }) => !PLACES.has(lower))
    const meant = after[at]
    // "make it strict" takes nothing back.
    const isOnlySaid = /^make/i.test(said) && shapeOf(meant?.lower ?? '') === 'word'
    if (!isBehind || meant === undefined || at > 2 || isOnlySaid) continue
    const from = Math.max(0, index - AROUND)
    const before = lexemesOf(text.slice(from, index)).slice(-NEAR)
    const instead = before.findLast((one, i) => isAlike(one, before[i - 1], meant, after[at - 1]))
    if (instead === undefined) continue
    const [begin, stop] = [from + instead.start, from + instead.end]
    result = `${result.slice(0, begin)}${' '.repeat(stop - begin)}${result.slice(stop, index)}${' '.repeat(end - index)}${result.slice(end)}`
  }
  return result
}

/** Whether one word may be said instead of another: of the same shape, and where they are plain words in the same place. */
function isAlike(one: Lexeme, before: Lexeme | undefined, other: Lexeme, lead: Lexeme | undefined): boolean {
  const shape = shapeOf(other.lower)
  if (shapeOf(one.lower) !== shape || one.lower === other.lower) return false
  if (shape !== 'word') return true
  if (STOP_WORDS.has(one.lower) || STOP_WORDS.has(other.lower) || VERBS.has(other.lower)) return false
  return lead === undefined ? one.endsClause : before?.lower === lead.lower
}

function shapeOf(word: string): 'number' | 'version' | 'path' | 'duration' | 'word' {
  if (/^\d+$/.test(word)) return 'number'
  if (/^v?\d+(?:\.\d+)+/.test(word)) return 'version'
  if (/^\d+(?:ms|s|m|h|d|w|min)$/.test(word)) return 'duration'
  return /[/]|\.[a-z]/.test(word) ? 'path' : 'word'
}
