import { COMMON_WORDS } from '../common-words.ts'
import { isReport } from '../compound/report.ts'
import { isOneSlip } from '../spelling.ts'
import { STOP_WORDS } from '../stop-words.ts'
import { isVerb, VERBS } from '../verbs.ts'
import type { Lexeme } from './lexeme.ts'
import { isEveryday, isOrdinary, NO_NAME } from './name.ts'
import { PLAIN_WORDS } from './plain-words.ts'
import { USUAL_NAMES } from './usual-names.ts'

export const ARTICLES = new Set(['the', 'our'])
const WEAK_ARTICLES = new Set('a an my your this that every each any no some these those all'.split(' '))
export const ADJECTIVES = new Set(
  'new old whole entire latest current previous last next first other same main running broken failing slow failed own monitored deployed'.split(
    ' ',
  ),
)
/** Behind these stands what something is said of: "is payments up", "whether mailer responds". */
const ASKED_OF = new Set('is are did does has was whether why made makes do can'.split(' '))
/** Before these, too: "payments is down". */
const SAID_OF = new Set(
  "is has was keeps hangs responds crashed crashes fails failed died dies isn't doesn't stopped needs wants answers looks seems feels broke went fell got became can could will would should must cannot stays not may works write wrote".split(
    ' ',
  ),
)
const PERSONS = new Set("i we i'm i'll i've we're we've you he she they somebody someone nobody people customers users".split(' '))
const TELLING = new Set('because since so as while during although though after before once until when if'.split(' '))
const PLACES = new Set('as in on over for with from since during at to into of by until after before under because'.split(' '))
const OWN_PLACES = ['of', 'for', 'on', 'in', 'from', 'to', 'with', 'as']
const USUAL_PLACES = ['of', 'for', 'on', 'in', 'from']
const ADVERBS = new Set('every each again now please too still today tomorrow yesterday once twice only really instead first'.split(' '))
const POLITE = new Set('please you can could to and then just'.split(' '))
/** Before "with", what is the matter with something is asked. */
const MATTERS = new Set('wrong up happening happened matter on'.split(' '))
const ABSTRACT = /(?:tion|tions|sion|ment|ness|ity|ance|ence|ency|ism|ship|ous|ful|less|able|ible|ive|ical|est|ier)$/
/** What nobody writes so but a name: "login-fix". */
const SHAPED = /^(?=.*\p{L})[\p{L}\p{N}]+(?:[-_][\p{L}\p{N}]+)+$/u
/** Requests of so few words need no verb. */
const FEW = 6

/** Everyday words by how they begin, to see what is one of them with a slip of the pen. */
let everydayByStart: ReadonlyMap<string, readonly string[]> | undefined

function isSlip(word: string): boolean {
  if (word.length < 5 || !/^[a-z]+$/.test(word) || isOrdinary(word) || USUAL_NAMES.has(word)) return false
  everydayByStart ??= Map.groupBy([...COMMON_WORDS, ...PLAIN_WORDS, ...VERBS], (one) => one.slice(0, 2))
  return everydayByStart.get(word.slice(0, 2))?.some((one) => one.length > 4 && isOneSlip(word, one) && `${one}s` !== word) === true
}

export interface SignalOptions {
  /** Stems of words the command describes itself with. */
  readonly ownWords: ReadonlySet<string>
  /** Stretches of the text that are values already. */
  readonly isTaken: (start: number, end: number) => boolean
}

/** Which words only tell what is the matter, where others ask for something. */
export function reportedIn(lexemes: readonly Lexeme[]): ReadonlySet<number> {
  const reported = new Set<number>()
  let start = 0
  // One clause is all that there is.
  if (lexemes.findIndex(({ endsClause }) => endsClause) === lexemes.length - 1) return reported
  for (let at = 0; at < lexemes.length; at++) {
    if (!lexemes[at]!.endsClause && at < lexemes.length - 1) continue
    const clause = lexemes.slice(start, at + 1).map(({ text }) => text)
    if (clause.length > 2 && isReport(clause.join(' '))) for (let i = start; i <= at; i++) reported.add(i)
    start = at + 1
  }
  return reported.size === lexemes.length ? new Set() : reported
}

