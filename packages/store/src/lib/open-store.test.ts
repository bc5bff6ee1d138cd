import { once } from 'node:events'
import fs, { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Worker } from 'node:worker_threads'
import { createFakeClock } from '@switchyard/contracts/testing'
import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { openStore } from './open-store.ts'
import type { Store } from './store.ts'

const V1 = 'CREATE TABLE note_note (n INTEGER PRIMARY KEY) STRICT'
const V2 = 'ALTER TABLE note_note ADD COLUMN text TEXT'

function newPath(): string {
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-store-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, '.switchyard', 'yard.db')
}

function openNotes(path = ':memory:', busyTimeoutMs = 10_000): Store {
  const store = openStore({ path, busyTimeoutMs })
  onTestFinished(() => store.close())
  store.migrate('note', [V1])
  return store
}

const add = (store: Store, n: number) => store.prepare('INSERT INTO note_note (n) VALUES (?)').run(n)
const notes = (store: Store) =>
  store
    .prepare('SELECT n FROM note_note ORDER BY n')
    .all<{ n: number }>()
    .map(({ n }) => n)
const setting = (store: Store, name: string) => Object.values(store.prepare(`PRAGMA ${name}`).get() ?? {})[0]

/** The write lock, held by a connection that is not ours; the function returned lets go of it. */
function holdLock(path: string): () => void {
  const other = new DatabaseSync(path)
  onTestFinished(() => other.close())
  other.exec('BEGIN IMMEDIATE')
  return () => other.exec('COMMIT')
}

test('openStore() makes the folder 0700 and the file, its log and its backups 0600', () => {
  const path = newPath()
  const store = openNotes(path)
  const backup = store.backup()
  expect(statSync(dirname(path)).mode & 0o777).toBe(0o700)
  expect(statSync(dirname(backup)).mode & 0o777).toBe(0o700)
  for (const file of [path, `${path}-wal`, `${path}-shm`, backup]) expect(statSync(file).mode & 0o777).toBe(0o600)
})

test('openStore() sets write-ahead log, foreign keys and synchronous NORMAL', () => {
  const store = openStore({ path: newPath() })
  onTestFinished(() => store.close())
  expect(['journal_mode', 'foreign_keys', 'synchronous'].map((name) => setting(store, name))).toEqual(['wal', 1, 1])
  expect(setting(openNotes(), 'foreign_keys')).toBe(1)
})

/** Runs SQL that takes a lock in a thread of its own, which lets go 50 ms after we went on. */
async function lockForAMoment(path: string, sql: string): Promise<void> {
  const program = `
    const { parentPort, workerData } = require('node:worker_threads')
    const { DatabaseSync } = require('node:sqlite')
    const db = new DatabaseSync(workerData.path)
    db.exec(workerData.sql)
    parentPort.postMessage('locked')
    setTimeout(() => db.close(), 50)`
  const worker = new Worker(program, { eval: true, workerData: { path, sql } })
  onTestFinished(async () => void (await worker.terminate()))
  await once(worker, 'message')
}

test('openStore() waits for locks that keep it from reading a file, or from switching a new one to a write-ahead log', async () => {
  for (const lock of ['BEGIN EXCLUSIVE', 'CREATE TABLE t (n); BEGIN; SELECT * FROM t']) {
    const path = newPath()
    mkdirSync(dirname(path))
    await lockForAMoment(path, lock)
    const store = openStore({ path })
    onTestFinished(() => store.close())
    expect(setting(store, 'journal_mode')).toBe('wal')
  }
})

test('transact() and statements outside of it wait for a lock, blocking', async () => {
  const store = openNotes(newPath())
  await lockForAMoment(store.path, 'BEGIN IMMEDIATE')
  store.transact(() => add(store, 1))
  await lockForAMoment(store.path, 'BEGIN IMMEDIATE')
  add(store, 2)
  expect(notes(store)).toEqual([1, 2])
})

test('openStore() takes well under a millisecond in memory', () => {
  const opened = () => {
    const startMs = performance.now()
    openStore({ path: ':memory:' }).close()
    return performance.now() - startMs
  }
  const timesMs = Array.from({ length: 101 }, opened).sort((a, b) => a - b)
  expect(timesMs[50]).toBeLessThan(0.5)
})

test('openStore() refuses a time limit that is no number', () => {
  for (const busyTimeoutMs of [Number.NaN, -1]) expect(() => openStore({ path: ':memory:', busyTimeoutMs })).toThrow(RangeError)
})

