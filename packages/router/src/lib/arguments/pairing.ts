import { durationText } from './duration.ts'
import type { Field } from './field.ts'
import type { Lexeme } from './lexeme.ts'
import type { Mention } from './mention.ts'
import { momentText } from './moment.ts'
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
  to: ['to', 'onto', 'into', 'branch'],
  since: ['since', 'last', 'past', 'previous', 'from', 'after', 'over', 'within', 'during', 'in'],
  until: ['until', 'till', 'before', 'to', 'up'],
  before: ['before'],
  after: ['after'],
  limit: ['limit', 'top', 'last', 'first', 'latest', 'newest', 'only', 'show', 'list', 'recent', 'max', 'maximum', 'most'],
  replicas: ['to', 'scale', 'replicas', 'copies', 'instances'],
  branch: ['branch', 'on', 'from', 'off', 'of'],
  version: ['version', 'release', 'to', 'tag'],
  env: ['to', 'in', 'on'],
  host: ['on', 'host', 'at', 'server'],
  path: ['in', 'at', 'file', 'of', 'folder', 'directory', 'path'],
  file: ['file', 'in', 'of', 'with', 'to', 'into'],
  id: ['issue', 'ticket', 'bug', 'incident', 'plan', 'chain', 'run', 'project', 'execution', 'number', 'no', 'nr', 'id'],
  project: ['in', 'of', 'for', 'project', 'at', 'under', 'from'],
  output: ['to', 'into', 'as'],
  target: ['to', 'into', 'as', 'at', 'in'],
  repo: ['repo', 'repository', 'in', 'to', 'from', 'of'],
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
  limit: ['entries', 'lines', 'results', 'items', 'rows', 'issues', 'releases', 'runs', 'records', 'deployments', 'incidents', 'checks'],
  replicas: ['replicas', 'replica', 'copies', 'instances', 'containers', 'processes', 'workers'],
  lines: ['lines'],
}

/** At least so much has to speak for a pair. */
const ENOUGH = 2

export interface PairOptions {
  readonly nowMs: number
  /** Stems of words the command describes itself with. */
  readonly ownWords: ReadonlySet<string>
}

/** Gives each mention to the field it fits best, the surest pair first. */
export function pairMentions(
  fields: readonly Field[],
  mentions: readonly Mention[],
  lexemes: readonly Lexeme[],
  { nowMs, ownWords }: PairOptions,
): readonly Pair[] {
  const rated = fields
    .flatMap((field) => mentions.map((mention) => ({ field, mention, points: pointsOf(field, mention, lexemes, ownWords) })))
    .filter(({ points }) => points >= ENOUGH)
    .sort((a, b) => b.points - a.points || a.mention.start - b.mention.start)
  const pairs: Pair[] = []
  for (const { field, mention } of rated) {
    if (pairs.some((pair) => pair.mention === mention || (pair.field === field && !field.list))) continue
    pairs.push({ field, mention, value: valueFor(field, mention, nowMs) })
  }
  // A list is in the order it was said in.
  return pairs.sort((a, b) => a.mention.start - b.mention.start)
}

function pointsOf(field: Field, mention: Mention, lexemes: readonly Lexeme[], ownWords: ReadonlySet<string>): number {
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
  const own = field.words.at(-1)!
  // A branch called "release" is not meant by everybody who says "release".
  const isWord = mention.kind === 'known' && first === last && (ownWords.has(lexemes[first]!.stem) || isOrdinary(lexemes[first]!.lower))
  const fit = isWord ? 1 : whole
  let points = fit + (field.required ? 0.5 : 0)
  if (before?.stem === own || (beforeThat?.stem === own && !before?.endsClause)) points += 2
  else if (after?.stem === own && !lexemes[last]?.endsClause) points += 1.5
  const cues = CUES[field.slot] ?? []
  if (before !== undefined && cues.includes(before.lower)) points += 1
  else if (beforeThat !== undefined && ARTICLES.has(before?.lower ?? '') && cues.includes(beforeThat.lower)) points += 0.9
  // "record 12": a number behind the name of a thing is its own.
  if (field.kind === 'id' && mention.kind === 'number' && before !== undefined && NAMED.test(before.lower)) points += 1
  if (after !== undefined && COUNTED[field.slot]?.includes(after.lower)) points += 1
  // "let 3 of them share the load"
  else if (field.slot === 'replicas' && after?.lower === 'of' && OF_THEM.has(lexemes[last + 2]?.lower ?? '')) points += 1
  return points
}

const OF_THEM = new Set(['it', 'them', 'those', 'these'])
const PARTS = new Set(['step', 'port', 'line', 'page'])
const NAMED =
  /^(?!(?:last|top|first|latest|newest|than|to|by|for|in|of|at|with|and|or|the|a|only|over|under|above|below|every|version)$)\p{L}{2,}$/u
