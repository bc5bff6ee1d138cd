import { tooLarge } from './errors.ts'
import { isRecord } from './json.ts'

/** Of a value, as JSON. A few steps that each hold the one before twice would fill the memory otherwise. */
const MAX_CHARACTERS = 16_777_216

/** A step's result as later steps see it: what JSON makes of it, so that a chain that was resumed sees the same. */
export interface Output {
  /** JSON. */
  readonly text: string
  readonly value: unknown
}

/** An output from what a step returned, or from the journal's text. */
export function outputOf(from: { readonly value: unknown } | { readonly text: string }): Output {
  const text = 'text' in from ? from.text : (JSON.stringify(from.value) ?? 'null')
  let read: { value: unknown } | undefined
  return {
    text,
    get value() {
      read ??= { value: JSON.parse(text) }
      return read.value
    },
  }
}

export const NOTHING: Output = { text: 'null', value: null }

/** The outputs of several steps as one. @throws STEP_INPUT when it is too large */
export function listOf(texts: readonly string[]): Output {
  if (texts.reduce((sum, text) => sum + text.length + 1, 0) > MAX_CHARACTERS) throw tooLarge(MAX_CHARACTERS)
  return outputOf({ text: `[${texts.join(',')}]` })
}

/** The value itself. It may hold one part many times over, so it is measured before it is written. @throws STEP_INPUT when it is too large */
export function bounded(value: unknown): unknown {
  let left = MAX_CHARACTERS
  take(value)
  return value

  function take(one: unknown): void {
    left -= typeof one === 'string' ? one.length + 2 : 2
    if (left < 0) throw tooLarge(MAX_CHARACTERS)
    if (Array.isArray(one)) for (const inner of one) take(inner)
    else if (isRecord(one)) {
      for (const [key, inner] of Object.entries(one)) {
        left -= key.length + 2
        take(inner)
      }
    }
  }
}