test('prepare() gives the same statement for the same text, and binds by order or by name', () => {
  const store = openNotes()
  expect(store.prepare('SELECT 1')).toBe(store.prepare('SELECT 1'))
  expect(store.prepare('SELECT ? + ? AS sum').get(1, 2)).toEqual({ sum: 3 })
  expect(store.prepare('SELECT :a + :b AS sum').get({ a: 1, b: 2 })).toEqual({ sum: 3 })
  expect(store.prepare('SELECT n FROM note_note').get()).toBeUndefined()
  expect(add(store, 7)).toEqual({ changes: 1, lastInsertRowid: 7 })
})

test('prepare() survives more texts than it keeps', () => {
  const store = openNotes()
  const first = store.prepare('SELECT 0 AS n')
  for (let n = 1; n < 1500; n++) expect(store.prepare(`SELECT ${n} AS n`).get()).toEqual({ n })
  expect(first.get()).toEqual({ n: 0 })
})

test('transact() passes on what its work returns or throws, unchanged', () => {
  const store = openNotes()
  const missing = Object.assign(new Error('mine'), { code: 'ENOENT', syscall: 'open' })
  expect(store.transact(() => 'result')).toBe('result')
  expect(() =>
    store.transact(() => {
      add(store, 1)
      throw missing
    }),
  ).toThrow(missing)
  expect(() => store.transact(() => [add(store, 1), add(store, 1)])).toThrow(/UNIQUE constraint/)
  expect(notes(store)).toEqual([])
})

test('transact() refuses async work and rolls it back', () => {
  const store = openNotes()
  expect(() => store.transact(async () => add(store, 1))).toThrow(TypeError)
  expect(notes(store)).toEqual([])
})

test('transact() refuses work that ends its own transaction', () => {
  const store = openNotes()
  const work = () => {
    store.prepare('COMMIT').run()
    add(store, 1)
  }
  expect(() => store.transact(work)).toThrow(TypeError)
  expect(notes(store)).toEqual([])
})

interface Block {
  fails: boolean
  durable: boolean
  steps: (Block | 'write')[]
}

const { block } = fc.letrec<{ block: Block; step: Block | 'write' }>((tie) => ({
  step: fc.oneof({ depthSize: 'small', withCrossShrink: true }, fc.constant('write' as const), tie('block')),
  block: fc.record({ fails: fc.boolean(), durable: fc.boolean(), steps: fc.array(tie('step'), { maxLength: 5 }) }),
}))

test('transact() keeps exactly what no failed level wrote, however deep they are nested', () => {
  const paths = [':memory:', newPath()]
  fc.assert(
    fc.property(fc.constantFrom(...paths), fc.array(block, { maxLength: 4 }), (path, blocks) => {
      using store = openStore({ path })
      store.migrate('note', [V1])
      store.prepare('DELETE FROM note_note').run()
      let next = 0
      /** Runs a block for real and returns what a naive reading says it leaves. */
      const run = ({ fails, durable, steps }: Block): number[] => {
        const left: number[] = []
        try {
          store.transact(
            () => {
              for (const step of steps) {
                if (step === 'write') {
                  add(store, next)
                  left.push(next++)
                } else left.push(...run(step))
              }
              if (fails) throw new Error('as told')
            },
            { durable },
          )
          return left
        } catch (error) {
          expect(error).toMatchObject({ message: 'as told' })
          return []
        }
      }
      const expected = blocks.flatMap(run)
      expect(notes(store)).toEqual(expected)
    }),
    { numRuns: 300 },
  )
})

test('transact() is durable with synchronous FULL, and only when asked', () => {
  const store = openNotes(newPath())
  const level = () => setting(store, 'synchronous')
  expect(store.transact(level)).toBe(1)
  expect(store.transact(level, { durable: true })).toBe(2)
  expect(store.transact(level)).toBe(1)
})

test('transact() syncs the log itself when only a nested call asks to be durable, and never otherwise', () => {
  const store = openNotes(newPath())
  let syncs = 0
  const { fsyncSync } = fs
  onTestFinished(() => {
    fs.fsyncSync = fsyncSync
    syncBuiltinESMExports()
  })
  fs.fsyncSync = (file) => {
    syncs++
    fsyncSync(file)
  }
  syncBuiltinESMExports()
  const inner = (n: number, durable: boolean) => () => store.transact(() => add(store, n), { durable })
  store.transact(inner(1, false))
  store.transact(inner(2, true), { durable: true })
  expect(syncs).toBe(0)
  store.transact(inner(3, true))
  expect(syncs).toBe(2)
  store.transact(inner(4, false))
  expect(syncs).toBe(2)
})

