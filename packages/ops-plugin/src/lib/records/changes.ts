import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Context, PluginStore } from '@switchyard/plugin-kit'
import { changeFinal, changeStale, changeUnknown } from './errors.ts'
import { DEPENDENTS, TABLE_NAMES, type TableName, type Tables, type Values } from './rows.ts'

/** Every write of records goes through here, so that each can be taken back and none leaves half of itself. */
export interface Writes {
  /** Returns the new row's id. */
  insert<table extends TableName>(table: table, values: Omit<Tables[table], 'id' | 'reopened'>): number
  update<table extends TableName>(table: table, id: number, patch: Partial<Omit<Tables[table], 'id'>>): void
  /** With everything that belongs to it. */
  remove(table: TableName, id: number): void
  /** Writes a file as the last thing before the transaction ends; undefined removes it. */
  file(path: string, content: string | undefined): void
  /** Notes a file that a program has changed already. */
  changedFile(path: string, before: string): void
}

/** The parts of a context that a change needs. */
export type ChangeContext = Pick<Context, 'store' | 'clock'> & Partial<Pick<Context, 'idempotencyKey'>>

const KEPT_MS = 30 * 86_400_000
const FILE = 'file'
/** A folder that had to be made for a file; it goes with the file, unless somebody put more into it. */
const FOLDER = 'folder'

/**
 * Does `work` in one transaction and notes what every row and file was before; what it returns is completed with the number
 * under which `revert` takes it back. The number is absent where nothing was changed. Asked again with the same key, also after a
 * crash, it does nothing and answers the same.
 */
export function change<result extends object>(
  { store, clock, idempotencyKey }: ChangeContext,
  doing: string,
  work: (writes: Writes) => result,
): Promise<result & { change?: number }> {
  // Somebody may use one key for calls of several commands.
  const key = idempotencyKey === undefined ? undefined : `${doing}\n${idempotencyKey}`
  return store.commit(() => {
    const done = key === undefined ? undefined : store.prepare('SELECT id, result FROM ops_change WHERE key = ?').get<DoneRow>(key)
    if (done !== undefined) return { ...(JSON.parse(done.result) as result), change: done.id }
    const noted: Noted[] = []
    const result = work(createWrites(store, noted))
    if (noted.length === 0) return result
    const change = note(store, doing, clock.now(), noted)
    if (key !== undefined) store.prepare('UPDATE ops_change SET key = ?, result = ? WHERE id = ?').run(key, JSON.stringify(result), change)
    // Files come last: they are not rolled back when a statement fails.
    for (const one of noted) applyToDisk(one)
    return { ...result, change }
  })
}

export interface ChangeSummary {
  readonly id: number
  readonly doing: string
  readonly atMs: number
  readonly touches: readonly { readonly place: string; readonly item: string; readonly undoing: 'create' | 'change' | 'remove' }[]
}

/** What taking a change back would touch. @throws CHANGE_UNKNOWN */
export function describeChange(store: PluginStore, id: number): ChangeSummary {
  const { doing, at_ms } = findChange(store, id)
  const touches = notedBy(store, id).map(({ place, item, before, after }) => ({
    place,
    item,
    undoing: after === null ? ('create' as const) : before === null ? ('remove' as const) : ('change' as const),
  }))
  return { id, doing, atMs: at_ms, touches }
}

/**
 * Puts every row and file back as it was before the change, which is a change itself. Nothing is put back where anything was
 * changed since, and nothing goes that others came to need: a project that was recorded along the way stays while it is in use.
 * @throws CHANGE_UNKNOWN, CHANGE_STALE
 */
