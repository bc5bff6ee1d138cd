import { isSecretName } from '../files/hide-secrets.ts'
import { type DotenvEntry, parseDotenv } from './dotenv.ts'
import { expandTemplate } from './expand.ts'
import { checkType, isTypeName, type TypeName, typeMistake } from './types.ts'

export const SCHEMA_FILE = '.env.schema'
export const EXAMPLE_FILE = '.env.example'

/** What a schema says of one variable. */
export interface VariableSpec {
  readonly name: string
  readonly line: number
  readonly column: number
  readonly type: { readonly name: TypeName; readonly options: Options }
  /** Where it must have a value: everywhere, nowhere, or in these environments. */
  readonly required: boolean | readonly string[]
  readonly sensitive: boolean
  /** Undefined where the schema has none. */
  readonly fallback: string | undefined
  /** How many random bytes it is made of where nobody gives it a value: `randomHex(32)`. */
  readonly randomBytes: number | undefined
  readonly example: string | undefined
  readonly about: string
  readonly docs: readonly string[]
  /** Why it should not be used any more. */
  readonly deprecated: string | undefined
}

interface SchemaProblem {
  readonly line: number
  readonly column: number
  readonly message: string
}

export interface EnvSchema {
  readonly variables: readonly VariableSpec[]
  readonly problems: readonly SchemaProblem[]
}

/** Arguments of a decorator: those with names, and the others in their order. */
export interface Options {
  readonly named: Readonly<Record<string, string>>
  readonly list: readonly string[]
}

interface Decorator {
  readonly name: string
  readonly value: string | undefined
  readonly args: Options | undefined
  readonly line: number
}

const KNOWN = new Set(['required', 'optional', 'sensitive', 'public', 'type', 'example', 'docs', 'docsUrl', 'deprecated'])
const KNOWN_IN_HEADER = new Set(['defaultRequired', 'defaultSensitive'])

/**
 * Reads a schema in the form of @env-spec: an env file whose comments carry decorators. Which of them are known is in SPEC.md; those
 * of other tools are left alone. Never throws.
 */
export function parseSchema(text: string): EnvSchema {
  const { items, problems: syntax } = parseDotenv(text)
  const problems: SchemaProblem[] = syntax.map(({ line, column, message }) => ({ line, column, message }))
  const variables: VariableSpec[] = []
  let defaults: Defaults = { required: 'infer', sensitive: true }
  let block: { text: string; line: number }[] = []
  let inHeader = true
  const endHeaderBlock = (): void => {
    if (inHeader) defaults = readDefaults(defaults, block.flatMap(decoratorsIn), problems)
    block = []
  }
  for (const item of items) {
    if (item.kind === 'comment' && !/^-{3,}$/.test(item.text)) block.push(item)
    else if (item.kind !== 'entry') endHeaderBlock()
    else {
      inHeader = false
      variables.push(readVariable(item, block, defaults, problems))
      block = []
    }
  }
  return { variables, problems }
}

/** A schema made of an example, where a project has nothing better: names and defaults, no types, nothing required. */
export function schemaOfExample(text: string): EnvSchema {
  const { items, problems } = parseDotenv(text)
  let about: string[] = []
  const variables: VariableSpec[] = []
  for (const item of items) {
    if (item.kind === 'comment') about.push(item.text)
    else if (item.kind === 'blank') about = []
    else {
      const value = item.template
      const { name, line, column } = item
      const untyped = { type: { name: 'string', options: { named: {}, list: [] } }, docs: [], deprecated: undefined } as const
      variables.push({
        ...untyped,
        name,
        line,
        column,
        required: false,
        sensitive: isSecretName(name),
        fallback: value === '' ? undefined : value,
        randomBytes: undefined,
        example: undefined,
        about: about.join(' '),
      })
      about = []
    }
  }
  return { variables, problems }
}

/** Whether a variable must have a value in an environment. */
export const isRequired = ({ required }: VariableSpec, env: string | undefined): boolean =>
  typeof required === 'boolean' ? required : env !== undefined && required.includes(env)

