import type { Prompt } from '@switchyard/plugin-kit'
import { inputSchemaOf, type JsonSchema } from './json-schema.ts'
import type { ReadableResource } from './resources.ts'

/** What a client can be offered while somebody types, at most a hundred as MCP has it. */
export interface Completion {
  readonly values: readonly string[]
  readonly total: number
  readonly hasMore: boolean
}

const MAX_VALUES = 100

/** Reads a resource by its URI. */
export type ReadUri = (uri: string) => Promise<unknown>

/** Of a prompt's argument: its choices, or the ids of the records it is one of. */
export async function completePrompt(
  prompt: Prompt,
  argument: string,
  typed: string,
  resources: readonly ReadableResource[],
  read: ReadUri,
): Promise<Completion> {
  const found = prompt.args?.find(({ name }) => name === argument)
  if (found?.choices !== undefined) return matching(found.choices, typed)
  const resource = resources.find(({ template }) => template.text === found?.of)
  return resource === undefined
    ? matching([], typed)
    : completeVariable(resource, resource.template.variables.at(-1) ?? '', typed, resources, read)
}

/** Of a variable in a resource's URI: the values of a closed set, or what the list above it has in that field: `ops://issues` for `ops://issues/{id}`. */
export async function completeVariable(
  { template, command }: ReadableResource,
  variable: string,
  typed: string,
  resources: readonly ReadableResource[],
  read: ReadUri,
): Promise<Completion> {
  const field = (inputSchemaOf(command.input).properties as Readonly<Record<string, JsonSchema>> | undefined)?.[variable]
  if (Array.isArray(field?.enum)) return matching(field.enum.map(String), typed)
  const above = template.text.slice(0, template.text.indexOf(`/{${variable}}`))
  const list = resources.find((one) => one.template.text === above && one.template.variables.length === 0)
  if (list === undefined) return matching([], typed)
  const found = new Set<string>()
  collect(await read(above), variable, found)
  return matching([...found], typed)
}

function matching(all: readonly string[], typed: string): Completion {
  const start = typed.toLowerCase()
  const fitting = all.filter((value) => value.toLowerCase().startsWith(start))
  return { values: fitting.slice(0, MAX_VALUES), total: fitting.length, hasMore: fitting.length > MAX_VALUES }
}

function collect(value: unknown, field: string, found: Set<string>): void {
  if (typeof value !== 'object' || value === null) return
  if (!Array.isArray(value)) {
    const own = (value as Readonly<Record<string, unknown>>)[field]
    if (typeof own === 'string' || typeof own === 'number') found.add(String(own))
  }
  for (const inner of Object.values(value)) collect(inner, field, found)
}
