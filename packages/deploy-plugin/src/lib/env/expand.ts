import { interpolate, type Lookup } from '../model/interpolate.ts'

export interface Expanded {
  readonly value: string
  /** In words, and never with a value. */
  readonly mistakes: readonly string[]
}

/** Values that name one another could double at each step. */
const MAX_LENGTH = 1_000_000

/** The value that a template of an env file stands for. What is not well-formed stays as it stands, and is a mistake. */
export function expandTemplate(template: string, lookup: Lookup): Expanded {
  const { text, uses, mistakes, isCut } = interpolate(template, lookup, { maxChars: MAX_LENGTH })
  const unset = uses.filter(({ operator, hasValue }) => operator.endsWith('?') && !hasValue)
  const told = [...mistakes.map(({ note }) => note), ...unset.map(({ name }) => `${name} must be set`)]
  if (isCut) return { value: '', mistakes: [...told, `it would be longer than ${MAX_LENGTH} characters`] }
  return { value: text, mistakes: told }
}
