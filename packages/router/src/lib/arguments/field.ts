import { type Schema, withoutNull } from '../schema.ts'
import { stem } from '../stem.ts'

/**
 * What a field holds, as far as plain words can tell. `name` is a short name of something this workspace has or not
 * (a service, a project, a host); `text` is a person's own words; `login` is USER@HOST; `pairs` are names with their values.
 */
export type FieldKind =
  | 'flag'
  | 'choice'
  | 'number'
  | 'duration'
  | 'time'
  | 'size'
  | 'env'
  | 'version'
  | 'branch'
  | 'path'
  | 'folder'
  | 'file'
  | 'url'
  | 'host'
  | 'id'
  | 'name'
  | 'text'
  | 'login'
  | 'pairs'

/** One argument of a command, as a request may give it. Made by `fieldsOf` from the command's input schema. */
export interface Field {
  readonly name: string
  readonly kind: FieldKind
  /** Which of the workspace's names it may hold: its own name as a rule, "service" or "project". */
  readonly slot: string
  /** Stems of its name, by which a request may call it. */
  readonly words: readonly string[]
  /** The command's input never fits without it. */
  readonly required: boolean
  /** The schema says what it is where nobody does. */
  readonly default?: unknown
  /** What the schema says is the folder where one stands. */
  readonly isHere: boolean
  readonly list: boolean
  /** The closed set it holds one of; absent where it is open. */
  readonly choices?: readonly string[]
  /** What its description says it mostly is, where the schema leaves it open. */
  readonly suggested: readonly string[]
  /** What a number counts: a unit of time in milliseconds, of size in bytes. */
  readonly unit?: number
  readonly integer: boolean
  readonly min?: number
  readonly max?: number
  /** Whether the schema wants a moment as an ISO date. */
  readonly isDate: boolean
  /** A name that somebody gives, of several words perhaps. */
  readonly isCalled: boolean
  /** A name that may be a file instead. */
  readonly orFile: boolean
  /** Names of products in a flag's description: "ask NetBox too" is on where a request says NetBox. */
  readonly products: readonly string[]
}

const KIND_OF_WORD: Readonly<Record<string, FieldKind>> = {
  env: 'env',
  environment: 'env',
  version: 'version',
  tag: 'version',
  release: 'version',
  from: 'version',
  to: 'version',
  branch: 'branch',
  ref: 'branch',
  base: 'branch',
  path: 'path',
  file: 'file',
  dir: 'path',
  folder: 'path',
  directory: 'path',
  output: 'path',
  out: 'path',
  url: 'url',
  link: 'url',
  endpoint: 'url',
  host: 'host',
  address: 'host',
  hostname: 'host',
  domain: 'host',
  server: 'host',
  since: 'time',
  until: 'time',
  before: 'time',
  after: 'time',
  at: 'time',
  date: 'time',
  deadline: 'time',
  day: 'time',
  duration: 'duration',
  timeout: 'duration',
  interval: 'duration',
  every: 'duration',
  window: 'duration',
  ttl: 'duration',
  age: 'duration',
  period: 'duration',
  size: 'size',
  id: 'id',
  plan: 'id',
  chain: 'id',
  run: 'id',
  execution: 'id',
  fingerprint: 'id',
  issue: 'id',
  incident: 'id',
  change: 'id',
  record: 'id',
  commit: 'id',
  title: 'text',
  message: 'text',
  text: 'text',
  body: 'text',
  note: 'text',
  notes: 'text',
  reason: 'text',
  comment: 'text',
  description: 'text',
  summary: 'text',
  query: 'text',
  search: 'text',
  question: 'text',
  contains: 'text',
  match: 'text',
  matching: 'text',
  filter: 'text',
  feature: 'text',
  request: 'text',
  detail: 'text',
  details: 'text',
  cause: 'text',
  why: 'text',
  changelog: 'text',
  resolution: 'text',
  answer: 'text',
  error: 'text',
}

const MS: Readonly<Record<string, number>> = {
  ms: 1,
  millis: 1,
  milliseconds: 1,
  s: 1_000,
  sec: 1_000,
  secs: 1_000,
  seconds: 1_000,
  minutes: 60_000,
  mins: 60_000,
  min: 60_000,
  hours: 3_600_000,
  days: 86_400_000,
  weeks: 604_800_000,
}
const BYTES: Readonly<Record<string, number>> = {
  bytes: 1,
  kb: 1_000,
  kib: 1_024,
  mb: 1_000_000,
  mib: 1_048_576,
  gb: 1e9,
  gib: 1_073_741_824,
}

/** The arguments that a command's input schema has, as JSON Schema describes it; none where it is no object. */
export function fieldsOf(schema: unknown): readonly Field[] {
  const { properties = {}, required = [] } = (schema ?? {}) as Schema
  return Object.entries(properties).map(([name, property]) => fieldOf(name, property, required.includes(name)))
}

