import type { z } from 'zod'
import { type ChainDefinition, chainSchema, kindOf, STEP_KINDS } from './definition.ts'
import { isRecord } from './json.ts'

export interface Mistake {
  readonly path: readonly (string | number)[]
  readonly message: string
}

/** The definition that a value has the shape of, or everything that is wrong with its shape. */
export function readShape(value: unknown): { readonly definition: ChainDefinition } | { readonly mistakes: readonly Mistake[] } {
  const result = chainSchema.safeParse(value)
  if (result.success) return { definition: result.data }
  return { mistakes: result.error.issues.flatMap((issue) => describe(issue, [], value)) }
}

function describe(issue: z.core.$ZodIssue, prefix: readonly (string | number)[], root: unknown): readonly Mistake[] {
  const path = [...prefix, ...(issue.path as (string | number)[])]
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => ({ path: [...path, key], message: `"${key}" is no key here` }))
  if (issue.code === 'invalid_key') return [{ path, message: issue.issues.map(({ message }) => message).join('; ') }]
  if (issue.code !== 'invalid_union') return [{ path, message: issue.message }]
  const value = path.reduce<unknown>(
    (at, key) => (typeof at === 'object' && at !== null ? (at as Record<string | number, unknown>)[key] : undefined),
    root,
  )
  const isStep = issue.errors.length === STEP_KINDS.length
  if (!isStep) return bestOf(issue.errors, path, root)
  if (!isRecord(value)) return [{ path, message: 'a step must be an object' }]
  const kind = kindOf(value)
  if (kind === undefined) return [{ path, message: `a step must have one of ${STEP_KINDS.join(', ')}` }]
  return issue.errors[STEP_KINDS.indexOf(kind)]!.flatMap((inner) => describe(inner, path, root))
}

/** Of a union, what the option says that comes closest. */
function bestOf(options: readonly (readonly z.core.$ZodIssue[])[], path: readonly (string | number)[], root: unknown): readonly Mistake[] {
  const deepest = options.map((issues) => issues.flatMap((issue) => describe(issue, path, root)))
  const closest = deepest.toSorted((a, b) => depth(b) - depth(a) || a.length - b.length)[0] ?? []
  return closest.length > 0 ? closest : [{ path, message: 'it has none of the shapes that are allowed here' }]
}

const depth = (mistakes: readonly Mistake[]): number => Math.max(0, ...mistakes.map(({ path }) => path.length))
