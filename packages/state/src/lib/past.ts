import type { StateKind } from '@switchyard/plugin-kit'
import { applyUpdate, Doc, encodeStateAsUpdate, Array as YArray, Text as YText } from 'yjs'
import type { HistoryChange } from './api.ts'

interface Cell {
  readonly value?: unknown
  readonly version?: string
  readonly expiresMs?: number
}

/** What records add up to: cells by field and key, and the edits of lists and texts. */
export interface Past {
  readonly cells: Record<string, Record<string, Cell>>
  /** yjs takes updates in any order, so records of several processes need no order either. */
  readonly edits: Doc
}

export function createPast(): Past {
  return { cells: {}, edits: new Doc() }
}

/** The text of `encodePast`. */
export function decodePast(text: string): Past {
  const { cells, edits } = JSON.parse(text) as { cells: Past['cells']; edits: string }
  const past: Past = { cells, edits: new Doc() }
  applyUpdate(past.edits, Buffer.from(edits, 'base64'))
  return past
}

export function encodePast({ cells, edits }: Past): string {
  return JSON.stringify({ cells, edits: Buffer.from(encodeStateAsUpdate(edits)).toString('base64') })
}

/** Adds a record; `edits` is yjs's own update of the document of lists and texts, as base64. */
export function replay({ cells, edits: doc }: Past, changes: readonly HistoryChange[], edits: string | undefined): void {
  if (edits !== undefined) applyUpdate(doc, Buffer.from(edits, 'base64'))
  for (const { field, key = '', op, value, version, expiresMs } of changes) {
    if (op === 'insert' || op === 'cut') continue
    cells[field] ??= {}
    const there = cells[field][key]
    switch (op) {
      case 'set':
      case 'add':
        if (!isNewer(version, there?.version)) break
        cells[field][key] = {
          ...(value !== undefined && { value }),
          ...(version !== undefined && { version }),
          ...(expiresMs !== undefined && { expiresMs }),
        }
        break
      case 'delete':
      case 'expire':
      case 'remove':
        delete cells[field][key]
        break
      case 'increment':
      case 'decrement': {
        const step = value as number
        cells[field][key] = { value: ((there?.value as number | undefined) ?? 0) + (op === 'increment' ? step : -step) }
      }
    }
  }
}

/** Versions are stamps to base 36 in front of a node: longer is later, and so is greater of one length. */
function isNewer(version: string | undefined, than: string | undefined): boolean {
  if (version === undefined || than === undefined) return true
  const [a, b] = [version.indexOf('-'), than.indexOf('-')]
  return a === b ? version >= than : a > b
}

/** As it could be read at that time, of the fields that had been written by then. */
export function readPast({ cells, edits }: Past, kinds: Readonly<Record<string, string>>, atMs: number): Record<string, unknown> {
  const content: Record<string, unknown> = {}
  for (const [field, all] of Object.entries(cells)) {
    const live = Object.entries(all).filter(([, { expiresMs = Infinity }]) => expiresMs > atMs)
    content[field] = readCells(live, kinds[field] as StateKind | undefined)
  }
  for (const field of edits.share.keys()) {
    const kind = kinds[field] as StateKind | undefined
    if (kind === 'list') content[field] = (edits.get(field, YArray) as YArray<unknown>).toArray()
    if (kind === 'text') content[field] = edits.get(field, YText).toString()
  }
  return content
}

function readCells(cells: readonly (readonly [key: string, cell: Cell])[], kind: StateKind | undefined): unknown {
  if (kind === 'set') return cells.map(([element]) => JSON.parse(element) as unknown)
  if (kind === 'map') return Object.fromEntries(cells.map(([key, { value }]) => [key, value]))
  return cells[0]?.[1].value
}
