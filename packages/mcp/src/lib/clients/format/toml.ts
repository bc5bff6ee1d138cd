import { parse, stringify, TomlError } from 'smol-toml'
import type { ConfigFormat, Entry } from '../format.ts'

/**
 * TOML, changed table by table: an entry is the table `[key.name]` with the tables below it. One that is written in another way, as an
 * inline table or with dotted keys, is not found here, so that setting it would say it twice and the text not parse any more.
 */
export const toml: ConfigFormat = {
  parse(text) {
    try {
      return parse(text, { integersAsBigInt: 'asNeeded' })
    } catch (error) {
      if (error instanceof TomlError) throw new SyntaxError(`${error.message.split('\n')[0]} in line ${error.line}`)
      throw error
    }
  },
  set(text, key, name, fields) {
    const eol = text.includes('\r\n') ? '\r\n' : '\n'
    const table = statementsOf(text).find(({ header }) => isPath(header, [key, name]))
    if (table === undefined) {
      const gap = text === '' ? '' : text.endsWith('\n') ? eol : eol + eol
      return text + gap + [`[${key}.${bare(name)}]`, ...lines(fields), ''].join(eol)
    }
    return Object.entries(fields).reduce((changed, [field, value]) => setField(changed, [key, name], { [field]: value }, eol), text)
  },
  remove(text, key, name) {
    const statements = statementsOf(text)
    let result = text
    for (const [index, { header, start }] of [...statements.entries()].reverse()) {
      if (!isPath(header?.slice(0, 2), [key, name])) continue
      const { end } = lastOfTable(statements, index)
      const before = result.slice(0, start)
      const after = result.slice(end)
      // The empty line that parted it from what stands above goes along, where it parts nothing else.
      const gap = after === '' || /^\r?\n/.test(after) ? /(?<=\n)\r?\n$/ : /^$/
      result = before.replace(gap, '') + after
    }
    return result
  },
}

function setField(text: string, path: readonly string[], field: Entry, eol: string): string {
  const statements = statementsOf(text)
  const index = statements.findIndex(({ header }) => isPath(header, path))
  const [line] = lines(field)
  for (const statement of statements.slice(index + 1)) {
    if (statement.header !== undefined) break
    const source = text.slice(statement.start, statement.end)
    if (Object.keys(field)[0]! in parse(source)) return text.slice(0, statement.start) + line + eol + text.slice(statement.end)
  }
  const { end } = statements[index]!
  const head = text.slice(0, end)
  return head + (head.endsWith('\n') ? '' : eol) + line + eol + text.slice(end)
}

const lines = (fields: Entry): string[] => Object.entries(fields).map(([field, value]) => stringify({ [field]: value }).trimEnd())

const bare = (name: string): string => (/^[\w-]+$/.test(name) ? name : JSON.stringify(name))

const isPath = (header: readonly string[] | undefined, path: readonly string[]): boolean =>
  header !== undefined && header.length === path.length && header.every((part, index) => part === path[index])

/** A table's header or a key with its value, with the rest of its last line. */
interface Statement {
  readonly start: number
  readonly end: number
  /** The keys that a header names; undefined for a key with its value, and for a list of tables. */
  readonly header: readonly string[] | undefined
  readonly isHeader: boolean
}

function lastOfTable(statements: readonly Statement[], index: number): Statement {
  const next = statements.findIndex((statement, at) => at > index && statement.isHeader)
  return statements[next === -1 ? statements.length - 1 : next - 1]!
}

/** The statements of a text that parses; what lies between them is empty lines and comments. */
function statementsOf(text: string): Statement[] {
  const statements: Statement[] = []
  const blank = /(?:\s|#[^\n]*)*/y
  for (let at = 0; ; ) {
    blank.lastIndex = at
    const start = at + (blank.exec(text)?.[0].length ?? 0)
    if (start >= text.length) return statements
    const lineStart = text.lastIndexOf('\n', start - 1) + 1
    at = endOf(text, start)
    const isHeader = text[start] === '['
    const isList = text.startsWith('[[', start)
    statements.push({ start: lineStart, end: at, isHeader, header: isHeader && !isList ? keysOf(text.slice(start, at)) : undefined })
  }
}

const STRING = /"""(?:[^\\]|\\[\s\S])*?"{3,5}|'''[\s\S]*?'{3,5}|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'/y

/** Where a statement ends: after the line that closes every bracket it opened. */
function endOf(text: string, start: number): number {
  let depth = 0
  for (let at = start; at < text.length; at++) {
    const char = text[at]!
    STRING.lastIndex = at
    const quoted = char === '"' || char === "'" ? STRING.exec(text) : null
    if (quoted !== null) at += quoted[0].length - 1
    else if (char === '[' || char === '{') depth++
    else if (char === ']' || char === '}') depth--
    else if (char === '#') at += /[^\n]*/.exec(text.slice(at))![0].length - 1
    else if (char === '\n' && depth === 0) return at + 1
  }
  return text.length
}

/** `[a."b.c"]` as its keys. */
function keysOf(header: string): string[] {
  const keys: string[] = []
  let table: unknown = parse(header)
  while (typeof table === 'object' && table !== null) {
    const [key] = Object.keys(table)
    if (key === undefined) break
    keys.push(key)
    table = (table as Record<string, unknown>)[key]
  }
  return keys
}
