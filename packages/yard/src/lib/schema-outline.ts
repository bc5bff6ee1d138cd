import { z } from 'zod'

/** Deeper than any argument that a request can name. */
const MAX_DEPTH = 8

/**
 * What a schema consists of, as plain data: cheap to make, and other whenever what a request can say for its fields is. What is not data
 * in it, such as the function of a check, is left out, and so is what lies inside an object inside.
 */
export function outlineOf(schema: z.ZodType): unknown {
  return outline(schema._zod.def, 0)
}

function outline(value: unknown, depth: number): unknown {
  if (value instanceof RegExp) return value.source
  if (typeof value === 'bigint') return String(value)
  if (typeof value !== 'object' || value === null) return typeof value === 'function' || typeof value === 'symbol' ? undefined : value
  if (depth > MAX_DEPTH) return undefined
  if ('_zod' in value) {
    const { def } = (value as z.ZodType)._zod
    return def.type === 'object' ? def.type : outline(def, depth)
  }
  if (Array.isArray(value)) return value.map((one) => outline(one, depth + 1))
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, outline(one, depth + 1)]))
}

/** A field's own schema, without what says that it may be left out. */
export function unwrapped(field: z.ZodType): z.ZodType {
  let inner = field
  while (inner instanceof z.ZodOptional || inner instanceof z.ZodDefault || inner instanceof z.ZodNullable) {
    inner = inner.unwrap() as z.ZodType
  }
  return inner
}
