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
