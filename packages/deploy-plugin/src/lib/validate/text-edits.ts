import type { ComposeService } from '../model/compose-service.ts'
import { createSource } from '../model/source.ts'
import type { TextEdit } from './rule.ts'

/** A key added to a service, on a line of its own and indented as its others are; undefined where the service is not written in lines. */
export function insertKey({ tree }: ComposeService, key: string, value: string): TextEdit | undefined {
  const { source, start } = tree.spot
  const { text } = source
  if (text[start] === '{') return undefined
  const first = [...tree.entries.values()].find(({ keySpot }) => keySpot.source === source && keySpot.start >= start)
  if (first === undefined) return undefined
  const lineStart = text.lastIndexOf('\n', first.keySpot.start) + 1
  const indent = text.slice(lineStart, first.keySpot.start)
  if (!/^[ ]*$/.test(indent)) return undefined
  return { spot: source.spot(lineStart), text: `${indent}${key}: ${value}${eolOf(text)}` }
}

/** As the first line ends. */
export const eolOf = (text: string): '\r\n' | '\n' => (text[text.indexOf('\n') - 1] === '\r' ? '\r\n' : '\n')

/** A file's text with the edits made; of those that overlap only the first is. */
export function applyEdits(text: string, edits: readonly TextEdit[]): string {
  let out = ''
  let at = 0
  for (const { spot, text: put } of edits.toSorted((a, b) => a.spot.start - b.spot.start || a.spot.end - b.spot.end)) {
    if (spot.start < at) continue
    out += text.slice(at, spot.start) + put
    at = spot.end
  }
  return out + text.slice(at)
}

/** A line added at the end of a file, or the file with it where there was none. */
export function appendLines(path: string, text: string, lines: readonly string[]): TextEdit {
  const eol = eolOf(text)
  const gap = text === '' || text.endsWith('\n') ? '' : eol
  return { spot: createSource(path, text).spot(text.length), text: gap + lines.map((line) => line + eol).join('') }
}
