import { stem } from '../stem.ts'
import { VERBS } from '../verbs.ts'
import { type Field, wordsOfName } from './field.ts'
import { DENIED_AS, SAID_AS } from './flag-words.ts'
import type { Lexeme } from './lexeme.ts'

export interface FlagMention {
  readonly value: boolean
  readonly start: number
  readonly end: number
}

/** Words of a flag's name that say only that it is one. */
const EMPTY = new Set('is has with include included includes use enable enabled show run do also only should want'.split(' ').map(stem))
/** A flag so named is set by leaving out, not by asking for. */
const NEGATIVE = new Set(['no', 'skip', 'without', 'ignore', 'exclude', 'disable', 'omit'])
const NEGATIONS = new Set(
  "no not without skip skipping except excluding exclude ignore ignoring omit omitting disable never don't dont do-not doesn't isn't wasn't aren't avoid leave minus needn't shouldn't mustn't won't wouldn't".split(
    ' ',
  ),
)
const BRIDGES = new Set(
  'the any a an its my our all really to run running do doing make making take taking be out use using send create creating need needed have want it that necessary required even yet ever'.split(
    ' ',
  ),
)

/** What only tries something out is on wherever it may be meant: missing it would do the thing itself. */
const HARMLESS = new Set(['rehearse', 'dry run', 'simulate'])

interface Sayings {
  readonly words: readonly string[]
  /** The flag is named by what it leaves out. */
  readonly inverted: boolean
  readonly core: readonly string[]
  /** Its core, and what is said in other words; none where its name says nothing. */
  readonly phrases: readonly (readonly string[])[]
  /** What is said of it where it is not wanted. */
  readonly denials: readonly (readonly string[])[]
}

/** Stemmed once for the many requests they are looked for in. */
const sayings = new WeakMap<Field, Sayings>()

function sayingsOf(field: Field): Sayings {
  const made = sayings.get(field)
  if (made !== undefined) return made
  const words = wordsOfName(field.name)
  const inverted = words.length > 1 && NEGATIVE.has(words[0]!)
  const core = words.map(stem).filter((word, i) => !(inverted && i === 0) && !EMPTY.has(word))
  const others = [...(SAID_AS[words.join(' ')] ?? []), ...field.products].map((phrase) => phrase.split(' ').map(stem))
  const phrases = core.length === 0 ? [] : [core, ...others]
  const denials = (DENIED_AS[words.join(' ')] ?? []).map((phrase) => phrase.split(' '))
  const all = { words, inverted, core, phrases, denials }
  sayings.set(field, all)
  return all
}

/**
 * Whether a request turns a flag on or off; undefined where it says nothing of it. A request that begins with a flag's own verb turns it on
 * where the command has another name: "follow the logs".
 */
export function flagIn(lexemes: readonly Lexeme[], field: Field, ownWords?: ReadonlySet<string>): FlagMention | undefined {
  const { words, inverted, core, phrases, denials } = sayingsOf(field)
  for (const phrase of denials) {
    const at = lexemes.findIndex((_, i) => phrase.every((word, j) => lexemes[i + j]?.lower === word))
    if (at !== -1) return { value: false, start: lexemes[at]!.start, end: lexemes[at + phrase.length - 1]!.end }
  }
  for (const phrase of phrases) {
    for (let at = 0; at + phrase.length <= lexemes.length; at++) {
      if (!saysAt(lexemes, at, phrase)) continue
      const last = at + phrase.length - 1
      const negation = leftOutAt(lexemes, at)
      const refused = inverted ? undefined : refusedBehind(lexemes, last)
      if (refused !== undefined && negation === undefined) return { value: false, start: lexemes[at]!.start, end: lexemes[refused]!.end }
      const asked =
        isAsked(lexemes, at, phrase.length) ||
        (at === 0 && (HARMLESS.has(words.join(' ')) || ownWords?.has(phrase[0]!) === false)) ||
        phrase !== core ||
        words.length > 1
      if (negation === undefined && !asked && !inverted) continue
      if (negation === undefined && inverted) continue
      return {
        value: inverted ? true : negation === undefined,
        start: lexemes[negation ?? at]!.start,
        end: lexemes[at + phrase.length - 1]!.end,
      }
    }
  }
  return undefined
}

function saysAt(lexemes: readonly Lexeme[], at: number, phrase: readonly string[]): boolean {
  for (const [i, word] of phrase.entries()) {
    const lexeme = lexemes[at + i]
    if (lexeme === undefined) return false
    if (lexeme.stem !== word && !(lexeme.lower.includes('-') && stem(lexeme.lower.replaceAll('-', '')) === word)) return false
  }
  return true
}

/** As `negatedAt`, but "do not skip the backup" leaves nothing out. */
function leftOutAt(lexemes: readonly Lexeme[], at: number): number | undefined {
  const negation = negatedAt(lexemes, at)
  return negation !== undefined && negatedAt(lexemes, negation) !== undefined ? undefined : negation
}

/** "push: not needed", "the hooks off", "a push isn't necessary": where what is said before is left out. */
function refusedBehind(lexemes: readonly Lexeme[], last: number): number | undefined {
  const said = lexemes.slice(last + 1, last + 5).map(({ lower }) => lower)
  if (said[0] === 'off' && !lexemes[last]!.endsClause) return last + 1
  const at = /^(?:is|are|was)$/.test(said[0] ?? '') && said[1] === 'not' ? 2 : /^(?:isn't|aren't|not)$/.test(said[0] ?? '') ? 1 : undefined
  return at !== undefined && /^(?:needed|necessary|required|wanted|desired)$/.test(said[at] ?? '') ? last + 1 + at : undefined
}

/** Where the word stands that negates what stands at `at`, with nothing but small words in between. */
export function negatedAt(lexemes: readonly Lexeme[], at: number): number | undefined {
  for (let i = at - 1; i >= Math.max(0, at - 5); i--) {
    const { lower, endsClause } = lexemes[i]!
    if (endsClause) return undefined
    if (NEGATIONS.has(lower)) return i
    if (!BRIDGES.has(lower)) {
      // "without the tests or the backup" leaves out both; "skip the tests and push" does not.
      const joins = lower === 'or' || (lower === 'and' && !VERBS.has(lexemes[i + 1]!.lower))
      return joins && i > 0 ? negatedAt(lexemes, i - 1) : undefined
    }
  }
  return undefined
}

const ASKING = new Set(
  'with including include also using auto automatic automatically be and plus in do as please mode really enable turn make a'.split(' '),
)

/** A word that may as well be what is to be done is a flag only where something asks for it: "and push", "with a follow", "--force". */
function isAsked(lexemes: readonly Lexeme[], at: number, length: number): boolean {
  const lexeme = lexemes[at]!
  if (lexeme.text.startsWith('--') || !VERBS.has(lexeme.lower)) return true
  const before = lexemes[at - 1]
  if (before === undefined) return false
  return (
    ASKING.has(before.lower) ||
    (BRIDGES.has(before.lower) && ASKING.has(lexemes[at - 2]?.lower ?? '')) ||
    (before.endsClause && lexemes[at + length - 1]!.endsClause)
  )
}
