import { z } from 'zod'
import type { InputField } from './definition.ts'
import { isRecord } from './json.ts'

/** What a value can be, as far as a check before running can know. */
export type Type =
  | { readonly kind: 'any' }
  | { readonly kind: 'null' | 'boolean' | 'number' | 'integer' }
  | { readonly kind: 'text'; readonly values?: readonly string[] }
  | { readonly kind: 'constant'; readonly value: number | boolean }
  | { readonly kind: 'list'; readonly of: Type }
  | {
      readonly kind: 'object'
      readonly fields: ReadonlyMap<string, Field> /** Of keys that are not named; absent: there are none. */
      readonly others?: Type
    }
  | { readonly kind: 'union'; readonly of: readonly Type[] }

export interface Field {
  readonly type: Type
  readonly required: boolean
}

export const ANY: Type = { kind: 'any' }
export const NULL: Type = { kind: 'null' }
export const BOOLEAN: Type = { kind: 'boolean' }
export const NUMBER: Type = { kind: 'number' }
export const INTEGER: Type = { kind: 'integer' }
export const TEXT: Type = { kind: 'text' }

export const arrayOf = (of: Type): Type => ({ kind: 'list', of })

export function objectOf(fields: Readonly<Record<string, Type>>): Type {
  return { kind: 'object', fields: new Map(Object.entries(fields).map(([name, type]) => [name, { type, required: true }])) }
}

/** Any of them; flat, and one alone is itself. */
export function unionOf(types: readonly Type[]): Type {
  const flat = types.flatMap((type) => (type.kind === 'union' ? type.of : [type]))
  if (flat.some(({ kind }) => kind === 'any')) return ANY
  return flat.length === 1 ? flat[0]! : { kind: 'union', of: flat }
}

export function withoutNull(type: Type): Type {
  return type.kind === 'union' ? unionOf(type.of.filter(({ kind }) => kind !== 'null')) : type
}

export const orNull = (type: Type): Type => (mayBeNull(type) ? type : unionOf([type, NULL]))

export function mayBeNull(type: Type): boolean {
  return type.kind === 'any' || type.kind === 'null' || (type.kind === 'union' && type.of.some(mayBeNull))
}

/** The type of a member: `missing` where no value of the type has it. A way through null leads to null. */
export function memberType(type: Type, key: string | number | undefined): Type | 'missing' {
  switch (type.kind) {
    case 'any':
      return ANY
    case 'null':
      return NULL
    case 'list':
      return typeof key === 'string' ? 'missing' : orNull(type.of)
    case 'object': {
      if (key === undefined) return ANY
      const field = type.fields.get(String(key))
      if (field !== undefined) return field.required ? field.type : orNull(field.type)
      return type.others === undefined ? 'missing' : orNull(type.others)
    }
    case 'union': {
      const members = type.of.map((one) => memberType(one, key))
      const known = members.filter((one) => one !== 'missing')
      if (known.length === 0 || known.every(({ kind }) => kind === 'null')) return members.includes('missing') ? 'missing' : NULL
      return members.includes('missing') ? orNull(unionOf(known)) : unionOf(known)
    }
    default:
      return 'missing'
  }
}

/** Whether every (`yes`), some (`maybe`) or no (`no`) value of one type is one of another. */
export function fits(from: Type, to: Type): 'yes' | 'maybe' | 'no' {
  if (to.kind === 'any') return 'yes'
  if (from.kind === 'any') return 'maybe'
  if (from.kind === 'union') return all(from.of.map((one) => fits(one, to)))
  if (to.kind === 'union') return best(to.of.map((one) => fits(from, one)))
  if (from.kind === 'text' && to.kind === 'text') return fitsText(from.values, to.values)
  if (to.kind === 'constant') {
    if (from.kind === 'constant') return from.value === to.value ? 'yes' : 'no'
    return from.kind === (typeof to.value === 'boolean' ? 'boolean' : 'number') || (from.kind === 'integer' && typeof to.value === 'number')
      ? 'maybe'
      : 'no'
  }
  if (from.kind === 'constant') {
    if (typeof from.value === 'boolean') return to.kind === 'boolean' ? 'yes' : 'no'
    return to.kind === 'number' || (to.kind === 'integer' && Number.isInteger(from.value)) ? 'yes' : 'no'
  }
  if (from.kind === 'integer' && to.kind === 'number') return 'yes'
  if (from.kind === 'number' && to.kind === 'integer') return 'maybe'
  if (from.kind === 'list' && to.kind === 'list') return softened(fits(from.of, to.of))
  if (from.kind === 'object' && to.kind === 'object') return fitsObject(from, to)
  return from.kind === to.kind ? 'yes' : 'no'
}

function fitsText(from: readonly string[] | undefined, to: readonly string[] | undefined): 'yes' | 'maybe' | 'no' {
  if (to === undefined) return 'yes'
  if (from === undefined) return 'maybe'
  return all(from.map((value) => (to.includes(value) ? 'yes' : 'no')))
}

type ObjectType = Extract<Type, { kind: 'object' }>

function fitsObject(from: ObjectType, to: ObjectType): 'yes' | 'maybe' | 'no' {
  let worst: 'yes' | 'maybe' = 'yes'
  for (const [name, field] of to.fields) {
    const given = from.fields.get(name)
    const fit = given === undefined ? (field.required ? (from.others === undefined ? 'no' : 'maybe') : 'yes') : fits(given.type, field.type)
    if (fit === 'no') return 'no'
    if (fit === 'maybe' || (field.required && given?.required === false)) worst = 'maybe'
  }
  return worst
}

