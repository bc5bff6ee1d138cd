import type { Variables } from '../../apply/variables.ts'
import { composeInvalid, variableMissing } from './errors.ts'

const REFERENCE = /\$(?:\$|\{([A-Za-z_][A-Za-z0-9_]*)(?:(:?[-?+])((?:[^{}]|\{[^{}]*\})*))?\}|([A-Za-z_][A-Za-z0-9_]*)|)/g

/** A text with its references filled in by the rules of compose files. @throws VARIABLE_MISSING, COMPOSE_INVALID */
export function interpolate(text: string, variables: Variables, file: string): string {
  return text.replace(
    REFERENCE,
    (whole: string, braced: string | undefined, operator: string | undefined, rest = '', bare: string | undefined) => {
      if (whole === '$$') return '$'
      const name = braced ?? bare
      if (name === undefined) throw composeInvalid(file, ['a "$" that is followed by no name must be doubled'])
      const value = Object.hasOwn(variables, name) ? variables[name] : undefined
      const isThere = value !== undefined && (value !== '' || !operator?.startsWith(':'))
      if (operator === undefined) {
        if (value === undefined) throw variableMissing(file, name, undefined)
        return value
      }
      if (operator.endsWith('+')) return isThere ? interpolate(rest, variables, file) : ''
      if (isThere) return value
      if (operator.endsWith('?')) throw variableMissing(file, name, rest)
      return interpolate(rest, variables, file)
    },
  )
}

/** All texts of a value, which may be a whole document; its keys stay as they are. */
export function interpolateAll(value: unknown, variables: Variables, file: string): unknown {
  if (typeof value === 'string') return interpolate(value, variables, file)
  if (Array.isArray(value)) return value.map((one) => interpolateAll(one, variables, file))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, interpolateAll(one, variables, file)]))
}
