import type { Variables } from '../../apply/variables.ts'
import { interpolate as read } from '../../model/interpolate.ts'
import { composeInvalid, variableMissing } from './errors.ts'

/** No setting of a container is longer. */
const MAX_CHARS = 1_000_000

/** A text with its references filled in by the rules of compose files; nothing is deployed with a hole. @throws VARIABLE_MISSING, COMPOSE_INVALID */
export function interpolate(text: string, variables: Variables, file: string): string {
  if (!text.includes('$')) return text
  const lookup = (name: string): string | undefined => (Object.hasOwn(variables, name) ? variables[name] : undefined)
  const { text: filled, uses, mistakes, isCut } = read(text, lookup, { maxChars: MAX_CHARS })
  if (mistakes[0] !== undefined) throw composeInvalid(file, [mistakes[0].note])
  if (isCut) throw composeInvalid(file, [`a text would be longer than ${MAX_CHARS} characters`])
  const missing = uses.find(({ hasValue }) => !hasValue)
  if (missing !== undefined) throw variableMissing(file, missing.name, missing.operator === '' ? undefined : missing.argument)
  return filled
}

/** All texts of a value, which may be a whole document; its keys stay as they are. */
export function interpolateAll(value: unknown, variables: Variables, file: string): unknown {
  if (typeof value === 'string') return interpolate(value, variables, file)
  if (Array.isArray(value)) return value.map((one) => interpolateAll(one, variables, file))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, interpolateAll(one, variables, file)]))
}
