import type { Problem } from './problem.ts'
import type { Source, Spot } from './source.ts'

export interface CaddyToken {
  /** Without quotes, with variables put in. */
  readonly text: string
  readonly isQuoted: boolean
  /** Whether a new line of the file begins with it. */
  readonly isFirst: boolean
  readonly spot: Spot
  /** Whether a variable without a value left a hole in it. */
  readonly hasHole: boolean
}

export interface CaddyVariable {
  readonly name: string
  readonly hasValue: boolean
  readonly spot: Spot
}

export interface CaddyTokens {
  readonly tokens: readonly CaddyToken[]
  readonly variables: readonly CaddyVariable[]
  readonly problems: readonly Problem[]
}

/** Splits a Caddyfile into its words: quotes, backticks, heredocs, comments and continued lines as Caddy reads them. */
export function readCaddyTokens(source: Source, environment: ReadonlyMap<string, string>): CaddyTokens {
  const { text } = source
  const tokens: CaddyToken[] = []
  const variables: CaddyVariable[] = []
  const problems: Problem[] = []
  let at = text.startsWith('\uFEFF') ? 1 : 0
  let isFirst = true

  function push(raw: string, start: number, end: number, isQuoted: boolean): void {
    let hasHole = false
    const put = raw.replace(VARIABLE, (whole, name: string, fallback: string | undefined, offset: number) => {
      const value = environment.get(name) ?? fallback
      const from = start + offset
      variables.push({ name, hasValue: value !== undefined, spot: source.spot(from, from + whole.length) })
      if (value === undefined) hasHole = true
      return value ?? ''
    })
    tokens.push({ text: put, isQuoted, isFirst, spot: source.spot(start, end), hasHole })
    isFirst = false
  }

  while (at < text.length) {
    const char = text[at] as string
    if (char === '\n') {
      isFirst = true
      at++
    } else if (/\s/.test(char)) at++
    else if (char === '\\' && /^\\\r?\n/.test(text.slice(at, at + 3))) at = text.indexOf('\n', at) + 1
    else if (char === '#') at = endOf(text.indexOf('\n', at), text)
    else if (char === '"' || char === '`') {
      const close = closingQuote(text, at, char)
      if (close === -1) {
        problems.push({ rule: 'caddy.syntax', note: `the quote (${char}) is never closed`, spot: source.spot(at) })
        break
      }
      const inner = text.slice(at + 1, close)
      push(char === '"' ? inner.replaceAll('\\"', '"') : inner, at, close + 1, true)
      at = close + 1
    } else {
      const end = wordEnd(text, at)
      const word = text.slice(at, end)
      const [, marker] = /^<<([A-Za-z0-9_-]+)$/.exec(word) ?? []
      const heredocEnd = marker === undefined ? undefined : endOfHeredoc(text, end, marker)
      if (marker !== undefined && heredocEnd === undefined) {
        problems.push({ rule: 'caddy.syntax', note: `the heredoc ${marker} is never closed`, spot: source.spot(at, end) })
        break
      }
      push(heredocEnd === undefined ? word : text.slice(end, heredocEnd), at, heredocEnd ?? end, heredocEnd !== undefined)
      at = heredocEnd ?? end
    }
  }
  return { tokens, variables, problems }
}

const VARIABLE = /\{\$([A-Za-z_][\w]*)(?::([^{}]*))?\}/g

const endOf = (found: number, text: string): number => (found === -1 ? text.length : found)

function closingQuote(text: string, open: number, quote: string): number {
  for (let at = open + 1; at < text.length; at++) {
    if (text[at] === '\\' && quote === '"') at++
    else if (text[at] === quote) return at
  }
  return -1
}

function wordEnd(text: string, from: number): number {
  WHITE.lastIndex = from
  return WHITE.exec(text)?.index ?? text.length
}
const WHITE = /\s/g

function endOfHeredoc(text: string, from: number, marker: string): number | undefined {
  for (let line = text.indexOf('\n', from); line !== -1; line = text.indexOf('\n', line + 1)) {
    const end = endOf(text.indexOf('\n', line + 1), text)
    if (text.slice(line + 1, end).trim() === marker) return end
  }
  return undefined
}