export function revert({ store, clock }: ChangeContext, id: number): Promise<{ doing: string; rows: number; change: number }> {
  return store.commit(() => {
    const { doing } = findChange(store, id)
    const noted = notedBy(store, id).toReversed()
    const back: Noted[] = []
    for (const { place, item, before, after } of noted) {
      if (contentNow(store, place, item) !== after) throw changeStale(id, isOnDisk(place) ? item : `${kindOf(place)} ${item}`)
      if (!isOnDisk(place)) {
        if (before === null && isNeeded(store, place as TableName, Number(item))) {
          if (place === 'ops_project' && noted.length > 1) continue
          throw changeStale(id, `what belongs to ${kindOf(place)} ${item}`)
        }
        if (before === null && place === 'ops_health_check' && !noted.some((one) => one.place === 'ops_project'))
          throw changeFinal(id, 'health checks stay in their history')
        putBack(store, id, place as TableName, Number(item), before)
      }
      back.push({ place, item, before: after, after: before })
    }
    store.prepare('UPDATE ops_change SET reverted = 1, key = NULL WHERE id = ?').run(id)
    const change = note(store, `take back: ${doing}`, clock.now(), back)
    for (const one of back) applyToDisk(one)
    return { doing, rows: back.length, change }
  })
}

/** Whether rows belong to this one that would go with it. */
const isNeeded = (store: PluginStore, table: TableName, id: number): boolean =>
  DEPENDENTS[table].some(
    ([dependent, column]) => store.prepare(`SELECT 1 FROM ${dependent} WHERE ${column} = ? LIMIT 1`).get(id) !== undefined,
  )

/** @throws CHANGE_STALE where what the row needs is gone, or another one took its place */
function putBack(store: PluginStore, change: number, table: TableName, id: number, content: string | null): void {
  try {
    writeRow(store, table, id, content)
  } catch (error) {
    if (error instanceof Error && /\b(UNIQUE|FOREIGN KEY) constraint failed/.test(error.message))
      throw changeStale(change, `what ${kindOf(table)} ${id} goes with`)
    throw error
  }
}

interface Noted {
  readonly place: string
  readonly item: string
  readonly before: string | null
  readonly after: string | null
}

interface DoneRow {
  readonly id: number
  readonly result: string
}

interface ChangeRow {
  readonly doing: string
  readonly at_ms: number
  readonly reverted: number
}

function findChange(store: PluginStore, id: number): ChangeRow {
  const found = store.prepare('SELECT doing, at_ms, reverted FROM ops_change WHERE id = ?').get<ChangeRow>(id)
  if (found === undefined) throw changeUnknown(id)
  if (found.reverted === 1) throw changeStale(id, 'it was taken back already, and all')
  return found
}

const notedBy = (store: PluginStore, id: number): Noted[] =>
  store.prepare('SELECT place, item, before, after FROM ops_change_row WHERE change_id = ? ORDER BY seq').all<Noted>(id)

function note(store: PluginStore, doing: string, nowMs: number, noted: readonly Noted[]): number {
  store.prepare('DELETE FROM ops_change WHERE at_ms < ?').run(nowMs - KEPT_MS)
  const id = store.prepare('INSERT INTO ops_change (at_ms, doing) VALUES (?, ?)').run(nowMs, doing).lastInsertRowid
  const add = store.prepare('INSERT INTO ops_change_row (change_id, seq, place, item, before, after) VALUES (?, ?, ?, ?, ?, ?)')
  for (const [seq, { place, item, before, after }] of noted.entries()) add.run(id, seq, place, item, before, after)
  return id
}