/** The name of a thing without what says that it owns something: "the worker's log". */
export const bare = (text: string): string => text.replace(/['’]s$/, '')

/**
 * Everything about a word and where it stands that tells whether it is a name, whatever it may be the name of: keys of the table in
 * `naming-weights.ts`, which says what each of them is worth.
 */
export function signalsOf(lexemes: readonly Lexeme[], at: number, { ownWords, isTaken }: SignalOptions): readonly string[] {
  const found: string[] = []
  const say = (signal: string, holds: boolean): void => {
    if (holds) found.push(signal)
  }
  const { lower, text, stem, endsClause } = lexemes[at]!
  const word = bare(lower)
  const isUsual = USUAL_NAMES.has(word)
  const isShaped = SHAPED.test(text)
  say('usual name', isUsual)
  say('shaped', isShaped)
  say('everyday', isEveryday(word))
  say('no name', NO_NAME.has(word))
  // What things are usually called is a name whatever else the word may be: "shipping", "search".
  say('verb', !isUsual && isVerb(word))
  say('ordinary form', !isEveryday(word) && !isVerb(word) && isOrdinary(word))
  say('slip', isSlip(word))
  say('own word', ownWords.has(stem))
  say('abstract', !isUsual && ABSTRACT.test(word))
  say('doing', !isUsual && word.endsWith('ing'))
  say('with digits', !isShaped && /\d/.test(word))
  say('short', word.length < 3)
  say('owner', word !== lower)

  const isFirst = at === 0 || lexemes[at - 1]!.endsClause
  const before = isFirst ? undefined : lexemes[at - 1]
  say('capital', !isFirst && /^\p{Lu}/u.test(text))
  say('first', at === 0)
  say('first of few', at === 0 && lexemes.length <= FEW)
  say('ends clause', endsClause)
  say('behind value', before !== undefined && isTaken(before.start, before.end))

  // What leads to it, behind an article and an adjective.
  let back = at - 1
  const lead = (): string => (back >= 0 && !lexemes[back]!.endsClause ? lexemes[back]!.lower : '')
  while (ADJECTIVES.has(lead())) back--
  say('behind adjective', back < at - 1)
  const isDirect = !ARTICLES.has(lead()) && !WEAK_ARTICLES.has(lead())
  if (isDirect) say('no article', true)
  else {
    say(ARTICLES.has(lead()) ? 'the' : 'a', true)
    back--
  }
  const leading = lead()
  const isPlaced = PLACES.has(leading)
  if (OWN_PLACES.includes(leading)) say(leading, true)
  else say('other place', isPlaced)
  const isUnknown = !isUsual && !isOrdinary(word) && !ABSTRACT.test(word) && !isSlip(word) && !ownWords.has(stem)
  say('unknown', isUnknown)
  say('unknown first', isUnknown && at === 0)
  say('unknown in place', isUnknown && isDirect && USUAL_PLACES.includes(leading))
  say('unknown at the end', isUnknown && isDirect && !isPlaced && (endsClause || at === lexemes.length - 1))
  say('usual name in place', isUsual && isDirect && USUAL_PLACES.includes(leading))
  say('usual name at the end', isUsual && isDirect && !isPlaced && (endsClause || at === lexemes.length - 1))
  say('matter', leading === 'with' && MATTERS.has(lexemes[back - 1]?.lower ?? ''))
  say('asked of', ASKED_OF.has(leading))
  if (leading !== '' && isVerb(leading)) {
    const opens = back === 0 || lexemes[back - 1]!.endsClause || POLITE.has(lexemes[back - 1]!.lower)
    say('behind first verb', opens)
    say('behind verb', !SAID_OF.has(leading))
  } else say('behind noun', leading !== '' && back === at - 1 && !STOP_WORDS.has(leading))

  const next = endsClause ? undefined : lexemes[at + 1]
  if (next !== undefined) {
    const beyond = lexemes[at + 2]
    say('said of', SAID_OF.has(next.lower))
    say('before value', isTaken(next.start, next.end))
    say('before placed value', PLACES.has(next.lower) && beyond !== undefined && isTaken(beyond.start, beyond.end))
    const isOwn = ownWords.has(next.stem)
    say('before own word', isOwn)
    say('before verb', !isOwn && isVerb(next.lower))
    say('before noun', !isOwn && !STOP_WORDS.has(next.lower) && !ADVERBS.has(next.lower) && !isVerb(next.lower))
  }

  let start = at
  while (start > 0 && !lexemes[start - 1]!.endsClause) start--
  say('told by somebody', start < at && PERSONS.has(lexemes[start]!.lower))
  say('aside', start < at && TELLING.has(lexemes[start]!.lower))
  say('later clause', start > 0)
  return found
}
