import { z } from 'zod'

/** A JSON schema as plain data. */
export type JsonSchema = Readonly<Record<string, unknown>>

/** A command's input as it is written on the wire: always an object, every rule and description kept. */
export function inputSchemaOf(schema: z.ZodType): JsonSchema {
  const { $schema: _, ...json } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', reused: 'inline' }) as JsonSchema
  if (json.type !== 'object') return { type: 'object' }
  if (Object.keys((json.properties ?? {}) as object).length === 0) return { type: 'object', additionalProperties: false }
  return tidied(json) as JsonSchema
}

/** A command's result, or undefined where it is no object: MCP knows no other structured result in all its revisions. */
export function outputSchemaOf(schema: z.ZodType): JsonSchema | undefined {
  const { $schema: _, ...json } = z.toJSONSchema(schema, { io: 'output', unrepresentable: 'any', reused: 'inline' }) as JsonSchema
  return json.type === 'object' ? (tidied(json) as JsonSchema) : undefined
}

/**
 * What a model needs of a schema to call with the right fields: names, types, closed sets, what must be there, and each description
 * once. Limits on lengths and forms are left out, as are descriptions that stand in `told`, by field and text; what is told here is added to
 * it. Whatever is called is checked by the whole schema.
 */
export function shortened(schema: JsonSchema, told: Set<string>): JsonSchema {
  return withDefs(brief(schema, '', told) as JsonSchema)
}

/** The names and types of a result's fields and nothing below them. */
export function outline({ properties = {} }: JsonSchema): JsonSchema {
  const fields = Object.entries(properties as Record<string, JsonSchema>)
  return {
    type: 'object',
    properties: Object.fromEntries(fields.map(([name, { type }]) => [name, typeof type === 'string' ? { type } : {}])),
  }
}

/** Takes out what zod adds and nobody reads: the bounds of safe integers, and the pattern beside a format. */
function tidied(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(tidied)
  if (!isRecord(value)) return value
  const kept = Object.entries(value).filter(([key, inner]) => {
    if (key === 'minimum') return inner !== Number.MIN_SAFE_INTEGER
    if (key === 'maximum') return inner !== Number.MAX_SAFE_INTEGER
    return !(key === 'pattern' && typeof value.format === 'string' && typeof inner === 'string')
  })
  return Object.fromEntries(kept.map(([key, inner]) => [key, LITERAL.has(key) ? inner : tidied(inner)]))
}

/** Keywords whose values are data and no schemas. */
const LITERAL: ReadonlySet<string> = new Set(['default', 'enum', 'const', 'examples', 'required'])

/** Keywords that say what a value must look like beyond its type. */
const FORMS: ReadonlySet<string> = new Set([
  'minLength',
  'maxLength',
  'pattern',
  'format',
  'minItems',
  'maxItems',
  'uniqueItems',
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'propertyNames',
])

function brief(value: unknown, field: string, told: Set<string>): unknown {
  if (Array.isArray(value)) return value.map((one) => brief(one, field, told))
  if (!isRecord(value)) return value
  const kept: [string, unknown][] = []
  for (const [key, inner] of Object.entries(value)) {
    if (FORMS.has(key) || (key === 'default' && (inner === false || inner === ''))) continue
    if (LITERAL.has(key)) kept.push([key, inner])
    else if (key === 'description' && typeof inner === 'string') {
      const mark = `${field}\n${inner}`
      if (!told.has(mark)) kept.push([key, firstClause(inner)])
      told.add(mark)
    } else if (key === 'properties' && isRecord(inner)) {
      kept.push([key, Object.fromEntries(Object.entries(inner).map(([name, one]) => [name, brief(one, name, told)]))])
    } else kept.push([key, brief(inner, field, told)])
  }
  return Object.fromEntries(kept)
}

/** A long description up to where it begins to explain. */
function firstClause(text: string): string {
  return text.length <= 60 ? text : (/^.{12,}?(?=[;:.,(] ?)/.exec(text)?.[0] ?? text)
}

/** A reference and its entry cost some thirty bytes, so that only what is longer is worth them. */
const WORTH_A_REFERENCE = 60

function withDefs(schema: JsonSchema): JsonSchema {
  const counts = new Map<string, number>()
  count(schema.properties)
  const repeated = [...counts].filter(([text, times]) => times > 1 && text.length > WORTH_A_REFERENCE).map(([text]) => text)
  if (repeated.length === 0 || schema.$defs !== undefined) return schema
  const names = new Map(repeated.map((text, index) => [text, `d${index}`]))
  const used = new Map<string, unknown>()
  const properties = replaced(schema.properties)
  return { ...schema, properties, $defs: Object.fromEntries(used) }

  function count(value: unknown): void {
    if (Array.isArray(value)) for (const one of value) count(one)
    else if (isRecord(value)) {
      if (typeof value.type === 'string' || 'anyOf' in value) {
        const text = JSON.stringify(value)
        counts.set(text, (counts.get(text) ?? 0) + 1)
      }
      for (const [key, inner] of Object.entries(value)) if (!LITERAL.has(key)) count(inner)
    }
  }

  /** The outermost repetition is what is referred to. */
  function replaced(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(replaced)
    if (!isRecord(value)) return value
    const name = names.get(JSON.stringify(value))
    if (name !== undefined) {
      used.set(name, value)
      return { $ref: `#/$defs/${name}` }
    }
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, LITERAL.has(key) ? inner : replaced(inner)]))
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
