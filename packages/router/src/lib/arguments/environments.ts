import type { SlotValues } from '../candidate.ts'
import { STOP_WORDS } from '../stop-words.ts'
import { isVerb } from '../verbs.ts'
import type { Lexeme } from './lexeme.ts'
import { isOrdinary } from './name.ts'

/** Words for one and the same environment. A word in `UNSURE` is one only where it stands as one. */
const GROUPS: readonly (readonly string[])[] = [
  ['production', 'prod', 'prd', 'live'],
  ['staging', 'stage', 'stg'],
  ['preproduction', 'preprod', 'pre-prod', 'pre-production'],
  ['development', 'dev', 'devel'],
  ['test', 'testing', 'tst'],
  ['qa'],
  ['uat'],
  ['sandbox'],
  ['preview'],
  ['canary'],
  ['demo'],
  ['local', 'localhost'],
]
const UNSURE = new Set('live stage dev test testing sandbox preview canary demo local localhost development'.split(' '))
const BEFORE = new Set('to in on into onto from for against at of target env environment towards'.split(' '))
const ARTICLES = new Set(['the', 'our', 'my', 'your', 'this'])
const AFTER = new Set(
  'env environment environments infrastructure infra resources cluster stack deployment server servers host hosts machine machines box site system'.split(
    ' ',
  ),
)

export interface EnvironmentMention {
  readonly value: string
  readonly start: number
  readonly end: number
}

/**
 * The environments a request names, each as this command or workspace calls it.
 * A word that is none of the known ones is never turned into one; where nothing is known, the word stands for itself.
 */
export function environmentsIn(lexemes: readonly Lexeme[], known: readonly string[]): readonly EnvironmentMention[] {
  const found = lexemes.flatMap((lexeme, at) => {
    const word = lexeme.lower.replace(/'s$/, '')
    const exact = known.find((name) => name.toLowerCase() === word)
    // "prod-eu" is one of production's, where nobody says what there is.
    const own = GROUPS.find((words) => words.includes(word))
    const family = known.length === 0 && own === undefined ? word.replace(/[-_]\w+$/, '') : word
    const group = own ?? GROUPS.find((words) => words.includes(family))
    if (exact === undefined && group === undefined) return []
    const isOwner = word !== lexeme.lower
    const isUnsure = UNSURE.has(family) || family !== word || group === undefined
    if (isUnsure && !isOwner && !standsAsValue(lexemes, at)) return []
    const value = exact ?? known.find((name) => group?.includes(name.toLowerCase())) ?? (known.length === 0 ? word : undefined)
    return value === undefined ? [] : [{ value, start: lexeme.start, end: lexeme.start + word.length }]
  })
  return found.length > 0 || known.length > 0 ? found : lexemes.flatMap((_, at) => namedBy(lexemes, at))
}

/** So many words behind "confirm" the name of an environment may stand. */
const NEAR = 4

/** An environment's name that is said once more behind "confirm", as a person types it where that is asked for. */
export function confirmedIn(lexemes: readonly Lexeme[], env: string): EnvironmentMention | undefined {
  if (env === '') return undefined
  const group = GROUPS.find((words) => words.includes(env.toLowerCase())) ?? [env.toLowerCase()]
  const at = lexemes.findLastIndex(({ lower }) => /^confirm/.test(lower))
  const said = at === -1 ? undefined : lexemes.slice(at + 1, at + 1 + NEAR).find(({ lower }) => group.includes(lower))
  return said === undefined ? undefined : { value: env, start: said.start, end: said.end }
}

/** "the lab environment", "an environment called lab": what nobody knows is one where it is said to be. */
function namedBy(lexemes: readonly Lexeme[], at: number): readonly EnvironmentMention[] {
  const { lower, endsClause } = lexemes[at]!
  const next = lexemes[at + 1]
  if (!/^env(?:ironment)?$/.test(lower)) return []
  const named = ['called', 'named'].includes(next?.lower ?? '')
  const before = endsClause || next === undefined || STOP_WORDS.has(next.lower) ? [lexemes[at - 1]] : []
  for (const one of named ? [lexemes[at + 2]] : before)
    if (one !== undefined && /^[a-z][\w-]*$/.test(one.lower) && !isOrdinary(one.lower))
      return [{ value: one.text, start: one.start, end: one.end }]
  return []
}

/** "deploy to test", "the test environment", but not "test the api". */
function standsAsValue(lexemes: readonly Lexeme[], at: number): boolean {
  const before = lexemes[at - 1]
  if (AFTER.has(lexemes[at + 1]?.lower ?? '')) return true
  // "demo: ...", "..., demo".
  if (before === undefined || before.endsClause) return lexemes[at]!.endsClause && lexemes.length > 1 && !isVerb(lexemes[at]!.lower)
  if (BEFORE.has(before.lower)) return true
  if (before.lower === 'is' && /^env(?:ironment)?$/.test(lexemes[at - 2]?.lower ?? '')) return true
  return (
    ARTICLES.has(before.lower) && BEFORE.has(lexemes[at - 2]?.lower ?? '') && (lexemes[at]!.endsClause || lexemes[at + 1] === undefined)
  )
}

/** The names of environments that this workspace and this field have. */
export const knownEnvironments = (choices: readonly string[] | undefined, names: SlotValues): readonly string[] =>
  choices ?? names.env ?? []
