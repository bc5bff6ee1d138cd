import type { PluginStore, SqlValue } from '@switchyard/plugin-kit'
import { z } from 'zod'
import { parseWhen } from '../services/when.ts'
import { cursorInvalid } from './errors.ts'

/** What every list takes. */
export const pageInput = {
  limit: z.int().min(1).max(200).default(20).describe('How many at most'),
  cursor: z.string().max(300).optional().describe('Goes on where the last page ended'),
}
export const sinceUntil = {
  since: z.string().optional().describe('From this time on: a date, or how long ago (12h, 7d, 4w)'),
  until: z.string().optional().describe('Before this time'),
}
export const nextCursor = z.string().optional().describe('Give it as `cursor` for the next page; absent on the last')

/** The span in milliseconds; an end that is not given is open. @throws TIME_INVALID */
export function spanMs(
  { since, until }: { since?: string | undefined; until?: string | undefined },
  nowMs: number,
): { sinceMs: number | undefined; untilMs: number | undefined } {
  return {
    sinceMs: since === undefined ? undefined : parseWhen('since', since, nowMs),
    untilMs: until === undefined ? undefined : parseWhen('until', until, nowMs),
  }
}

export function encodeCursor(parts: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(parts)).toString('base64url')
}

/** The cursor's parts, whose first must be the list's own mark. @throws CURSOR_INVALID */
export function decodeCursor(cursor: string, mark: string, length: number): readonly (string | number)[] {
  let parts: unknown
  try {
    parts = JSON.parse(Buffer.from(cursor, 'base64url').toString())
  } catch {
    throw cursorInvalid(cursor)
  }
  if (!Array.isArray(parts) || parts.length !== length || parts[0] !== mark) throw cursorInvalid(cursor)
  if (!parts.every((part) => typeof part === 'string' || Number.isFinite(part))) throw cursorInvalid(cursor)
  return parts as (string | number)[]
}

export interface IdList {
  /** The list's own mark in its cursors. */
  readonly mark: string
  readonly select: string
  /** Each with its values; undefined ones do not count. */
  readonly where: readonly (readonly [condition: string, value: SqlValue | undefined])[]
  readonly limit: number
  readonly cursor: string | undefined
  /** @default newest */
  readonly sort?: 'newest' | 'oldest'
  /** The column that rows go by. */
  readonly key: string
}

/** One page of a list that goes by ids, which grow with time. @throws CURSOR_INVALID */
export function pageById<row extends { id: number }>(
  store: PluginStore,
  { mark, select, where, limit, cursor, sort = 'newest', key }: IdList,
): { rows: row[]; nextCursor?: string } {
  const from = cursor === undefined ? undefined : Number(decodeCursor(cursor, `${mark}-${sort}`, 2)[1])
  const newest = sort === 'newest'
  const given = [...where, [`${key} ${newest ? '<' : '>'} ?`, from] as const].filter(([, value]) => value !== undefined)
  const conditions = given.length === 0 ? '' : ` WHERE ${given.map(([condition]) => condition).join(' AND ')}`
  const sql = `${select}${conditions} ORDER BY ${key} ${newest ? 'DESC' : 'ASC'} LIMIT ?`
  const rows = store.prepare(sql).all<row>(...given.map(([, value]) => value as SqlValue), limit + 1)
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  return rows.length > limit && last !== undefined ? { rows: page, nextCursor: encodeCursor([`${mark}-${sort}`, last.id]) } : { rows: page }
}

export const isoOf = (ms: number): string => new Date(ms).toISOString()
