/** What a name stands for; undefined where it is not set. */
export type Lookup = (name: string) => string | undefined

/** One `${NAME}` of a text, or one inside the default of another. */
export interface VariableUse {
  readonly name: string
  readonly operator: '' | ':-' | '-' | ':?' | '?' | ':+' | '+'
  /** Where its `$` stands in the text it was found in. */
  readonly offset: number
  readonly length: number
  /** Whether something stands in its place: a value, a default, or nothing at all where that was asked for. */
  readonly hasValue: boolean
  /** What follows the operator, as it is written. */
  readonly argument: string
}

export interface Interpolated {
  readonly text: string
  readonly uses: readonly VariableUse[]
  /** Whether a variable without a value left a hole in the text. */
  readonly hasHole: boolean
  /** What is no variable at all: offsets of bad uses of `$`. */
  readonly mistakes: readonly { readonly offset: number; readonly note: string }[]
  /** Whether it was longer than it may be, and ends where that was. */
  readonly isCut: boolean
}

const MAX_NESTED = 20
const MAX_MISTAKES = 50

/** A text of which every sign stands for itself. */
export const literal = (text: string): string => text.replaceAll('$', '$$$$')

/**
 * Puts variables in as Compose does, in its own files and in env files: `$$` is a dollar sign, `:-` and `-` name a default, `:?` and `?` refuse to go on without a
 * value, `:+` and `+` give another value where there is one; those with a colon take an empty value for none.
 */
export function interpolate(text: string, lookup: Lookup, { maxChars = 32_768 }: { readonly maxChars?: number } = {}): Interpolated {
  const uses: VariableUse[] = []
  const mistakes: { offset: number; note: string }[] = []
  let hasHole = false
  let isCut = false

  function cut(part: string): string {
    if (part.length <= maxChars) return part
    isCut = true
    return part.slice(0, maxChars)
  }

  function put(part: string, base: number, depth: number): string {
    const closers = matchBraces(part)
    let out = ''
    let at = 0
    while (at < part.length && !isCut && mistakes.length < MAX_MISTAKES) {
      const dollar = part.indexOf('$', at)
      if (dollar === -1) return cut(out + part.slice(at))
      out = cut(out + part.slice(at, dollar))
      const next = part[dollar + 1]
      if (next === '$') {
        out += '$'
        at = dollar + 2
        continue
      }
      const bare = NAME.exec(part.slice(dollar + 1, dollar + 1 + MAX_NAME))?.[0]
      if (bare !== undefined) {
        out = cut(out + value(bare, '', undefined, base + dollar, bare.length + 1, depth))
        at = dollar + 1 + bare.length
        continue
      }
      const close = closers.get(dollar + 1) ?? -1
      const inner = close === -1 ? '' : part.slice(dollar + 2, close)
      const [, name, operator = '', rest] = BRACED.exec(inner) ?? []
      if (name === undefined) {
        mistakes.push({
          offset: base + dollar,
          note: close === -1 && next === '{' ? '${ has no closing brace' : 'a lone $ must be written $$',
        })
        out += '$'
        at = dollar + 1
        continue
      }
      const argument = rest === undefined ? undefined : { text: rest, offset: base + close - rest.length }
      out = cut(out + value(name, operator as VariableUse['operator'], argument, base + dollar, close - dollar + 1, depth))
      at = close + 1
    }
    return out
  }

  function value(
    name: string,
    operator: VariableUse['operator'],
    argument: { text: string; offset: number } | undefined,
    offset: number,
    length: number,
    depth: number,
  ): string {
    const set = lookup(name)
    const isSet = set !== undefined && !(operator.startsWith(':') && set === '')
    const takesArgument = operator.endsWith('-') ? !isSet : operator.endsWith('+') && isSet
    const hasValue = isSet || operator.endsWith('-') || operator.endsWith('+')
    uses.push({ name, operator, offset, length, hasValue, argument: argument?.text ?? '' })
    if (takesArgument) return argument === undefined || depth >= MAX_NESTED ? '' : put(argument.text, argument.offset, depth + 1)
    if (operator.endsWith('+')) return ''
    if (!hasValue) hasHole = true
    return isSet ? set : ''
  }

  const result = put(text, 0, 0)
  return { text: result, uses, hasHole, mistakes, isCut }
}

const MAX_NAME = 200
const NAME = /^[A-Za-z_][A-Za-z0-9_]*/
const BRACED = /^([A-Za-z_][A-Za-z0-9_]*)(?:(:[-?+]|[-?+])([\s\S]*))?$/

/** Which brace closes which, by their offsets; defaults may hold variables with braces of their own. */
function matchBraces(text: string): ReadonlyMap<number, number> {
  const closers = new Map<number, number>()
  const open: number[] = []
  for (let at = text.indexOf('$'); at !== -1 && at < text.length; at++) {
    if (text[at] === '$' && text[at + 1] === '$') at++
    else if (text[at] === '{' && text[at - 1] === '$') open.push(at)
    else if (text[at] === '}') {
      const opener = open.pop()
      if (opener !== undefined) closers.set(opener, at)
    }
  }
  return closers
}
