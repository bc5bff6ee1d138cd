import { STOP_WORDS } from '../stop-words.ts'
import type { Field } from './field.ts'
import { fitOf, valueFor } from './fit.ts'
import { kindsOf } from './kind-words.ts'
import type { Lexeme } from './lexeme.ts'
import type { Mention } from './mention.ts'
import { isOrdinary } from './name.ts'

/** A mention that is taken as a field's value. */
export interface Pair {
  readonly field: Field
  readonly mention: Mention
  readonly value: string | number
}

/** Words before a value that say which field it belongs to. */
const CUES: Readonly<Record<string, readonly string[]>> = {
  name: ['called', 'named', 'titled', 'branch', 'line', 'step', 'stage'],
  from: ['from'],
  to: ['to', 'onto', 'into', 'on', 'branch'],
  since: ['since', 'last', 'past', 'previous', 'from', 'after', 'over', 'within', 'during', 'in'],
  until: ['until', 'till', 'before', 'to', 'up'],
  before: ['before', 'below', 'under'],
  after: ['after'],
  limit: ['limit', 'to', 'top', 'last', 'first', 'latest', 'newest', 'only', 'show', 'list', 'recent', 'max', 'maximum', 'most'],
  replicas: ['to', 'scale', 'replicas', 'copies', 'instances'],
  branch: ['branch', 'on', 'from', 'off', 'of'],
  version: ['version', 'release', 'to', 'tag'],
  env: ['to', 'in', 'on'],
  host: ['on', 'host', 'at', 'server'],
  path: ['in', 'at', 'file', 'of', 'folder', 'directory', 'path'],
  file: ['file', 'in', 'of', 'to', 'into'],
  key: ['key', 'with', 'by'],
  id: ['issue', 'ticket', 'bug', 'incident', 'plan', 'chain', 'run', 'project', 'execution', 'number', 'no', 'nr', 'id'],
  project: ['in', 'of', 'for', 'project', 'at', 'under', 'from'],
  output: ['to', 'into', 'as'],
  target: ['to', 'into', 'as', 'at', 'in'],
  repo: ['repo', 'repository', 'in', 'to', 'from', 'of', 'under', 'at'],
  issue: ['issue', 'issues', 'ticket', 'bug', 'number', 'no', 'nr'],
  port: ['port', 'on'],
  minimum: ['under', 'below', 'least', 'minimum', 'than'],
  maximum: ['over', 'above', 'most', 'maximum', 'than'],
  timeout: ['timeout', 'within', 'wait'],
  interval: ['every', 'each'],
  for: ['for'],
  every: ['every', 'each'],
}
/** Words behind a number that say what it counts. */
const COUNTED: Readonly<Record<string, readonly string[]>> = {
  limit: [
    'entries',
    'lines',
    'results',
    'items',
    'rows',
    'issues',
    'releases',
    'runs',
    'records',
    'deployments',
    'incidents',
    'checks',
    'projects',
    'executions',
    'attempts',
    'hits',
    'matches',
  ],
  replicas: ['replicas', 'replica', 'copies', 'instances', 'containers', 'processes', 'workers'],
  lines: ['lines'],
}

/** At least so much has to speak for a pair. */
const ENOUGH = 2

const JOINED = /^(?:[\s,&+]|and|or|plus)+$/iu

export interface PairOptions {
  readonly text: string
  readonly nowMs: number
  /** Stems of words the command describes itself with. */
  readonly ownWords: ReadonlySet<string>
}

/** Gives each mention to the field it fits best, the surest pair first. */
export function pairMentions(
  fields: readonly Field[],
  mentions: readonly Mention[],
  lexemes: readonly Lexeme[],
  { text, nowMs, ownWords }: PairOptions,
): readonly Pair[] {
  const rated = fields
    .flatMap((field) => {
      const kinds = field.kind === 'name' ? kindsOf(field, fields).only : NO_KINDS
      return mentions.map((mention) => ({ field, mention, points: pointsOf(field, mention, lexemes, { ownWords, kinds }) }))
    })
    .filter(({ points }) => points >= ENOUGH)
    .sort((a, b) => b.points - a.points || a.mention.start - b.mention.start)
  const pairs: Pair[] = []
  for (const { field, mention } of rated) {
    if (pairs.some((pair) => pair.mention === mention || (pair.field === field && !field.list))) continue
    pairs.push({ field, mention, value: valueFor(field, mention, nowMs) })
  }
  // "12, 14 and 15": what a list goes on with needs no more to speak for it.
  for (const mention of mentions) {
    const last = pairs.findLast((pair) => pair.field.list && pair.mention.end <= mention.start && mention.kind === pair.mention.kind)
    if (last === undefined || pairs.some((pair) => pair.mention === mention)) continue
    if (JOINED.test(text.slice(last.mention.end, mention.start)))
      pairs.push({ ...last, mention, value: valueFor(last.field, mention, nowMs) })
  }
  // What has to be said, where one number is all that could say it.
  const numbers = mentions.filter(({ kind }) => kind === 'number')
  const asked = fields.filter(({ kind, required }) => kind === 'id' && required)
  if (numbers.length === 1 && asked.length === 1 && !pairs.some(({ mention, field }) => mention === numbers[0] || field === asked[0]))
    if (isAlone(numbers[0]!, lexemes))
      pairs.push({ field: asked[0]!, mention: numbers[0]!, value: valueFor(asked[0]!, numbers[0]!, nowMs) })
  // A list is in the order it was said in.
  return pairs.sort((a, b) => a.mention.start - b.mention.start)
}

