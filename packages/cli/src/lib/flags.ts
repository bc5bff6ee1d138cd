import type { Command as Definition } from '@switchyard/plugin-kit'
import { type Command, Option } from 'commander'
import { z } from 'zod'

/** One flag of a command, taken from a field of its input schema. */
export interface Flag {
  readonly field: string
  /** Without the dashes. */
  readonly name: string
  readonly kind: 'text' | 'number' | 'boolean' | 'list' | 'json'
  /** What an entry of a list is. */
  readonly entry?: 'text' | 'number' | 'json'
  readonly choices?: readonly string[]
  readonly description: string
  readonly required: boolean
  readonly default?: unknown
}

/** Flags that every command of a plugin has; a field of such a name is given by `--input`. */
const RESERVED: ReadonlySet<string> = new Set(['json', 'dir', 'help', 'yes', 'dry-run', 'input'])

interface Schema {
  readonly type?: string | readonly string[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly items?: Schema
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly allOf?: readonly Schema[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly description?: string
  readonly default?: unknown
}

/** The flags of a command, in the order of its schema; required ones first. */
export function flagsOf({ input }: Pick<Definition, 'input'>): readonly Flag[] {
  const schema = z.toJSONSchema(input, { io: 'input', unrepresentable: 'any' }) as Schema
  const shapes = (schema.anyOf ?? schema.oneOf ?? [schema]).map((one) => ({ properties: {}, required: [], ...one }))
  const fields = new Map<string, Schema[]>()
  for (const { properties } of shapes) {
    for (const [field, one] of Object.entries(properties)) fields.set(field, [...(fields.get(field) ?? []), one])
  }
  const flags = [...fields].map(([field, found]) => {
    const required = shapes.every((shape) => shape.required.includes(field))
    return flagOf(field, found.length === 1 ? found[0]! : { anyOf: found }, required)
  })
  const usable = flags.filter(({ name }) => !RESERVED.has(name) && !name.startsWith('no-'))
  return [...usable.filter(({ required }) => required), ...usable.filter(({ required }) => !required)]
}

function flagOf(field: string, schema: Schema, required: boolean): Flag {
  const name = field
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .replace(/[^A-Za-z0-9]+/g, '-')
    .toLowerCase()
  const { choices, ...form } = formOf(schema)
  return {
    field,
    name,
    ...form,
    ...(choices !== undefined && { choices }),
    description: schema.description ?? '',
    required,
    ...(schema.default !== undefined && { default: schema.default }),
  }
}

type Form = Pick<Flag, 'kind' | 'choices' | 'entry'>

function formOf(schema: Schema): Form {
  const kinds = Array.isArray(schema.type) ? schema.type.map((type: string) => ({ type })) : undefined
  const branches = (schema.anyOf ?? schema.oneOf ?? kinds)?.filter((branch) => branch.type !== 'null')
  if (branches !== undefined) return commonForm(branches.map(formOf))
  const values = schema.enum ?? (schema.const === undefined ? undefined : [schema.const])
  if (values?.every((value) => typeof value === 'string')) return { kind: 'text', choices: values }
  switch (schema.type) {
    case 'string':
      return { kind: 'text' }
    case 'number':
    case 'integer':
      return { kind: 'number' }
    case 'boolean':
      return { kind: 'boolean' }
    case 'array': {
      const { kind, choices } = formOf(schema.items ?? {})
      const entry = kind === 'text' || kind === 'number' ? kind : 'json'
      return { kind: 'list', entry, ...(choices !== undefined && { choices }) }
    }
    default:
      return { kind: 'json' }
  }
}

/** Of several shapes, the one that takes them all: a text, where any of them is one. */
function commonForm(forms: readonly Form[]): Form {
  const [first] = forms
  if (first === undefined) return { kind: 'json' }
  if (forms.every(({ kind }) => kind === first.kind)) {
    const choices = forms.every((form) => form.choices !== undefined)
      ? [...new Set(forms.flatMap((form) => form.choices ?? []))]
      : undefined
    return { kind: first.kind, ...(first.entry !== undefined && { entry: first.entry }), ...(choices !== undefined && { choices }) }
  }
  return { kind: forms.some(({ kind }) => kind === 'text') ? 'text' : 'json' }
}

const PLACEHOLDERS = { text: 'text', number: 'number', list: 'text', json: 'json' } as const

/** Adds a flag to the command that is being described. */
export function addFlag(command: Command, flag: Flag): void {
  const about = [flag.description, ...notesOf(flag)].filter((part) => part !== '').join(' ')
  if (flag.kind === 'boolean') {
    const off = flag.default === true
    command.addOption(new Option(`--${flag.name}`, about).hideHelp(off))
    command.addOption(new Option(`--no-${flag.name}`, off ? about : `The opposite of --${flag.name}`).hideHelp(!off))
    return
  }
  const placeholder = flag.entry === 'number' ? 'number' : PLACEHOLDERS[flag.kind]
  const option = new Option(`--${flag.name} <${placeholder}>`, about)
  if (flag.choices !== undefined) option.argChoices = [...flag.choices]
  if (flag.kind === 'list') option.argParser((value, previous: readonly string[] = []) => [...previous, value])
  command.addOption(option)
}

function notesOf({ kind, required, default: initial }: Flag): string[] {
  const notes: string[] = []
  if (required) notes.push('required')
  if (kind === 'list') notes.push('may be repeated')
  if (initial !== undefined && kind !== 'boolean') notes.push(`default: ${typeof initial === 'string' ? initial : JSON.stringify(initial)}`)
  return notes.length === 0 ? [] : [`(${notes.join('; ')})`]
}

/** The value that a flag's text stands for; text that stands for none is left for the schema to refuse. */
export function valueOfFlag({ kind, entry }: Pick<Flag, 'kind' | 'entry'>, given: unknown): unknown {
  if (kind === 'boolean') return given
  if (kind === 'list') return (given as readonly string[]).map((one) => valueOfFlag({ kind: entry ?? 'text' }, one))
  const text = String(given)
  if (kind === 'number') return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text
  if (kind === 'text') return text
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** The command line that means this input, to be typed or pasted. */
export function commandLine(id: string, input: unknown): string {
  const words = ['switchyard', ...id.split('.')]
  for (const [field, value] of Object.entries((input ?? {}) as Readonly<Record<string, unknown>>)) {
    const { name } = flagOf(field, {}, false)
    if (value === undefined) continue
    if (typeof value === 'boolean') words.push(value ? `--${name}` : `--no-${name}`)
    else for (const one of Array.isArray(value) ? value : [value]) words.push(`--${name}`, quoted(one))
  }
  return words.join(' ')
}

export function quoted(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return /^[\w./:@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}
