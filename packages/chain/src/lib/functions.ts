import { isRecord } from './json.ts'
import { ANY, arrayOf, BOOLEAN, INTEGER, TEXT, type Type, unionOf, withoutNull } from './type.ts'

/** Longer texts than this are not built: the result is null. Keeps every expression cheap. */
export const MAX_TEXT = 1_000_000

/** A function of the expression language, as it runs, is checked and is described. */
export interface ExpressionFunction {
  readonly summary: string
  /** What it takes, for people. */
  readonly signature: string
  readonly parameters: readonly Type[]
  /** The last parameter may be given any number of times. */
  readonly variadic?: boolean
  returns(parameters: readonly Type[]): Type
  apply(values: readonly unknown[]): unknown
}

const LIST = arrayOf(ANY)

export const FUNCTIONS: Readonly<Record<string, ExpressionFunction>> = Object.assign(Object.create(null), {
  default: {
    summary: 'The first that is not null',
    signature: 'default(value, other, …)',
    parameters: [ANY, ANY],
    variadic: true,
    returns: (types) => {
      const last = types.at(-1) ?? ANY
      return unionOf([...types.slice(0, -1).map(withoutNull), last])
    },
    apply: (values) => values.find((value) => value !== null && value !== undefined) ?? null,
  },
  length: {
    summary: 'How many characters, elements or keys; 0 for anything else',
    signature: 'length(value)',
    parameters: [ANY],
    returns: () => INTEGER,
    apply: ([value]) =>
      typeof value === 'string' || Array.isArray(value) ? value.length : isRecord(value) ? Object.keys(value).length : 0,
  },
  lower: textFunction('In small letters', 'lower(text)', (text) => text.toLowerCase()),
  upper: textFunction('In capital letters', 'upper(text)', (text) => text.toUpperCase()),
  trim: textFunction('Without blanks at both ends', 'trim(text)', (text) => text.trim()),
  contains: {
    summary: 'Whether a text has a part, or a list an element',
    signature: 'contains(textOrList, value)',
    parameters: [unionOf([TEXT, LIST]), ANY],
    returns: () => BOOLEAN,
    apply: ([whole, part]) => (Array.isArray(whole) || typeof whole === 'string' ? whole.includes(part as string) : false),
  },
  startsWith: partFunction('Whether a text begins so', 'startsWith(text, part)', (text, part) => text.startsWith(part)),
  endsWith: partFunction('Whether a text ends so', 'endsWith(text, part)', (text, part) => text.endsWith(part)),
  join: {
    summary: 'The elements as one text',
    signature: 'join(list, separator)',
    parameters: [LIST, TEXT],
    returns: () => TEXT,
    apply: ([list, separator]) => {
      if (!Array.isArray(list) || typeof separator !== 'string') return null
      const texts = list.map(textOf)
      const length = texts.reduce((sum, text) => sum + text.length + separator.length, 0)
      return length > MAX_TEXT ? null : texts.join(separator)
    },
  },
  replace: {
    summary: 'With every occurrence of a part replaced',
    signature: 'replace(text, part, by)',
    parameters: [TEXT, TEXT, TEXT],
    returns: () => TEXT,
    apply: ([text, part, by]) => {
      if (typeof text !== 'string' || typeof part !== 'string' || typeof by !== 'string' || part === '') return null
      const parts = text.split(part)
      return text.length + parts.length * by.length > MAX_TEXT ? null : parts.join(by)
    },
  },
} satisfies Record<string, ExpressionFunction>)

/** How a value reads inside a text: nothing for null, JSON for lists and objects. */
export function textOf(value: unknown): string {
  if (value === null || value === undefined) return ''
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

function textFunction(summary: string, signature: string, change: (text: string) => string): ExpressionFunction {
  return {
    summary,
    signature,
    parameters: [TEXT],
    returns: () => TEXT,
    apply: ([text]) => (typeof text === 'string' ? change(text) : null),
  }
}

function partFunction(summary: string, signature: string, holds: (text: string, part: string) => boolean): ExpressionFunction {
  return {
    summary,
    signature,
    parameters: [TEXT, TEXT],
    returns: () => BOOLEAN,
    apply: ([text, part]) => typeof text === 'string' && typeof part === 'string' && holds(text, part),
  }
}
