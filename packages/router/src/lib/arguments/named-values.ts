export interface NamedValues {
  readonly value: Readonly<Record<string, string>>
  readonly start: number
  readonly end: number
}

const QUOTED_OR_WORD = `"([^"]*)"|'([^']*)'|([^\\s,;"']*[^\\s,;"'.!?])`
const PAIR = new RegExp(`(?<![\\w./-])([a-z_][\\w-]*)\\s?=\\s?(?:${QUOTED_OR_WORD})`, 'giu')
const SET_TO = new RegExp(`(?<![\\w./-])([a-z_][\\w-]*) set to (?:${QUOTED_OR_WORD})`, 'giu')

/** What a request gives by names of its own: "with domain=example.org", "with domain set to example.org". */
export function namedValuesIn(text: string, isTaken: (start: number, end: number) => boolean): NamedValues | undefined {
  const found = [...text.matchAll(PAIR), ...text.matchAll(SET_TO)]
    .filter(({ index, 0: whole }) => !isTaken(index, index + whole.length))
    .sort((a, b) => a.index - b.index)
  const [first] = found
  const last = found.at(-1)
  if (first === undefined || last === undefined) return undefined
  const value = Object.fromEntries(found.map(([, name, ...parts]) => [name!, parts.find((part) => part !== undefined)!]))
  return { value, start: first.index, end: last.index + last[0].length }
}
