/** The parts of JSON Schema that say something about how a value is asked for, or referred to. */
export interface Schema {
  readonly type?: string | readonly string[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly items?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly default?: unknown
  readonly format?: string
  readonly pattern?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly description?: string
}

/** What is null at times is told, and asked for, by the same words as what never is. */
export function withoutNull(schema: Schema): Schema {
  if (Array.isArray(schema.type)) return withoutNullType(schema, schema.type)
  const options = (schema.anyOf ?? schema.oneOf)?.filter(({ type }) => type !== 'null')
  if (options === undefined) return schema
  if (options.every((option) => option.const !== undefined || option.enum !== undefined))
    return { ...schema, enum: options.flatMap((option) => option.enum ?? [option.const]) }
  return { ...options[0], ...(schema.default !== undefined && { default: schema.default }) }
}

function withoutNullType(schema: Schema, types: readonly string[]): Schema {
  const [first, ...others] = types.filter((type) => type !== 'null')
  return first === undefined || others.length > 0 ? schema : { ...schema, type: first }
}