const ARTICLES = new Set('the our my a an this version branch port file'.split(' '))

/** How well a mention's shape fits a field, before anything around it is read. */
function fitOf(
  { kind, slot, words, isDate, integer, min = -Infinity, max = Infinity }: Field,
  { kind: seen, slot: known, value }: Mention,
): number {
  const inRange = typeof value !== 'number' || (value >= min && value <= max && (!integer || Number.isInteger(value)))
  if (seen === 'known')
    return known === slot || (kind === 'branch' && known === 'branch') || (kind === 'version' && known === 'version') ? 3 : 0
  if (kind === 'id' && seen === 'id' && integer && !/^\d+$/.test(String(value))) return 0
  // What has no ending is a folder rather than a file.
  if (kind === 'path' && seen === 'path' && slot === 'file' && !ENDING.test(String(value))) return 1
  if (kind === seen) return kind === 'number' ? (inRange ? 1 : 0.5) : 2
  if (kind === 'number')
    return seen === 'percent' && words.some((word) => /perc|thresh|limit|level|rate/.test(word)) ? 2 : seen === 'percent' ? 1 : 0
  if (kind === 'time') return seen === 'duration' ? 1.5 : seen === 'version' && !isDate ? 1 : 0
  if (kind === 'version' && seen === 'path') return /^[\w@].*\//.test(String(value)) ? 1.2 : 0
  if (kind === 'version') return seen === 'number' && !Number.isInteger(value) ? 1.2 : seen === 'number' ? 0.5 : 0
  if (kind === 'id') return seen === 'number' ? 1 : seen === 'quoted' ? 1 : 0
  if (kind === 'branch') return seen === 'path' ? 1.2 : seen === 'quoted' ? 1 : 0
  if (kind === 'size' || kind === 'duration') return seen === 'number' ? 0.5 : 0
  if (kind === 'text') return seen === 'quoted' ? 2 : 0
  if (kind === 'url') return seen === 'host' ? 1 : 0
  if (kind === 'host') return seen === 'url' ? 0.5 : 0
  if (kind === 'path') return seen === 'quoted' ? 1 : seen === 'key' ? 0.5 : 0
  // "cut-4kq7w2m" is a cut.
  if (seen === 'id' && String(value).startsWith(`${slot}-`)) return 3
  if (kind === 'name' && seen === 'key') return slot === 'name' || slot === 'project' ? 0 : KEYED.has(slot) ? 2 : 1.6
  if (kind === 'name' && seen === 'path') return pathFit(slot, String(value))
  if (kind === 'name' && seen === 'quoted') return slot === 'name' ? 2 : 1
  if (kind === 'name' && seen === 'host') return slot === 'target' || slot === 'service' ? 1 : 0
  return 0
}

const ENDING = /(?<!\d)\.[a-z][a-z0-9]{0,11}$|\*/i
const KEYED = new Set(['check', 'rule', 'key', 'setting'])
const UNIT = /\.(?:service|timer|socket|mount|path|target)$/

/** A folder may be a project, what looks like a branch may be a name, and a file is neither. */
function pathFit(slot: string, path: string): number {
  if (slot === 'unit') return UNIT.test(path) ? 3 : 0
  if (ENDING.test(path)) return slot === 'target' ? 1.2 : 0.5
  if (slot === 'repo') return /^[\w.-]+\/[\w.-]+$/.test(path) ? 1.8 : 0.5
  if (slot === 'project' || slot === 'target') return /^[.~/]/.test(path) ? 2 : 1.6
  return slot === 'name' ? 1.7 : 0.5
}

function valueFor(field: Field, { kind, value, written }: Mention, nowMs: number): string | number {
  if (field.kind === 'time') {
    // "mute it for two weeks": what has to end some day ends in the future.
    const ahead = field.slot === 'until' && field.required
    if (kind === 'duration')
      return field.isDate || ahead ? new Date(nowMs + (ahead ? 1 : -1) * Number(value)).toISOString() : durationText(Number(value))
    return kind === 'version' ? String(value) : momentText(String(value), nowMs, ahead ? 'ahead' : 'past')
  }
  if (field.kind === 'duration' && kind === 'duration')
    return field.unit === undefined ? durationText(Number(value)) : Number(value) / field.unit
  if (field.kind === 'size' && kind === 'size' && field.unit !== undefined) return Number(value) / field.unit
  if (field.kind === 'version') return (kind === 'number' ? written : String(value)).replace(/^v(?=\d)/i, '')
  if (field.kind === 'id' && kind === 'number' && field.integer) return value
  if (field.kind === 'number' || field.unit !== undefined) return value
  return String(value)
}