function fieldOf(name: string, given: Schema, required: boolean): Field {
  const plain = withoutNull(given)
  const items = itemsOf(plain) ?? (given.anyOf ?? given.oneOf)?.map(itemsOf).find((one) => one !== undefined)
  const list = items !== undefined
  const schema = list ? withoutNull(items) : plain
  const words = wordsOfName(name)
  const choices = choicesOf(schema)
  const last = words.at(-1) ?? ''
  const numeric = schema.type === 'integer' || schema.type === 'number'
  const unit = numeric ? (MS[last] ?? BYTES[last]) : undefined
  const description = given.description ?? ''
  const kind = kindOf({
    schema,
    description,
    numeric,
    last: list ? singular(last) : last,
    name,
    isTime: last in MS,
    isSize: last in BYTES,
    choices,
  })
  return {
    name,
    kind,
    slot: kind === 'env' ? 'env' : list ? singular(last) : unit === undefined ? last : (words.at(-2) ?? last),
    words: (unit === undefined ? words : words.slice(0, -1)).map(stem),
    required: required && given.default === undefined,
    ...(given.default !== undefined && { default: given.default }),
    isHere: given.default === '.',
    list,
    ...(choices !== undefined && { choices }),
    isCalled: kind === 'name' && (words.at(-1) === 'name' || /\bcalled?\b/i.test(description)),
    orFile: kind === 'name' && /\bfile\b/i.test(description),
    suggested: kind === 'name' ? listedIn(description) : [],
    ...(unit !== undefined && { unit }),
    integer: schema.type === 'integer',
    ...(schema.minimum !== undefined && { min: schema.minimum }),
    ...(schema.maximum !== undefined && { max: schema.maximum }),
    isDate: schema.format === 'date-time' || schema.format === 'date',
    products: schema.type === 'boolean' ? productsIn(description) : [],
  }
}

interface KindFacts {
  readonly schema: Schema
  readonly description: string
  readonly numeric: boolean
  readonly last: string
  readonly name: string
  readonly isTime: boolean
  readonly isSize: boolean
  readonly choices: readonly string[] | undefined
}

function kindOf({ schema, description, numeric, last, name, isTime, isSize, choices }: KindFacts): FieldKind {
  if (schema.type === 'boolean') return 'flag'
  if (schema.type === 'object') return 'pairs'
  const byName = KIND_OF_WORD[last]
  if (choices !== undefined) return byName === 'env' ? 'env' : 'choice'
  if (numeric) return isTime && !(name.endsWith('Min') || last === 's') ? 'duration' : isSize ? 'size' : byName === 'id' ? 'id' : 'number'
  if (schema.format === 'date-time' || schema.format === 'date') return 'time'
  if (schema.format === 'duration') return 'duration'
  if (schema.format === 'uri' || schema.format === 'url') return 'url'
  if (schema.format === 'uuid') return 'id'
  const said = DESCRIBED.find(([pattern]) => pattern.test(description))?.[1]
  return said ?? byName ?? 'name'
}

/** What a description says that a field holds; it knows better than the name, as a "target" may be a file and a "since" a tag. */
const DESCRIBED: readonly (readonly [RegExp, FieldKind])[] = [
  [/\bUSER@HOST\b/i, 'login'],
  [/\bhost:port\b/i, 'host'],
  [/^(?:its |the )?(?:new )?folder\b(?!, (?:name|id))/i, 'folder'],
  [/^(?:[A-Z][a-z]{2,} )?(?:files?|globs?)\b/i, 'file'],
  [/^(?:only )?(?:versions|tag or commit)\b/i, 'version'],
]

/** "skill-only, mcp-plugin or full-plugin": what a description enumerates, where it is no prose. */
function listedIn(description: string): readonly string[] {
  const list = /^([a-z]+-[a-z-]+(?:, [a-z-]+)*)(?: or ([a-z-]+))?(?=[;.]|$)/.exec(description)
  return list === null ? [] : [...list[1]!.split(', '), ...(list[2] === undefined ? [] : [list[2]])]
}

/** What a list is made of; "one or several" is a list, too. */
const itemsOf = ({ type, items }: Schema): Schema | undefined =>
  type === 'array' || (type === undefined && items !== undefined) ? (items ?? {}) : undefined

function choicesOf({ enum: values, const: only }: Schema): readonly string[] | undefined {
  const all = values ?? (only === undefined ? undefined : [only])
  const texts = all?.filter((value): value is string => typeof value === 'string')
  return texts !== undefined && texts.length > 0 ? texts : undefined
}

/** Words with capitals inside, which are nobody's but a product's: NetBox, GitHub. */
const productsIn = (text: string): readonly string[] => (text.match(/\b[A-Z][a-z]+[A-Z]\w*/g) ?? []).map((word) => word.toLowerCase())

export const wordsOfName = (name: string): string[] =>
  name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '')

const singular = (word: string): string =>
  word.endsWith('ies') ? `${word.slice(0, -3)}y` : word.endsWith('s') && !word.endsWith('ss') ? word.slice(0, -1) : word
