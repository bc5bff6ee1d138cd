import { isDeepStrictEqual } from 'node:util'
import { FUNCTIONS } from './functions.ts'
import { isRecord } from './json.ts'

/** What a text between `${{` and `}}` says. `at` is where a node begins in that text. */
export type Expression =
  | { readonly kind: 'literal'; readonly value: null | boolean | number | string }
  | { readonly kind: 'path'; readonly root: string; readonly keys: readonly Expression[]; readonly at: number }
  | { readonly kind: 'not'; readonly of: Expression }
  | { readonly kind: 'and' | 'or'; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'compare'; readonly operator: Comparison; readonly left: Expression; readonly right: Expression; readonly at: number }
  | { readonly kind: 'function'; readonly name: string; readonly arguments: readonly Expression[]; readonly at: number }

export type Comparison = '==' | '!=' | '<' | '<=' | '>' | '>='

/** What the names in an expression stand for. */
export interface Scope {
  /** The value of `input`, `item`, `output` and the like; null for a name that means nothing here. */
  value(root: string): unknown
  /** What `steps.ID` holds, null while there is nothing. */
  step(id: string): Readonly<Record<string, unknown>> | null
}

/**
 * The value of an expression. It always ends and never throws: what cannot be said (a path through nothing, a function of
 * the wrong type) is null, and a comparison of different types is false. Only own properties are seen.
 */
export function evaluate(expression: Expression, scope: Scope): unknown {
  switch (expression.kind) {
    case 'literal':
      return expression.value
    case 'path':
      return readPath(expression.root, expression.keys, scope)
    case 'not':
      return evaluate(expression.of, scope) !== true
    case 'and':
      return evaluate(expression.left, scope) === true && evaluate(expression.right, scope) === true
    case 'or':
      return evaluate(expression.left, scope) === true || evaluate(expression.right, scope) === true
    case 'compare':
      return compare(expression.operator, evaluate(expression.left, scope), evaluate(expression.right, scope))
    case 'function':
      return FUNCTIONS[expression.name]?.apply(expression.arguments.map((one) => evaluate(one, scope))) ?? null
  }
}

function readPath(root: string, keys: readonly Expression[], scope: Scope): unknown {
  const values = keys.map((key) => evaluate(key, scope))
  const isStep = root === 'steps'
  let value: unknown = isStep ? scope.step(String(values[0])) : scope.value(root)
  for (const key of isStep ? values.slice(1) : values) value = memberOf(value, key)
  return value ?? null
}

/** One own member of a value; null where there is none. */
export function memberOf(value: unknown, key: unknown): unknown {
  if (Array.isArray(value)) return Number.isInteger(key) ? (value[key as number] ?? null) : null
  if (!isRecord(value) || (typeof key !== 'string' && typeof key !== 'number')) return null
  return Object.hasOwn(value, key) ? (value[key] ?? null) : null
}

function compare(operator: Comparison, left: unknown, right: unknown): boolean {
  if (operator === '==') return isDeepStrictEqual(left, right)
  if (operator === '!=') return !isDeepStrictEqual(left, right)
  const ordered =
    (typeof left === 'number' && typeof right === 'number') || (typeof left === 'string' && typeof right === 'string')
      ? ([left, right] as [string, string])
      : undefined
  if (ordered === undefined) return false
  const [a, b] = ordered
  if (operator === '<') return a < b
  if (operator === '<=') return a <= b
  return operator === '>' ? a > b : a >= b
}