function createWrites(store: PluginStore, noted: Noted[]): Writes {
  const writes: Writes = {
    insert(table, values) {
      const entries = Object.entries(values as Values)
      const columns = entries.map(([column]) => column).join(', ')
      const marks = entries.map(() => '?').join(', ')
      const statement = store.prepare(`INSERT INTO ${table} (${columns}) VALUES (${marks})`)
      const id = statement.run(...entries.map(([, value]) => value)).lastInsertRowid
      noted.push({ place: table, item: String(id), before: null, after: rowNow(store, table, id) })
      return id
    },
    update(table, id, patch) {
      const entries = Object.entries(patch as Values)
      if (entries.length === 0) return
      const before = rowNow(store, table, id)
      const columns = entries.map(([column]) => `${column} = ?`).join(', ')
      store.prepare(`UPDATE ${table} SET ${columns} WHERE id = ?`).run(...entries.map(([, value]) => value), id)
      const after = rowNow(store, table, id)
      if (before !== after) noted.push({ place: table, item: String(id), before, after })
    },
    remove(table, id) {
      for (const [dependent, column] of DEPENDENTS[table]) {
        const rows = store.prepare(`SELECT id FROM ${dependent} WHERE ${column} = ? ORDER BY id`).all<{ id: number }>(id)
        for (const row of rows) writes.remove(dependent, row.id)
      }
      noted.push({ place: table, item: String(id), before: rowNow(store, table, id), after: null })
      store.prepare(`DELETE FROM ${table} WHERE id = ?`).run(id)
    },
    file(path, content) {
      for (const folder of missingFolders(path)) noted.push({ place: FOLDER, item: folder, before: null, after: '' })
      noted.push({ place: FILE, item: path, before: readFile(path), after: content ?? null })
    },
    changedFile(path, before) {
      const after = readFile(path)
      if (after !== before) noted.push({ place: FILE, item: path, before, after })
    },
  }
  return writes
}

const kindOf = (place: string): string => place.slice('ops_'.length).replaceAll('_', ' ')

function contentNow(store: PluginStore, place: string, item: string): string | null {
  if (place === FOLDER) return existsSync(item) ? '' : null
  return place === FILE ? readFile(item) : rowNow(store, place as TableName, Number(item))
}

/** A row as text; columns come in the order of the table, so equal rows are equal texts. */
function rowNow(store: PluginStore, table: TableName, id: number): string | null {
  if (!TABLE_NAMES.includes(table)) throw new TypeError(`Cannot read table "${table}" as it must be one of the records`)
  const row = store.prepare(`SELECT * FROM ${table} WHERE id = ?`).get(id)
  return row === undefined ? null : JSON.stringify(row)
}

function writeRow(store: PluginStore, table: TableName, id: number, content: string | null): void {
  const statement = store.prepare(`SELECT 1 FROM ${table} WHERE id = ?`)
  if (content === null) {
    store.prepare(`DELETE FROM ${table} WHERE id = ?`).run(id)
    return
  }
  const entries = Object.entries(JSON.parse(content) as Values)
  const values = entries.map(([, value]) => value)
  if (statement.get(id) === undefined) {
    const columns = entries.map(([column]) => column).join(', ')
    store.prepare(`INSERT INTO ${table} (${columns}) VALUES (${entries.map(() => '?').join(', ')})`).run(...values)
  } else {
    // What never changes is left out, as health checks refuse even an equal value.
    const changed = entries.filter(([column]) => table !== 'ops_health_check' || column === 'published_ms' || column === 'file_path')
    const columns = changed.map(([column]) => `${column} = ?`).join(', ')
    store.prepare(`UPDATE ${table} SET ${columns} WHERE id = ?`).run(...changed.map(([, value]) => value), id)
  }
}

function readFile(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

const isOnDisk = (place: string): boolean => place === FILE || place === FOLDER

/** Outermost first. */
function missingFolders(path: string): string[] {
  const missing: string[] = []
  for (let folder = dirname(path); !existsSync(folder); folder = dirname(folder)) missing.unshift(folder)
  return missing
}

function applyToDisk({ place, item, after }: Noted): void {
  if (place === FOLDER) {
    if (after !== null) mkdirSync(item, { recursive: true })
    else if (readdirSync(item).length === 0) rmdirSync(item)
  } else if (place === FILE) {
    if (after === null) rmSync(item, { force: true })
    else {
      const partial = `${item}.partial-${process.pid}`
      writeFileSync(partial, after)
      renameSync(partial, item)
    }
  }
}
