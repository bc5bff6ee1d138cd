import type { ChainDefinition, InputField } from './definition.ts'
import { isRecord } from './json.ts'

/** A chain's input with its defaults, and everything that is wrong with what was given. */
export function acceptInput(
  { input: fields = {} }: Pick<ChainDefinition, 'input'>,
  given: unknown,
): { readonly input: Readonly<Record<string, unknown>>; readonly mistakes: readonly string[] } {
  const mistakes: string[] = []
  const values = isRecord(given) ? given : {}
  if (!isRecord(given)) mistakes.push('it must be an object')
  for (const name of Object.keys(values)) if (!Object.hasOwn(fields, name)) mistakes.push(`${name}: there is no such input`)
  const input = Object.entries(fields).map(([name, field]) => {
    const value = (Object.hasOwn(values, name) ? values[name] : undefined) ?? field.default
    if (value === undefined || value === null) {
      if (field.optional !== true) mistakes.push(`${name}: it must be given`)
      return [name, null] as const
    }
    mistakes.push(...mistakesIn(field, value, name))
    return [name, value] as const
  })
  return { input: Object.fromEntries(input), mistakes }
}

function mistakesIn({ type, enum: values, items }: InputField, value: unknown, path: string): readonly string[] {
  if (!isOfType(type, value))
    return [`${path}: it must be ${type === 'integer' || type === 'object' ? 'an' : 'a'} ${type}: it is ${JSON.stringify(value)}`]
  if (values !== undefined && !values.includes(value as string))
    return [`${path}: it must be one of ${values.join(', ')}: it is ${JSON.stringify(value)}`]
  if (items === undefined || !Array.isArray(value)) return []
  return value.flatMap((one, index) => mistakesIn(items, one, `${path}[${index}]`))
}

function isOfType(type: InputField['type'], value: unknown): boolean {
  if (type === 'list') return Array.isArray(value)
  if (type === 'object') return isRecord(value)
  if (type === 'integer') return Number.isInteger(value)
  return typeof value === type && (type !== 'number' || Number.isFinite(value))
}
