import { type Lookup, literal } from '../model/interpolate.ts'
import { expandTemplate } from './expand.ts'

/** How a value is written: bare, literal in single quotes, or with escapes in double quotes. */
type Quote = '' | "'" | '"'

/** A variable in an env file. All positions count from 1, offsets from 0 in UTF-16 units. */
export interface DotenvEntry {
  readonly kind: 'entry'
  readonly name: string
  /**
   * What stands there with its escapes read, still to be expanded: `$$` is a dollar sign. Undefined where the line only names the
   * variable, which then comes from the surroundings.
   */
  readonly template: string | undefined
  readonly quote: Quote
  readonly exported: boolean
  readonly line: number
  readonly column: number
  readonly endLine: number
  /** Of the whole entry, without its line break. */
  readonly start: number
  readonly end: number
  /** Of the value with its quotes. */
  readonly valueStart: number
  readonly valueEnd: number
}

interface DotenvComment {
  readonly kind: 'comment'
  /** Without "#" and the space after it. */
  readonly text: string
  readonly line: number
}

interface DotenvBlank {
  readonly kind: 'blank'
  readonly line: number
}

type DotenvFault = 'name' | 'separator' | 'unterminated' | 'trailing' | 'duplicate' | 'expansion'

/** What is wrong with a line. It never repeats the line, as that may hold a secret. */
export interface DotenvProblem {
  readonly fault: DotenvFault
  readonly line: number
  readonly column: number
  readonly message: string
}

export interface Dotenv {
  readonly items: readonly (DotenvEntry | DotenvComment | DotenvBlank)[]
  readonly entries: readonly DotenvEntry[]
  readonly problems: readonly DotenvProblem[]
}

const SPACE = /[ \t\v\f\r\u0085\u00a0]*/y
const EXPORT = /export[ \t\v\f\r]+/y
const NAME = /[\p{L}\p{N}_.[\]-]+/uy
const BYTE_ORDER_MARK = '\uFEFF'

/**
 * Reads an env file as docker compose does (its rules are in SPEC.md), with the place of everything. It never throws: what compose
 * would refuse is a problem, and the lines around it are read all the same.
 */
export function parseDotenv(text: string): Dotenv {
  const items: Dotenv['items'][number][] = []
  const problems: DotenvProblem[] = []
  const seen = new Map<string, number>()
  let at = text.startsWith(BYTE_ORDER_MARK) ? 1 : 0
  let line = 1

  while (at < text.length) {
    const lineStart = at
    const lineEnd = endOfLine(text, at)
    at = skip(SPACE, text, at)
    if (at >= lineEnd) {
      items.push({ kind: 'blank', line })
      at = lineEnd + 1
      line++
      continue
    }
    if (text[at] === '#') {
      items.push({ kind: 'comment', text: text.slice(at + 1, lineEnd).trim(), line })
      at = lineEnd + 1
      line++
      continue
    }
    const read = readEntry(text, at, lineEnd, { line, lineStart })
    if ('fault' in read) {
      problems.push(read)
      at = lineEnd + 1
      line++
      continue
    }
    const earlier = seen.get(read.name)
    if (earlier !== undefined) {
      const message = `${read.name} stands in line ${earlier} already; this one wins`
      problems.push({ fault: 'duplicate', line, column: read.column, message })
    }
    seen.set(read.name, line)
    items.push(read)
    at = endOfLine(text, read.valueEnd) + 1
    line = read.endLine + 1
  }
  return { items, entries: items.filter((item) => item.kind === 'entry'), problems }
}

/** Of all values that are longer than they are written: a long one may be referred to in every line. */
const MAX_CHARS = 16_000_000

/** The values by name, each expanded from those above it and from `outside`, which goes first. The last of a name wins. */
export function valuesOf(
  { entries }: Dotenv,
  outside: Lookup = () => undefined,
): { values: Map<string, string>; problems: DotenvProblem[] } {
  const values = new Map<string, string>()
  const problems: DotenvProblem[] = []
  let leftChars = MAX_CHARS
  for (const { name, template, line, column } of entries) {
    if (template === undefined) {
      const inherited = outside(name)
      if (inherited !== undefined) values.set(name, inherited)
      continue
    }
    const { value, mistakes } = expandTemplate(template, (wanted) => outside(wanted) ?? values.get(wanted))
    for (const message of mistakes) problems.push({ fault: 'expansion', line, column, message: `${name}: ${message}` })
    if (value.length > template.length) leftChars -= value.length
    if (leftChars < 0) {
      problems.push({
        fault: 'expansion',
        line,
        column,
        message: `${name}: what the values refer to adds up to more than ${MAX_CHARS} characters`,
      })
      return { values, problems }
    }
    values.set(name, value)
  }
  return { values, problems }
}