/** Why a value does not fit, in words that do not repeat it; undefined where it fits. */
export function misfit({ type }: VariableSpec, value: string): string | undefined {
  return checkType(type.name, type.options, value)
}

interface Defaults {
  readonly required: boolean | 'infer'
  /** A prefix of names that are not sensitive. */
  readonly sensitive: boolean | { readonly unless: string }
}

function readDefaults(defaults: Defaults, decorators: readonly Decorator[], problems: SchemaProblem[]): Defaults {
  let { required, sensitive } = defaults
  for (const { name, value, args, line } of decorators) {
    if (!KNOWN_IN_HEADER.has(name)) continue
    if (name === 'defaultRequired') {
      if (value === 'infer' || value === 'true' || value === 'false') required = value === 'infer' ? value : value === 'true'
      else problems.push({ line, column: 1, message: '@defaultRequired must be true, false or infer' })
    } else if (value === 'inferFromPrefix' && args?.list[0] !== undefined) sensitive = { unless: args.list[0] }
    else if (value === 'true' || value === 'false') sensitive = value === 'true'
    else problems.push({ line, column: 1, message: '@defaultSensitive must be true, false or inferFromPrefix(PREFIX)' })
  }
  return { required, sensitive }
}

function readVariable(
  { name, template, line, column }: DotenvEntry,
  block: readonly { text: string; line: number }[],
  defaults: Defaults,
  problems: SchemaProblem[],
): VariableSpec {
  const decorators = block.flatMap(decoratorsIn)
  const last = (wanted: string): Decorator | undefined => decorators.findLast((decorator) => decorator.name === wanted)
  const random = /^random(?:Hex|Base64|Password)\((\d{1,3})\)$/.exec(template ?? '')?.[1]
  const fallback = template === undefined || template === '' || random !== undefined ? undefined : template
  for (const { name: decorator, line: at } of decorators)
    if (KNOWN_IN_HEADER.has(decorator)) problems.push({ line: at, column: 1, message: `@${decorator} must stand above the first variable` })

  const type = last('type')
  let typeName: TypeName = 'string'
  if (type !== undefined) {
    if (type.value !== undefined && isTypeName(type.value)) typeName = type.value
    else problems.push({ line: type.line, column: 1, message: `@type must be one that is known: ${type.value ?? 'none is named'}` })
    const mistake = typeMistake(typeName, type.args ?? NO_OPTIONS)
    if (mistake !== undefined) problems.push({ line: type.line, column: 1, message: `@type=${typeName}: ${mistake}` })
  }
  const spec: VariableSpec = {
    name,
    line,
    column,
    type: { name: typeName, options: type?.args ?? NO_OPTIONS },
    required: requiredOf(last('required'), last('optional'), defaults, fallback !== undefined || random !== undefined),
    sensitive: sensitiveOf(name, last('sensitive'), last('public'), defaults),
    fallback,
    randomBytes: random === undefined ? undefined : Math.min(Number(random), 512),
    example: last('example')?.value,
    about: block
      .map(({ text }) => text)
      .filter((text) => !text.startsWith('@'))
      .join(' '),
    docs: decorators.flatMap((decorator) =>
      decorator.name === 'docs' ? (decorator.args?.list.at(-1) ?? []) : decorator.name === 'docsUrl' ? (decorator.value ?? []) : [],
    ),
    deprecated: deprecatedOf(last('deprecated')),
  }
  if (fallback !== undefined) {
    const { value, mistakes } = expandTemplate(fallback, () => undefined)
    const why = mistakes.length > 0 || value !== fallback ? undefined : misfit(spec, value)
    if (why !== undefined) problems.push({ line, column, message: `${name}: its own default ${why}` })
  }
  return spec
}

const NO_OPTIONS: Options = { named: {}, list: [] }

function requiredOf(
  required: Decorator | undefined,
  optional: Decorator | undefined,
  { required: otherwise }: Defaults,
  hasValue: boolean,
): boolean | readonly string[] {
  if (required?.value === 'forEnv') return required.args?.list ?? []
  if (required !== undefined) return required.value !== 'false'
  if (optional !== undefined) return optional.value === 'false'
  return otherwise === 'infer' ? hasValue : otherwise
}

