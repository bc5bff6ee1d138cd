import { applyEdits, type JSONPath, modify } from 'jsonc-parser'
import { parseFrontmatter } from './document.ts'
import type { Edit } from './fix.ts'
import type { Snapshot } from './snapshot.ts'

/** A JSON file with some of its values changed and all else as it was; a value that is undefined goes. */
export function editJson(snapshot: Snapshot, path: string, changes: readonly (readonly [at: JSONPath, value: unknown])[]): readonly Edit[] {
  const before = snapshot.text(path)
  if (before === undefined || changes.length === 0) return []
  const indent = /^([ \t]+)\S/m.exec(before)?.[1] ?? '  '
  const formattingOptions = { insertSpaces: indent[0] === ' ', tabSize: indent.length, eol: lineEndOf(before) }
  let text = before
  try {
    for (const [at, value] of changes) text = applyEdits(text, modify(text, at, value, { formattingOptions }))
  } catch {
    // The document is no object, or holds something else on the way: that is not for a fix to decide.
    return []
  }
  return [{ path, text }]
}

export const lineEndOf = (text: string): '\r\n' | '\n' => (text.includes('\r\n') ? '\r\n' : '\n')

export type JsonChange = readonly [path: string, at: JSONPath, value: unknown]

/** The same over several files, each file once. */
export function editJsonFiles(snapshot: Snapshot, changes: readonly JsonChange[]): readonly Edit[] {
  const byPath = Map.groupBy(changes, ([path]) => path)
  return [...byPath].flatMap(([path, list]) =>
    editJson(
      snapshot,
      path,
      list.map(([, at, value]) => [at, value]),
    ),
  )
}

/** A Markdown file with keys of its YAML head set, or taken out where undefined. A file without a head gets one. */
export function editFrontmatter(snapshot: Snapshot, path: string, fields: Readonly<Record<string, string | undefined>>): readonly Edit[] {
  const before = snapshot.text(path)
  if (before === undefined) return []
  const added = Object.entries(fields).flatMap(([key, value]) => (value === undefined ? [] : [`${key}: ${yamlScalar(value)}`]))
  const eol = lineEndOf(before)
  if (parseFrontmatter(before) === undefined) return [{ path, text: ['---', ...added, '---', '', before].join(eol) }]
  const lines = before.split('\n')
  const close = lines.findIndex((line, index) => index > 0 && /^---[ \t]*\r?$/.test(line))
  const kept = withoutKeys(lines.slice(1, close), Object.keys(fields))
  const ended = added.map((line) => line + eol.slice(0, -1))
  return [{ path, text: [lines[0], ...kept, ...ended, ...lines.slice(close)].join('\n') }]
}

/** A key goes with the indented lines and list items that belong to it. */
function withoutKeys(lines: readonly string[], keys: readonly string[]): string[] {
  let isGoing = false
  return lines.filter((line) => {
    const key = /^([A-Za-z][\w-]*):/.exec(line)?.[1]
    if (key !== undefined) isGoing = keys.includes(key)
    return !isGoing
  })
}

/** Plain where YAML reads it back as the same text, else quoted. */
function yamlScalar(value: string): string {
  return /^[A-Za-z][\w .,()/’-]*$/.test(value) && !/^(true|false|yes|no|null|on|off)$/i.test(value) ? value : JSON.stringify(value)
}

export interface LineChange {
  readonly file: string
  /** From 1. */
  readonly line: number
  change(text: string): string
}

/** Files with some of their lines changed and all others as they were. */
export function editLines(snapshot: Snapshot, changes: readonly LineChange[]): readonly Edit[] {
  const files = new Map<string, string[]>()
  for (const { file, line, change } of changes) {
    const lines = files.get(file) ?? snapshot.text(file)?.split('\n')
    const before = lines?.[line - 1]
    if (lines === undefined || before === undefined) continue
    lines[line - 1] = change(before)
    files.set(file, lines)
  }
  return [...files].map(([path, lines]) => ({ path, text: lines.join('\n') }))
}