/** An empty list fits every list. */
const softened = (fit: 'yes' | 'maybe' | 'no') => (fit === 'no' ? 'no' : fit)

function all(found: readonly ('yes' | 'maybe' | 'no')[]): 'yes' | 'maybe' | 'no' {
  if (found.every((fit) => fit === 'yes')) return 'yes'
  return found.every((fit) => fit === 'no') ? 'no' : 'maybe'
}

function best(found: readonly ('yes' | 'maybe' | 'no')[]): 'yes' | 'maybe' | 'no' {
  if (found.includes('yes')) return 'yes'
  return found.includes('maybe') ? 'maybe' : 'no'
}

const MAX_DEPTH = 12

/** The type that a zod schema describes; what JSON Schema cannot say is `any`. */
export function typeOfSchema(schema: z.ZodType, io: 'input' | 'output'): Type {
  try {
    const document = z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as JsonSchema
    return fromJsonSchema(document, document, 0)
  } catch {
    return ANY
  }
}

interface JsonSchema {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly items?: JsonSchema
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean | JsonSchema
  readonly anyOf?: readonly JsonSchema[]
  readonly oneOf?: readonly JsonSchema[]
  readonly $defs?: Readonly<Record<string, JsonSchema>>
}

function fromJsonSchema(schema: JsonSchema, root: JsonSchema, depth: number): Type {
  if (depth > MAX_DEPTH) return ANY
  const inner = (one: JsonSchema): Type => fromJsonSchema(one, root, depth + 1)
  if (schema.$ref !== undefined) {
    const target = schema.$ref === '#' ? root : root.$defs?.[schema.$ref.replace('#/$defs/', '')]
    return target === undefined ? ANY : inner(target)
  }
  if (schema.const !== undefined) return typeOfValue(schema.const)
  if (schema.enum !== undefined) return enumType(schema.enum)
  const options = schema.anyOf ?? schema.oneOf
  if (options !== undefined) return unionOf(options.map(inner))
  if (Array.isArray(schema.type)) return unionOf(schema.type.map((type: string) => inner({ ...schema, type })))
  switch (schema.type) {
    case 'string':
      return TEXT
    case 'null':
    case 'boolean':
    case 'number':
    case 'integer':
      return { kind: schema.type }
    case 'array':
      return arrayOf(schema.items === undefined ? ANY : inner(schema.items))
    case 'object': {
      const { properties = {}, required = [], additionalProperties } = schema
      const fields = new Map(
        Object.entries(properties).map(([name, one]) => [name, { type: inner(one), required: required.includes(name) }]),
      )
      if (additionalProperties === undefined && Object.keys(properties).length > 0) return { kind: 'object', fields }
      if (additionalProperties === false) return { kind: 'object', fields }
      return { kind: 'object', fields, others: isRecord(additionalProperties) ? inner(additionalProperties as JsonSchema) : ANY }
    }
    default:
      return ANY
  }
}

function enumType(values: readonly unknown[]): Type {
  const texts = values.filter((value) => typeof value === 'string')
  const rest = values.filter((value) => typeof value !== 'string').map(typeOfValue)
  return unionOf([...(texts.length > 0 ? [{ kind: 'text', values: texts } as const] : []), ...rest])
}

/** The narrowest type of a value. */
export function typeOfValue(value: unknown): Type {
  if (value === null || value === undefined) return NULL
  if (typeof value === 'string') return { kind: 'text', values: [value] }
  if (typeof value === 'number' || typeof value === 'boolean') return { kind: 'constant', value }
  if (Array.isArray(value)) return arrayOf(value.length === 0 ? unionOf([]) : unionOf(value.map(typeOfValue)))
  if (isRecord(value)) return objectOf(Object.fromEntries(Object.entries(value).map(([key, one]) => [key, typeOfValue(one)])))
  return ANY
}

/** The type of a field of a chain's input, as its steps see it. */
export function typeOfField(field: InputField): Type {
  const type = declaredType(field)
  return field.optional === true && field.default === undefined ? orNull(type) : type
}

function declaredType({ type, enum: values, items }: InputField): Type {
  if (values !== undefined) return enumType(values)
  switch (type) {
    case 'string':
      return TEXT
    case 'list':
      return arrayOf(items === undefined ? ANY : typeOfField(items))
    case 'object':
      return { kind: 'object', fields: new Map(), others: ANY }
    default:
      return { kind: type }
  }
}

/** A type as people read it. */
export function describeType(type: Type): string {
  switch (type.kind) {
    case 'any':
      return 'anything'
    case 'text':
      return type.values === undefined ? 'text' : type.values.map((value) => JSON.stringify(value)).join(' or ')
    case 'constant':
      return String(type.value)
    case 'list':
      return `list of ${describeType(type.of)}`
    case 'object':
      return type.fields.size === 0 ? 'object' : `object with ${[...type.fields.keys()].slice(0, 6).join(', ')}`
    case 'union':
      return type.of.length === 0 ? 'nothing' : [...new Set(type.of.map(describeType))].join(' or ')
    default:
      return type.kind
  }
}
