import { COMMON_WORDS } from '../common-words.ts'
import { STOP_WORDS } from '../stop-words.ts'
import { isVerb, VERBS } from '../verbs.ts'
import type { Field } from './field.ts'
import type { Lexeme } from './lexeme.ts'
import { NUMBER_WORDS } from './number.ts'

export interface NameMention {
  readonly value: string
  readonly start: number
  readonly end: number
}

/** What a thing may be called by its kind: "the api server" is a service. */
const CALLED: Readonly<Record<string, string>> = {
  service: 'service server app application container process unit daemon backend deployment pod',
  project: 'project repo repository package workspace codebase',
  unit: 'unit service',
  host: 'host machine server box',
  runbook: 'runbook playbook procedure',
  name: 'called named name',
  category: 'category kind type template',
  label: 'label labels labelled labeled tagged',
}
/** Fields that hold what a request is about, so that its object is theirs. */
const OBJECTS = new Set('service target container unit host server runbook template plugin component app'.split(' '))
const ABOUT = new Set('of for from on in about'.split(' '))
/** Before "with", what is the matter with something is asked. */
const MATTERS = new Set('on wrong happening happened matter up'.split(' '))
const PLACES = new Set('as in on over for with from since during at'.split(' '))
const ARTICLES = new Set('the our my your'.split(' '))
const ADJECTIVES = new Set(
  'new old whole entire latest current previous last next first other same main running broken failing slow ready able fit sick alright alone available'.split(
    ' ',
  ),
)
/** Words that are nobody's name. */
const NO_NAME = new Set(
  (
    'number no nr tls ssl dns http https tcp ssh json yaml html sarif pdf csv cpu ram ci cd need want systemd docker podman it its this that these those them they here everything all any every each anything something nothing me us you one ones others there now today ' +
    'please second production staging development testing prod env environment environments project projects repository repo workspace ' +
    'machine host service services server container process unit issue issues log logs error errors health supervision release releases version deployment ' +
    'good bad well manual automatic earlier later past recent still anymore longer half single alone hand-run hand-made by-hand response latency thing things once root only else ' +
    'deployments status list record records entry entries detail details state history row table page run runs time minute minutes hour hours day days week weeks month months problem problems report down up out over off away'
  ).split(' '),
)
/** What nobody writes so but a name: "login-fix", "2.x", "release/1.4". */
const SHAPED = /^(?=.*\p{L})[\p{L}\p{N}]+(?:[-_/.][\p{L}\p{N}]+)+$/u
const NAME = /^[\p{L}\p{N}@][\p{L}\p{N}_.@/-]*$/u

/** Whether a word says something of its own in everyday English: no thing is called so unless the request says that it is a name. */
export const isOrdinary = (word: string): boolean =>
  isEveryday(word) || isVerb(word) || /(?:ly|ed)$/.test(word) || (word.endsWith('s') && isEveryday(word.slice(0, -1)))

const isEveryday = (word: string): boolean => COMMON_WORDS.has(word) || STOP_WORDS.has(word) || NO_NAME.has(word)

/** Behind these stands what something is said of: "is payments up", "whether mailer responds". */
const ASKED_OF = new Set('is are did does has was whether why made makes'.split(' '))
/** Before these, too: "payments is down". */
const SAID_OF = new Set(
  "is has was keeps hangs responds crashed crashes fails failed died dies isn't doesn't stopped needs wants answers looks seems feels broke went fell got became can could will should must cannot".split(
    ' ',
  ),
)

export interface NameOptions {
  /** Kinds of things that other arguments of the command are: "container redis" is not a service where there is a container. */
  readonly otherKinds: ReadonlySet<string>
  /** Stems of words the command describes itself with. */
  readonly ownWords: ReadonlySet<string>
  /** Stretches of the text that are values already. */
  readonly isTaken: (start: number, end: number) => boolean
  /** `named`: only where the request says of what it is the name, "the billing service"; `any`: by where a word stands, too. */
  readonly how: 'named' | 'any'
}