/** "through with 93", rather than "step 3" or "3 steps". */
function isAlone({ start, end, written }: Mention, lexemes: readonly Lexeme[]): boolean {
  const at = lexemes.findIndex((lexeme) => lexeme.start >= start && lexeme.end <= end)
  const [before, own, after] = [lexemes[at - 1], lexemes[at], lexemes[at + 1]]
  if (own === undefined || !/^\d+$/.test(written) || PARTS.has(before?.stem ?? '')) return false
  return own.endsClause || after === undefined || STOP_WORDS.has(after.lower)
}

interface PointsOptions {
  readonly ownWords: ReadonlySet<string>
  /** Words for the kind of thing that this field alone holds. */
  readonly kinds: ReadonlySet<string>
}

function pointsOf(field: Field, mention: Mention, lexemes: readonly Lexeme[], { ownWords, kinds }: PointsOptions): number {
  const whole = fitOf(field, mention)
  if (whole === 0) return 0
  const first = lexemes.findIndex(({ end }) => end > mention.start)
  let last = first
  while (lexemes[last + 1] !== undefined && lexemes[last + 1]!.start < mention.end) last++
  const before = lexemes[first - 1]
  // "step 3" is nobody's id.
  if (
    field.kind === 'id' &&
    mention.kind === 'number' &&
    before !== undefined &&
    PARTS.has(before.stem) &&
    !field.words.includes(before.stem)
  )
    return 0
  const beforeThat = lexemes[first - 2]
  const after = lexemes[last + 1]
  // ".env files" are a kind of file.
  if (mention.kind === 'path' && after?.lower === 'files' && !lexemes[last]!.endsClause) return 0
  const own = field.words.at(-1) ?? field.slot
  // A branch called "release" is not meant by everybody who says "release".
  const isWord = mention.kind === 'known' && first === last && (ownWords.has(lexemes[first]!.stem) || isOrdinary(lexemes[first]!.lower))
  const fit = isWord ? 1 : whole
  let points = fit + (field.required ? 0.5 : 0)
  if (
    before?.stem === own ||
    (before?.endsClause === false && kinds.has(before.lower)) ||
    (beforeThat?.stem === own && !before?.endsClause && !ELSE.has(before?.lower ?? ''))
  )
    points += 2
  else if (after?.stem === own && !lexemes[last]?.endsClause && !PREPOSITIONS.has(own)) points += 1.5
  const cues = CUES[field.slot] ?? []
  if (before !== undefined && cues.includes(before.lower)) points += 1
  else {
    let at = first - 1
    while (at > first - 4 && ARTICLES.has(lexemes[at]?.lower ?? '')) at--
    if (cues.includes(lexemes[at]?.lower ?? '')) points += 0.9
    // A version is "before" another where that is said.
    else if (field.kind === 'version' && PREPOSITIONS.has(field.slot)) points -= 0.2
  }
  // An end is said to be one: "until noon", "from 9 to 10", "between 14:00 and 15:00".
  if (
    field.kind === 'time' &&
    field.slot === 'until' &&
    !field.required &&
    !ENDING.has(before?.lower ?? '') &&
    !cues.includes(lexemes[first - 2]?.lower ?? '')
  )
    return 0
  if (mention.kind === 'duration' && after?.lower === 'ago') {
    if (field.kind !== 'time') return 0
    points += 1
  }
  // "record 12": a number behind the name of a thing is its own.
  if (field.kind === 'id' && mention.kind === 'number' && before !== undefined && NAMED.test(before.lower)) points += 1
  if (counts(field, mention, lexemes, last)) points += 1
  // "let 3 of them share the load"
  else if (
    (field.slot === 'replicas' || field.slot === 'limit') &&
    mention.kind === 'number' &&
    after?.lower === 'of' &&
    OF_THEM.has(lexemes[last + 2]?.lower ?? '')
  )
    points += 1
  return points
}

/** "the ten most recent incidents", "up to 200 hits", "worker x5". */
function counts({ slot }: Field, { kind, written }: Mention, lexemes: readonly Lexeme[], last: number): boolean {
  if (kind !== 'number' || lexemes[last]!.endsClause) return slot === 'replicas' && kind === 'number' && /x/i.test(written)
  let next = last + 1
  while (RECENT.has(lexemes[next]?.lower ?? '')) next++
  const counted = lexemes[next]?.lower ?? ''
  if (slot === 'limit')
    return next > last + 1 || (counted === 'at' && lexemes[next + 1]?.lower === 'most') || COUNTED.limit!.includes(counted)
  return COUNTED[slot]?.includes(counted) === true || (slot === 'replicas' && /x/i.test(written))
}

/** "the file of X": X is something else. */
const ELSE = new Set('of for from in on with'.split(' '))
const ENDING = new Set('until till before to up and through by'.split(' '))
const NO_KINDS: ReadonlySet<string> = new Set()
const RECENT = new Set('most recent latest newest last oldest past'.split(' '))
const PREPOSITIONS = new Set('from to since until before after for at by in on'.split(' '))
const OF_THEM = new Set(['it', 'them', 'those', 'these'])
const PARTS = new Set(['step', 'port', 'line', 'page'])
const NAMED =
  /^(?!(?:last|top|first|latest|newest|than|to|by|for|in|of|at|with|and|or|the|a|only|over|under|above|below|every|version)$)\p{L}{2,}$/u
const ARTICLES = new Set('the our my a an this version branch port file tag commit old older new about folder'.split(' '))