function sensitiveOf(
  name: string,
  sensitive: Decorator | undefined,
  open: Decorator | undefined,
  { sensitive: otherwise }: Defaults,
): boolean {
  if (sensitive !== undefined) return sensitive.value !== 'false'
  if (open !== undefined) return open.value === 'false'
  return typeof otherwise === 'boolean' ? otherwise : !name.startsWith(otherwise.unless)
}

const deprecatedOf = (decorator: Decorator | undefined): string | undefined =>
  decorator === undefined || decorator.value === 'false' ? undefined : decorator.value === 'true' ? '' : (decorator.value ?? '')

/** The decorators of a comment line, which begins with one or has none. */
function decoratorsIn({ text, line }: { text: string; line: number }): Decorator[] {
  const found: Decorator[] = []
  let at = 0
  while (text[at] === '@') {
    const name = /^[A-Za-z]\w*/.exec(text.slice(at + 1, at + 60))?.[0]
    if (name === undefined) break
    at += 1 + name.length
    let value: string | undefined
    let args: Options | undefined
    if (text[at] === '=') {
      const quoted = text[at + 1] === '"' || text[at + 1] === "'"
      const end = quoted ? quoteEnd(text, at + 1) : wordEnd(text, at + 1)
      value = quoted ? text.slice(at + 2, end - 1) : text.slice(at + 1, end)
      at = end
    }
    if (text[at] === '(') {
      const end = closingParenthesis(text, at)
      args = readOptions(text.slice(at + 1, end))
      at = Math.min(end + 1, text.length)
    }
    if (KNOWN.has(name) || KNOWN_IN_HEADER.has(name)) found.push({ name, value, args, line })
    at += /^\s*/.exec(text.slice(at))?.[0].length ?? 0
  }
  return found
}

function quoteEnd(text: string, open: number): number {
  for (let at = open + 1; at < text.length; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === text[open]) return at + 1
  }
  return text.length
}

function wordEnd(text: string, from: number): number {
  const length = /^[^\s(]*/.exec(text.slice(from))?.[0].length ?? 0
  return from + length
}

/** Quotes and regular expressions may hold parentheses of their own. */
function closingParenthesis(text: string, open: number): number {
  let depth = 0
  for (let at = open; at < text.length; at++) {
    const character = text[at]
    if (character === '"' || character === "'") at = quoteEnd(text, at) - 1
    else if (character === '/' && /[=(,]\s*$/.test(text.slice(open, at))) at = quoteEnd(text, at) - 1
    else if (character === '(') depth++
    else if (character === ')' && --depth === 0) return at
  }
  return text.length
}

function readOptions(inside: string): Options {
  const named: Record<string, string> = {}
  const list: string[] = []
  for (const part of splitArguments(inside)) {
    const [, key, rest] = /^([A-Za-z]\w*)\s*=\s*(.*)$/s.exec(part) ?? []
    if (key === undefined) list.push(unquoted(part))
    else named[key] = unquoted(rest ?? '')
  }
  return { named, list }
}

function splitArguments(inside: string): string[] {
  const parts: string[] = []
  let from = 0
  for (let at = 0; at <= inside.length; at++) {
    const character = inside[at]
    if (character === '"' || character === "'") at = quoteEnd(inside, at) - 1
    else if (character === '/' && /(^|[=,])\s*$/.test(inside.slice(from, at))) at = quoteEnd(inside, at) - 1
    else if (character === '[') at = Math.max(at, inside.indexOf(']', at))
    else if (character === ',' || at === inside.length) {
      const part = inside.slice(from, at).trim()
      if (part !== '') parts.push(part)
      from = at + 1
    }
  }
  return parts
}

const unquoted = (text: string): string => (/^(["']).*\1$/s.test(text) ? text.slice(1, -1).replace(/\\(.)/g, '$1') : text)
