import { parseDocument } from 'yaml'

/** What stands between the dashes at the top of a Markdown file, and what follows. */
export interface Frontmatter {
  readonly fields: Readonly<Record<string, unknown>>
  readonly body: string
  /** What had to be read another way than it was written; undefined where it was right. */
  readonly mended: string | undefined
}

/** What `mended` says where there is none. */
export const NO_FRONTMATTER = 'it has no frontmatter'

const OPENING = /^\s*---[ \t]*\n/
const CLOSING = /^(?:---|\.\.\.)[ \t]*$/m
const MAX_FRONTMATTER = 65_536

/** Reads frontmatter as people really write it; what is no YAML is read line by line, as Claude Code users expect. Never throws. */
export function parseFrontmatter(text: string): Frontmatter {
  const opening = OPENING.exec(text)
  if (opening === null) return { fields: {}, body: text, mended: NO_FRONTMATTER }
  const rest = text.slice(opening[0].length)
  const closing = CLOSING.exec(rest)
  if (closing === null) return { ...unclosed(rest), mended: 'its frontmatter has no closing "---"' }
  const head = rest.slice(0, Math.min(closing.index, MAX_FRONTMATTER))
  const body = rest.slice(closing.index + closing[0].length)
  const { fields, mended } = parseFields(head, opening[0].split('\n').length)
  return { fields, body, mended }
}

function unclosed(rest: string): Pick<Frontmatter, 'fields' | 'body'> {
  const blank = rest.search(/\n[ \t]*\n/)
  const end = blank === -1 ? rest.length : blank
  return { fields: byLines(rest.slice(0, Math.min(end, MAX_FRONTMATTER))), body: rest.slice(end) }
}

function parseFields(head: string, firstLine: number): Pick<Frontmatter, 'fields' | 'mended'> {
  try {
    const document = parseDocument(head, { uniqueKeys: false, logLevel: 'silent' })
    const [error] = document.errors
    if (error === undefined) {
      const value: unknown = document.toJS({ maxAliasCount: 20 })
      if (isRecord(value)) return { fields: value, mended: twice(head) }
      if (value === null || value === undefined) return { fields: {}, mended: 'its frontmatter is empty' }
      return { fields: byLines(head), mended: 'its frontmatter is no list of fields' }
    }
    const at = error.linePos === undefined ? '' : `line ${error.linePos[0].line + firstLine - 1}: `
    return { fields: byLines(head), mended: `its frontmatter is no valid YAML (${at}${error.code.toLowerCase().replaceAll('_', ' ')})` }
  } catch {
    return { fields: byLines(head), mended: 'its frontmatter is no valid YAML' }
  }
}

const FIELD = /^([A-Za-z][\w-]*):[ \t]*(.*)$/
/** What is a field of its own, however it is indented. */
const INDENTED_FIELD = /^\s+(name|description|model|tools|allowed-tools|argument-hint|category|keywords|color|version):[ \t]*(.*)$/

/** A key a line; what is indented below belongs to it. */
function byLines(head: string): Record<string, unknown> {
  const fields = new Map<string, string[]>()
  let current: string[] | undefined
  for (const line of head.split('\n')) {
    const field = FIELD.exec(line) ?? INDENTED_FIELD.exec(line)
    if (field !== null) {
      current = [field[2]!]
      fields.set(field[1]!, current)
    } else if (/^\s/.test(line)) current?.push(line.trim())
  }
  return Object.fromEntries([...fields].map(([key, lines]) => [key, unquoted(lines.join(' ').trim())]))
}

function unquoted(text: string): string {
  const value = text.replace(/^[>|][+-]?\s+/, '')
  const quote = value[0]
  return (quote === '"' || quote === "'") && value.length > 1 && value.endsWith(quote) ? value.slice(1, -1) : value
}

function twice(head: string): string | undefined {
  const keys = head.split('\n').flatMap((line) => FIELD.exec(line)?.[1] ?? [])
  const once = new Set<string>()
  const double = keys.find((key) => once.size === once.add(key).size)
  return double === undefined ? undefined : `its frontmatter has the key "${double}" twice, and the last counts`
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