/** The names that a request gives things that nobody knows yet: "the billing service", "logs of billing", "restart billing"; one but for a list. */
export function namesIn(lexemes: readonly Lexeme[], field: Field, options: NameOptions): readonly NameMention[] {
  const first = firstNameIn(lexemes, field, options)
  if (first === undefined) return []
  const mentions = [first]
  for (let at = first + 1; field.list && at < lexemes.length; at++) {
    const { lower } = lexemes[at]!
    if (lower === 'and' || lower === 'or') continue
    if (!/^(?:and|or)$/.test(lexemes[at - 1]!.lower) && !lexemes[at - 1]!.endsClause) break
    if (isEveryday(lower) || options.isTaken(lexemes[at]!.start, lexemes[at]!.end)) break
    mentions.push(at)
  }
  return mentions.map((at) => ({ value: lexemes[at]!.text, start: lexemes[at]!.start, end: lexemes[at]!.end }))
}

function firstNameIn(lexemes: readonly Lexeme[], field: Field, { otherKinds, ownWords, isTaken, how }: NameOptions): number | undefined {
  const called = new Set((CALLED[field.slot] ?? field.slot).split(' ').filter((kind) => kind === field.slot || !otherKinds.has(kind)))
  const couldBe = (at: number): boolean => {
    const lexeme = lexemes[at]
    if (lexeme === undefined || !NAME.test(lexeme.text) || NO_NAME.has(lexeme.lower) || STOP_WORDS.has(lexeme.lower)) return false
    if (called.has(lexeme.lower) || ADJECTIVES.has(lexeme.lower) || isTaken(lexeme.start, lexeme.end)) return false
    return !ownWords.has(lexeme.stem) && !isCounted(lexemes, at)
  }
  const isName = (at: number): boolean => couldBe(at) && !isOrdinary(lexemes[at]!.lower) && !isDoing(lexemes, at)
  if (field.slot !== 'project' && !otherKinds.has('name') && !otherKinds.has('title')) {
    const named = lexemes.findIndex(({ lower }, at) => NAMED.has(lower) && couldBe(at + 1) && !otherKinds.has(lexemes[at - 1]?.lower ?? ''))
    if (named !== -1) return named + 1
  }
  for (const at of lexemes.keys()) {
    const { lower, endsClause } = lexemes[at]!
    if (!called.has(lower.replace(/'s$/, ''))) continue
    if (at >= 2 && !lexemes[at - 1]!.endsClause && couldBe(at - 1) && (ARTICLES.has(lexemes[at - 2]!.lower) || isName(at - 1)))
      return at - 1
    const next = NAMED.has(lexemes[at + 1]?.lower ?? '') ? at + 2 : at + 1
    // "docker compose setup" calls no compose file "setup".
    const isKind = CALLED[field.slot] !== undefined || next > at + 1
    if (!endsClause && couldBe(next) && (isKind || isName(next)) && !isVerbAfterNoun(lexemes[next]!)) return next
  }
  if (field.slot === 'name' || field.slot === 'title') {
    const given = givenName(lexemes, couldBe)
    if (given !== undefined) return given
  }
  if (how === 'named') return undefined
  const shaped = field.required ? lexemes.findIndex((_, at) => couldBe(at) && SHAPED.test(lexemes[at]!.text)) : -1
  if (shaped !== -1) return shaped
  if (field.slot === 'project' && (!otherKinds.has('service') || field.required)) {
    const of = lexemes.findIndex(
      ({ lower }, at) => lower === 'of' && isName(at + 1) && (at + 2 === lexemes.length || lexemes[at + 1]!.endsClause),
    )
    if (of !== -1) return of + 1
  }
  if (field.hasDefault || !OBJECTS.has(field.slot)) return undefined
  // "the statistics of search": what ends a phrase is no verb.
  const ends = (at: number): boolean => at === lexemes.length - 1 || lexemes[at]!.endsClause || PLACES.has(lexemes[at + 1]!.lower)
  const behind = (words: ReadonlySet<string>): number => {
    for (const [at, { lower, endsClause }] of lexemes.entries()) {
      const isWith = words === ABOUT && lower === 'with' && MATTERS.has(lexemes[at - 1]?.lower ?? '')
      if (!(words.has(lower) || isWith) || endsClause) continue
      let next = at + 1
      while (ARTICLES.has(lexemes[next]?.lower ?? '') || ADJECTIVES.has(lexemes[next]?.lower ?? '')) next++
      if (isName(next) || (lower === 'of' && couldBe(next) && ends(next) && VERBS.has(lexemes[next]!.lower))) return next
    }
    return -1
  }
  const about = behind(ABOUT)
  if (about !== -1) return about
  for (const [at, { lower, stem }] of lexemes.entries()) {
    const isPhrase = at === 1 || (at >= 2 && ARTICLES.has(lexemes[at - 2]!.lower))
    if (isPhrase && ownWords.has(stem) && !STOP_WORDS.has(lower) && isName(at - 1)) return at - 1
  }
  const thing = behind(ARTICLES)
  if (thing !== -1) return thing
  // "search needs a restart": what something is said of is no verb.
  const isSubject = (at: number): boolean =>
    (at === 0 || lexemes[at - 1]!.endsClause) && couldBe(at) && isVerb(lexemes[at]!.lower) && SAID_OF.has(lexemes[at + 1]?.lower ?? '')
  const subject = lexemes.findIndex(
    (_, at) => isSubject(at) || (isName(at) && (ASKED_OF.has(lexemes[at - 1]?.lower ?? '') || SAID_OF.has(lexemes[at + 1]?.lower ?? ''))),
  )
  if (subject !== -1) return subject
  // What stands behind the verb: "restart billing", "keep checking payments".
  const object = lexemes.findIndex(
    (_, at) =>
      at > 0 && isName(at) && !lexemes[at - 1]!.endsClause && isVerb(lexemes[at - 1]!.lower) && !SAID_OF.has(lexemes[at - 1]!.lower),
  )
  if (object !== -1) return object
  if (!field.required) return undefined
  // What a request begins with is its verb, however it is written.
  const all = [...lexemes.keys()].filter(isName)
  return all.find((at) => at > 0) ?? (lexemes.length <= SHORT ? all[0] : undefined)
}

/** So few words need no verb. */
const SHORT = 2

/** "five instances": what is counted is no name. */
const isCounted = (lexemes: readonly Lexeme[], at: number): boolean => {
  const before = lexemes[at - 1]
  return before !== undefined && !before.endsClause && (/^\d+$/.test(before.lower) || NUMBER_WORDS[before.lower] !== undefined)
}

/** "who is sitting there": what somebody does, behind a form of "to be". */
const isDoing = (lexemes: readonly Lexeme[], at: number): boolean =>
  lexemes[at]!.lower.endsWith('ing') && BEING.has(lexemes[at - 1]?.lower ?? '')

const BEING = new Set("is are was were be been being keeps kept not who's what's that's it's".split(' '))

/** "the service keeps crashing": what follows says what it does. */
function isVerbAfterNoun({ lower }: Lexeme): boolean {
  return (/(?:ed|s|ly)$/.test(lower) || (lower.endsWith('ing') && isVerb(lower))) && !/[-_\d]/.test(lower)
}

const NAMED = new Set(['called', 'named'])

/** "rename project api to gateway", "register ../x as gateway". */
function givenName(lexemes: readonly Lexeme[], couldBe: (at: number) => boolean): number | undefined {
  const renames = lexemes.findIndex(({ lower }) => lower.startsWith('renam'))
  const to = renames === -1 ? -1 : lexemes.findIndex(({ lower }, at) => at > renames && lower === 'to')
  for (const cue of [to, lexemes.findIndex(({ lower }) => lower === 'as')]) {
    if (cue === -1) continue
    const next = KINDS_OF_THINGS.has(lexemes[cue + 1]?.lower ?? '') ? cue + 2 : cue + 1
    if (couldBe(next)) return next
  }
  return undefined
}

const KINDS_OF_THINGS = new Set('project service app'.split(' '))