/**
 * A value as it is written after `NAME=`, so that `parseDotenv` reads the same value back. Where it can be, it is written so that
 * shells and older composes read it too.
 */
export function writeValue(value: string): string {
  if (/^[\w./:@%+,=~^-]*$/.test(value)) return value
  const singleQuoted = !value.includes("'") && !/\\\\|\\$/.test(value) && !value.includes('\0')
  if (singleQuoted) return `'${value}'`
  // Old composes take a backslash before the closing quote for part of an escape.
  if (value.endsWith('\\') && /^[^\s'"#$][^\n\r$]*$/.test(value) && !value.includes(' #')) return value
  const escaped = value.replace(/[\\"$\n\r\t]/g, (character) => ESCAPED[character] ?? character)
  return `"${escaped}"`
}

const ESCAPED: Readonly<Record<string, string>> = { '\\': '\\\\', '"': '\\"', $: '\\$', '\n': '\\n', '\r': '\\r', '\t': '\\t' }

const endOfLine = (text: string, from: number): number => {
  const found = text.indexOf('\n', from)
  return found === -1 ? text.length : found
}

function skip(pattern: RegExp, text: string, from: number): number {
  pattern.lastIndex = from
  return pattern.test(text) ? pattern.lastIndex : from
}

function readEntry(
  text: string,
  start: number,
  lineEnd: number,
  { line, lineStart }: { line: number; lineStart: number },
): DotenvEntry | DotenvProblem {
  const nameStart = skip(EXPORT, text, start)
  const problem = (fault: DotenvFault, at: number, message: string): DotenvProblem => ({
    fault,
    line,
    column: at - lineStart + 1,
    message,
  })
  const nameEnd = skip(NAME, text, nameStart)
  if (nameEnd === nameStart) return problem('name', nameStart, 'a variable must begin with its name: letters, digits, "_", "." or "-"')
  const entry = {
    kind: 'entry',
    name: text.slice(nameStart, nameEnd),
    exported: nameStart > start,
    line,
    column: nameStart - lineStart + 1,
    start,
  } as const
  const separator = skip(SPACE, text, nameEnd)
  if (separator >= lineEnd)
    return { ...entry, template: undefined, quote: '', endLine: line, end: nameEnd, valueStart: nameEnd, valueEnd: nameEnd }
  if (text[separator] !== '=' && text[separator] !== ':') return problem('separator', separator, 'after the name must follow "=" or ":"')

  const valueStart = Math.min(skip(SPACE, text, separator + 1), lineEnd)
  const quote = text[valueStart]
  if (quote !== '"' && quote !== "'") {
    const comment = text.slice(valueStart, lineEnd).indexOf(' #')
    const raw = text.slice(valueStart, comment === -1 ? lineEnd : valueStart + comment).trimEnd()
    const valueEnd = valueStart + raw.length
    return { ...entry, template: raw, quote: '', endLine: line, end: valueEnd, valueStart, valueEnd }
  }

  const closing = closingQuote(text, valueStart, quote)
  if (closing === -1) return problem('unterminated', valueStart, `the quote (${quote}) is never closed`)
  const valueEnd = closing + 1
  const rest = text.slice(skip(SPACE, text, valueEnd), endOfLine(text, valueEnd))
  const inner = text.slice(valueStart + 1, closing)
  const endLine = line + countOf('\n', inner)
  if (rest !== '' && !rest.startsWith('#'))
    return problem('trailing', valueStart, 'after the closing quote may follow a comment and nothing else')
  const template = quote === "'" ? literal(inner.replaceAll("\\'", "'")) : readEscapes(inner)
  return { ...entry, template, quote, endLine, end: valueEnd, valueStart, valueEnd }
}

function closingQuote(text: string, open: number, quote: string): number {
  for (let at = open + 1; at < text.length; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === quote) return at
  }
  return -1
}

function countOf(character: string, text: string): number {
  let count = 0
  for (let at = text.indexOf(character); at !== -1; at = text.indexOf(character, at + 1)) count++
  return count
}

const ESCAPES: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  '"': '"',
  $: '$$',
}

const readEscapes = (inner: string): string =>
  inner.replace(/\\([abfnrtv\\"$])/g, (sequence, character: string) => ESCAPES[character] ?? sequence)
