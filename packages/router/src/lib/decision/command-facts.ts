import { type Field, fieldsOf } from '../arguments/field.ts'
import { type Schema, withoutNull } from '../schema.ts'
import { stem } from '../stem.ts'
import { tokenize } from '../tokens.ts'

/** What deciding has to know of a command beside what was learned. */
export interface CommandFacts {
  readonly id: string
  readonly effect: 'read' | 'write' | 'destroy'
  readonly fields: readonly Field[]
  /** What it is about: "issue" of "ops.issue.close". */
  readonly noun: string
  /** Of what it returns: names and kinds, by which conditions ask for it. */
  readonly outputs: readonly Output[]
  /** Of what it returns: the names of things, by which later parts refer to it. */
  readonly results: readonly Result[]
  /** Stems of words it describes itself with: they name no thing in a request. */
  readonly ownWords: ReadonlySet<string>
}

/** One property of what a command returns. */
export interface Output {
  readonly name: string
  readonly type: 'boolean' | 'number' | 'string' | 'list' | 'other'
  readonly choices: readonly string[]
}

/** A text or a number that a command returns. */
interface Result {
  /** What it names: "version", or "issue" where it is the id of one. */
  readonly called: string
  /** Where it stands in what is returned. */
  readonly path: string
}

export interface CommandDescription {
  readonly id: string
  readonly summary: string
  readonly effect: CommandFacts['effect']
  /** JSON Schemas of what goes in and what comes out. */
  readonly input: unknown
  readonly output: unknown
}

/** What a command takes where nobody says it. */
export const defaultsOf = ({ fields }: CommandFacts): Readonly<Record<string, unknown>> =>
  Object.fromEntries(fields.flatMap((field) => (field.default === undefined ? [] : [[field.name, field.default]])))

export function factsOf({ id, summary, effect, input, output }: CommandDescription): CommandFacts {
  const { properties = {} } = (output ?? {}) as Schema
  const noun = id.split('.').at(-2) ?? id
  return {
    id,
    effect,
    noun,
    fields: fieldsOf(input),
    results: [
      ...resultsIn(properties, noun),
      // One level down: the issue that was opened, with its id.
      ...Object.entries(properties).flatMap(([name, { properties: inner = {} }]) => resultsIn(inner, name, `${name}.`)),
    ],
    outputs: Object.entries(properties).map(([name, schema]) => {
      const { type, enum: choices = [] } = withoutNull(schema)
      return { name, type: typeOf(type), choices: choices.map(String) }
    }),
    ownWords: new Set(tokenize(`${id} ${summary}`).map(({ word }) => stem(word))),
  }
}

function typeOf(type: Schema['type']): Output['type'] {
  if (type === 'boolean' || type === 'string') return type
  if (type === 'number' || type === 'integer') return 'number'
  return type === 'array' ? 'list' : 'other'
}

const resultsIn = (properties: NonNullable<Schema['properties']>, noun: string, prefix = ''): readonly Result[] =>
  Object.entries(properties).flatMap(([name, schema]) => {
    const type = typeOf(withoutNull(schema).type)
    return type === 'string' || type === 'number' ? [{ called: name === 'id' ? noun : name, path: prefix + name }] : []
  })
