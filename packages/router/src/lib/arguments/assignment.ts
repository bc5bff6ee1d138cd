import { type Field, wordsOfName } from './field.ts'

export interface Assignment {
  readonly field: Field
  readonly value: string | number | boolean
  readonly start: number
  readonly end: number
}

const VALUE = `"([^"]*)"|'([^']*)'|([^\\s,;"']*[^\\s,;"'.!?])`

/** Made once for the many requests they are looked for in. */
const patterns = new WeakMap<Field, RegExp>()

function patternOf(field: Field): RegExp {
  const before = patterns.get(field)
  if (before !== undefined) return before
  const name = wordsOfName(field.name).join('[-_ ]?')
  const made = new RegExp(`(?<![\\w-])--(no-)?${name}(?![\\w-])(?:(?:=|\\s+)(?:${VALUE}))?|(?<![\\w-])${name}\\s?=\\s?(?:${VALUE})`, 'iu')
  patterns.set(field, made)
  return made
}

/** What a request spells out as a flag or a setting: `--limit 20`, `limit=20`. */
export function assignmentsIn(text: string, fields: readonly Field[]): readonly Assignment[] {
  if (!/=|--/.test(text)) return []
  return fields.flatMap((field): Assignment[] => {
    const found = patternOf(field).exec(text)
    if (found === null) return []
    const [whole, no, ...parts] = found
    const written = parts.find((part) => part !== undefined)
    const start = found.index
    if (field.kind === 'flag') {
      const isWord = written !== undefined && /^(?:true|false|yes|no|on|off)$/i.test(written)
      const end = isWord || written === undefined ? start + whole.length : start + whole.length - whole.trimEnd().split(/\s/).at(-1)!.length
      return [
        {
          field,
          value: no === undefined && !(isWord && /^(?:false|no|off)$/i.test(written)),
          start,
          end: text.slice(0, end).trimEnd().length,
        },
      ]
    }
    if (written === undefined) return []
    const value = field.kind === 'number' || field.unit !== undefined || field.integer ? Number(written) : written
    return typeof value === 'number' && Number.isNaN(value)
      ? []
      : [{ field, value, start: start + whole.lastIndexOf(written), end: start + whole.lastIndexOf(written) + written.length }]
  })
}