test('commit() joins one turn of the event loop into one transaction, durable when one of it is', async () => {
  const store = openNotes(newPath())
  const levels = await Promise.all([
    store.commit(() => setting(store, 'synchronous')),
    store.commit(() => setting(store, 'synchronous'), { durable: true }),
  ])
  expect(levels).toEqual([2, 2])
  let sizes: number[] = []
  const other = new DatabaseSync(store.path, { readOnly: true })
  const seen = () => Number(other.prepare('SELECT count(*) AS n FROM note_note').get()?.n)
  sizes = await Promise.all(
    Array.from({ length: 50 }, (_, n) =>
      store.commit(() => {
        add(store, n)
        return seen()
      }),
    ),
  )
  expect(new Set(sizes)).toEqual(new Set([0]))
  expect(seen()).toBe(50)
  other.close()
})

test('commit() rejects the one that throws and keeps the others', async () => {
  const store = openNotes()
  const settled = await Promise.allSettled([
    store.commit(() => add(store, 1)),
    store.commit(() => [add(store, 2), add(store, 1)]),
    store.commit(async () => add(store, 3)),
    store.commit(() => store.transact(() => add(store, 4))),
  ])
  expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled'])
  expect(notes(store)).toEqual([1, 4])
})

test('commit() rejects all, and resolves none, when SQLite cannot commit', async () => {
  const store = openNotes()
  store.migrate('child', ['CREATE TABLE child_child (n INTEGER REFERENCES note_note (n) DEFERRABLE INITIALLY DEFERRED) STRICT'])
  const settled = await Promise.allSettled([
    store.commit(() => add(store, 1)),
    store.commit(() => store.prepare('INSERT INTO child_child VALUES (99)').run()),
  ])
  expect(settled.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect(notes(store)).toEqual([])
  await store.commit(() => add(store, 2))
  expect(notes(store)).toEqual([2])
})

test('commit() and transact() run in the order in which they were called', async () => {
  const store = openNotes()
  const order: string[] = []
  const first = store.commit(() => order.push('commit'))
  store.transact(() => order.push('transact'))
  const last = store.commit(() => order.push('commit again'))
  await Promise.all([first, last])
  expect(order).toEqual(['commit', 'transact', 'commit again'])
})

test('commit() waits for another process without blocking this one', async () => {
  const store = openNotes(newPath())
  const release = holdLock(store.path)
  const written = store.commit(() => add(store, 1))
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
  expect(notes(store)).toEqual([])
  release()
  await written
  expect(notes(store)).toEqual([1])
})

test('transact() and commit() throw STORE_BUSY, which may be retried, when the lock stays held', async () => {
  const store = openNotes(newPath(), 30)
  const release = holdLock(store.path)
  const busy = { code: 'STORE_BUSY', retryable: true, data: expect.objectContaining({ timeoutMs: 30 }) }
  expect(() => store.transact(() => add(store, 1))).toThrow(expect.objectContaining(busy))
  expect(() => add(store, 2)).toThrow(expect.objectContaining(busy))
  await expect(store.commit(() => add(store, 3))).rejects.toMatchObject(busy)
  expect(notes(store)).toEqual([])
  release()
  await store.commit(() => add(store, 4))
  expect(notes(store)).toEqual([4])
})

test('close() commits what is queued; after it everything throws STORE_CLOSED', async () => {
  const path = newPath()
  const store = openNotes(path)
  const statement = store.prepare('SELECT 1')
  const queued = store.commit(() => add(store, 1))
  store.close()
  store.close()
  await queued
  const closed = expect.objectContaining({ code: 'STORE_CLOSED' })
  const calls = [
    () => statement.get(),
    () => store.prepare('SELECT 1'),
    () => store.transact(() => 1),
    () => store.migrate('note', [V1]),
    () => store.check(),
    () => store.backup(),
  ]
  for (const call of calls) expect(call).toThrow(closed)
  await expect(store.commit(() => 1)).rejects.toMatchObject({ code: 'STORE_CLOSED' })
  expect(notes(openNotes(path))).toEqual([1])
})

test('close() and migrate() refuse to be called inside a transaction', () => {
  const store = openNotes()
  expect(() => store.transact(() => store.close())).toThrow(TypeError)
  expect(() => store.transact(() => store.migrate('note', [V1, V2]))).toThrow(TypeError)
  expect(store.transact(() => 'still works')).toBe('still works')
})

test('migrate() runs only what is new, each room by itself', () => {
  const store = openNotes()
  store.migrate('note', [V1, V2])
  store.migrate('note', [V1, V2])
  store.migrate('other', ['CREATE TABLE other_thing (n INTEGER)'])
  store.prepare('INSERT INTO note_note (n, text) VALUES (1, ?)').run('text')
  expect(store.check().rooms).toEqual({ note: 2, other: 1 })
  expect(() => store.migrate('../evil', [])).toThrow(RangeError)
})

test('migrate() changes nothing when a later step fails', () => {
  const store = openNotes(newPath())
  add(store, 1)
  const failing = () => store.migrate('note', [V1, V2, 'UPDATE note_note SET text = n; DELETE FROM nothing'])
  expect(failing).toThrow(expect.objectContaining({ code: 'STORE_MIGRATION', data: expect.objectContaining({ room: 'note', version: 3 }) }))
  expect(store.prepare('SELECT * FROM note_note').all()).toEqual([{ n: 1 }])
  expect(store.check().rooms).toEqual({ note: 1 })
  expect(setting(store, 'foreign_keys')).toBe(1)
})

test('migrate() lets a table be rebuilt that others point to, and refuses to leave a row that points nowhere', () => {
  const store = openNotes()
  const tables = `CREATE TABLE tree_parent (n INTEGER PRIMARY KEY); INSERT INTO tree_parent VALUES (1);
    CREATE TABLE tree_child (n INTEGER REFERENCES tree_parent (n)); INSERT INTO tree_child VALUES (1);`
  const rebuild = `CREATE TABLE tree_new (n INTEGER PRIMARY KEY, name TEXT); INSERT INTO tree_new SELECT n, 'old' FROM tree_parent;
    DROP TABLE tree_parent; ALTER TABLE tree_new RENAME TO tree_parent;`
  store.migrate('tree', [tables, rebuild])
  expect(store.prepare('SELECT name FROM tree_child JOIN tree_parent USING (n)').all()).toEqual([{ name: 'old' }])
  expect(() => store.migrate('tree', [tables, rebuild, 'DELETE FROM tree_parent'])).toThrow(/points to a row of "tree_parent"/)
  expect(store.check()).toMatchObject({ problems: [], rooms: { tree: 2 } })
})

test('migrate() copies the file before it changes an existing room, as it was', () => {
  const path = newPath()
  const store = openStore({ path, clock: createFakeClock(Date.UTC(2026, 0, 2, 3, 4, 5, 6)) })
  onTestFinished(() => store.close())
  store.migrate('note', [V1])
  expect(store.check().backups).toEqual([])
  add(store, 1)
  store.migrate('note', [V1, V2])
  const { backups } = store.check()
  expect(backups.map((backup) => basename(backup))).toEqual(['yard.db.note-v1.20260102T030405006Z.db'])
  const copy = new DatabaseSync(backups[0] ?? '')
  expect(copy.prepare('SELECT * FROM note_note').all()).toEqual([{ n: 1 }])
  copy.close()
})

test('migrate() keeps the last three copies of a version, and removes what a killed process left of one', () => {
  const clock = createFakeClock(Date.UTC(2026, 0, 1))
  const path = newPath()
  const store = openStore({ path, clock })
  onTestFinished(() => store.close())
  store.migrate('note', [V1])
  const manual = store.backup()
  writeFileSync(join(dirname(manual), 'yard.db.note-v1.20251231T000000000Z.db.partial-1'), '')
  for (let day = 1; day <= 5; day++) {
    clock.advance(86_400_000)
    expect(() => store.migrate('note', [V1, 'nonsense'])).toThrow()
  }
  clock.jump(-1000 * 86_400_000)
  store.migrate('note', [V1, V2])
  expect(readdirSync(dirname(manual)).sort()).toEqual([
    basename(manual),
    'yard.db.note-v1.20230412T000000000Z.db',
    'yard.db.note-v1.20260105T000000000Z.db',
    'yard.db.note-v1.20260106T000000000Z.db',
  ])
})

test('backup() copies what is committed, and two within a millisecond do not meet', () => {
  const store = openStore({ path: newPath(), clock: createFakeClock() })
  onTestFinished(() => store.close())
  store.migrate('note', [V1])
  add(store, 1)
  const first = store.backup()
  add(store, 2)
  const second = store.backup()
  expect(store.check().backups).toEqual([second, first])
  expect([first, second].map((path) => notes(openNotes(path)))).toEqual([[1], [1, 2]])
  expect(() => openNotes().backup()).toThrow(TypeError)
})

test('check() reports rows that point nowhere', () => {
  const store = openNotes()
  store.migrate('child', ['CREATE TABLE child_child (n INTEGER REFERENCES note_note (n)) STRICT'])
  store.prepare('PRAGMA foreign_keys = OFF').get()
  store.prepare('INSERT INTO child_child VALUES (99)').run()
  expect(store.check().problems).toEqual(['row 1 of table "child_child" points to a row of "note_note" that is not there'])
})
