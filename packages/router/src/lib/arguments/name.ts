import { STOP_WORDS } from '../stop-words.ts'
import { VERBS } from '../verbs.ts'
import type { Field } from './field.ts'
import type { Lexeme } from './lexeme.ts'

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
  label: 'label labels labelled labeled tagged',
}
/** Fields that hold what a request is about, so that its object is theirs. */
const OBJECTS = new Set('service target container unit host runbook template plugin component app name'.split(' '))
const ABOUT = new Set('of for from on in about'.split(' '))
const ARTICLES = new Set('the our my your'.split(' '))
const ADJECTIVES = new Set(
  'new old whole entire latest current previous last next first other same main running broken failing slow'.split(' '),
)
/** Words that are nobody's name. */
const NO_NAME = new Set(
  (
    'need want it its this that these those them they here everything all any every each anything something nothing me us you one ones others there now today ' +
    'please second production staging development testing prod env environment environments project projects repository repo workspace ' +
    'machine host service services server container process unit issue issues log logs error errors health release releases version deployment ' +
    'deployments status list time minute minutes hour hours day days week weeks month months problem problems report down up out over off away'
  ).split(' '),
)
const NAME = /^[\p{L}\p{N}@][\p{L}\p{N}_.@/-]*$/u

export interface NameOptions {
  /** Stems of words the command describes itself with. */
  readonly ownWords: ReadonlySet<string>
  /** Stretches of the text that are values already. */
  readonly isTaken: (start: number, end: number) => boolean
  /** Only where the request says of what it is the name. */
  readonly namedOnly: boolean
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
    mentions.push(at)
  }
  return mentions.map((at) => ({ value: lexemes[at]!.text, start: lexemes[at]!.start, end: lexemes[at]!.end }))
}

function firstNameIn(lexemes: readonly Lexeme[], field: Field, { ownWords, isTaken, namedOnly }: NameOptions): number | undefined {
  const called = new Set((CALLED[field.slot] ?? field.slot).split(' '))
  const couldBe = (at: number): boolean => {
    const lexeme = lexemes[at]
    if (lexeme === undefined || !NAME.test(lexeme.text) || NO_NAME.has(lexeme.lower) || STOP_WORDS.has(lexeme.lower)) return false
    if (called.has(lexeme.lower) || ADJECTIVES.has(lexeme.lower) || isTaken(lexeme.start, lexeme.end)) return false
    return !ownWords.has(lexeme.stem)
  }
  const all = lexemes.keys()
  for (const at of all) {
    const { lower, endsClause } = lexemes[at]!
    if (!called.has(lower)) continue
    if (at >= 2 && !lexemes[at - 1]!.endsClause && couldBe(at - 1) && !VERBS.has(lexemes[at - 1]!.lower)) return at - 1
    if (!endsClause && couldBe(at + 1) && !isVerbAfterNoun(lexemes[at + 1]!)) return at + 1
  }
  if (namedOnly || !OBJECTS.has(field.slot)) return undefined
  for (const [at, { stem }] of lexemes.entries()) {
    const isPhrase = at === 1 || (at >= 2 && ARTICLES.has(lexemes[at - 2]!.lower))
    if (isPhrase && ownWords.has(stem) && couldBe(at - 1) && !VERBS.has(lexemes[at - 1]!.lower)) return at - 1
  }
  for (const words of [ABOUT, ARTICLES]) {
    for (const [at, { lower, endsClause }] of lexemes.entries()) {
      if (!words.has(lower) || endsClause) continue
      let next = at + 1
      while (ARTICLES.has(lexemes[next]?.lower ?? '') || ADJECTIVES.has(lexemes[next]?.lower ?? '')) next++
      if (couldBe(next)) return next
    }
  }
  if (!field.required || field.slot === 'name') return undefined
  // What stands behind the verb and is no word of the command: "restart billing", "bounce billing now".
  return lexemes.keys().find((at) => couldBe(at) && !VERBS.has(lexemes[at]!.lower) && !lexemes[at]!.lower.endsWith('ly'))
}

/** "the service keeps crashing": what follows says what it does. */
function isVerbAfterNoun({ lower }: Lexeme): boolean {
  return /(?:ing|ed|s)$/.test(lower) && !/[-_\d]/.test(lower)
}
