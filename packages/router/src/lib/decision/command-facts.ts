import { type Field, fieldsOf } from '../arguments/field.ts'
import { stem } from '../stem.ts'
import { tokenize } from '../tokens.ts'

/** What deciding has to know of a command beside what was learned. */
export interface CommandFacts {
  readonly id: string
  readonly effect: 'read' | 'write' | 'destroy'
  readonly fields: readonly Field[]
  /** Of what it returns: names and kinds, by which later parts refer to it. */
  readonly outputs: readonly Output[]
  /** Stems of words it describes itself with: they name no thing in a request. */
  readonly ownWords: ReadonlySet<string>
}

/** One property of what a command returns. */
export interface Output {
  readonly name: string
  readonly type: 'boolean' | 'number' | 'string' | 'list' | 'other'
  readonly choices: readonly string[]
}

export interface CommandDescription {
  readonly id: string
  readonly summary: string
  readonly effect: CommandFacts['effect']
  /** JSON Schemas of what goes in and what comes out. */
  readonly input: unknown
  readonly output: unknown
}

interface Schema {
  readonly type?: string
  readonly enum?: readonly unknown[]
  readonly properties?: Readonly<Record<string, Schema>>
}

/** What a command takes where nobody says it. */
export const defaultsOf = ({ fields }: CommandFacts): Readonly<Record<string, unknown>> =>
  Object.fromEntries(fields.flatMap((field) => (field.default === undefined ? [] : [[field.name, field.default]])))

export function factsOf({ id, summary, effect, input, output }: CommandDescription): CommandFacts {
  const { properties = {} } = (output ?? {}) as Schema
  return {
    id,
    effect,
    fields: fieldsOf(input),
    outputs: Object.entries(properties).map(([name, schema]) => ({ name, type: typeOf(schema), choices: (schema.enum ?? []).map(String) })),
    ownWords: new Set(tokenize(`${id} ${summary}`).map(({ word }) => stem(word))),
  }
}

function typeOf({ type }: Schema): Output['type'] {
  if (type === 'boolean' || type === 'string') return type
  if (type === 'number' || type === 'integer') return 'number'
  return type === 'array' ? 'list' : 'other'
}
