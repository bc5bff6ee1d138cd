import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  appendFileSync,
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { isSwitchyardError, type SwitchyardError } from '@switchyard/contracts'
import { openStore, type Store } from '@switchyard/store'
import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { startChild, temporaryFolder } from './children.ts'

const V1 = 'CREATE TABLE log_entry (n INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT'
const V2 = 'ALTER TABLE log_entry ADD COLUMN level TEXT'
const isRoot = process.getuid?.() === 0
const NOBODY = 65534

function insert(store: Store, n: number, text = `entry ${n}`): void {
  store.prepare('INSERT INTO log_entry (n, text) VALUES (?, ?)').run(n, text)
}

function count(store: Store): number | undefined {
  return store.prepare('SELECT count(*) AS n FROM log_entry').get<{ n: number }>()?.n
}

/** A closed store of many pages; with a backup if asked for. */
function writtenStore(folder: string, { migrated = false } = {}): string {
  const path = join(folder, 'yard.db')
  using store = openStore({ path })
  store.migrate('log', [V1])
  store.transact(() => {
    for (let n = 0; n < 500; n++) insert(store, n)
  })
  if (migrated) store.migrate('log', [V1, V2])
  return path
}

function failure(work: () => unknown): SwitchyardError {
  try {
    work()
  } catch (error) {
    if (isSwitchyardError(error)) return error
    throw error
  }
  throw new Error('it did not throw')
}

/** Every file under a folder with what is in it. SQLite's shared memory holds locks and an empty log nothing: they may come and go. */
function snapshot(folder: string): Record<string, string> {
  const contents: Record<string, string> = {}
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const stats = statSync(join(folder, name))
    if (name.endsWith('-shm') || (name.endsWith('-wal') && stats.size === 0)) continue
    contents[name] = stats.isFile()
      ? `${stats.mode} ${createHash('sha256')
          .update(readFileSync(join(folder, name)))
          .digest('hex')}`
      : 'folder'
  }
  return contents
}

function run(program: string, ...args: string[]): void {
  execFileSync(program, args, { stdio: 'ignore' })
}

function expectForPeople(error: Pick<SwitchyardError, 'message' | 'next'>): void {
  expect(error.message).toMatch(/^Cannot [^\n]+ as [^\n]+: [^\n]+[^.\n]$/)
  expect(error.next).toMatch(/^[^\n]+$/)
}

const damages: Record<string, (path: string) => void> = {
  'garbage in its header': (path) => writeFileSync(path, Buffer.concat([Buffer.alloc(100, 7), readFileSync(path).subarray(100)])),
  'text instead of it': (path) => writeFileSync(path, 'this was never a database\n'.repeat(100)),
  'half of it gone': (path) => truncateSync(path, Math.floor(statSync(path).size / 2)),
  'its end cut inside the first page': (path) => truncateSync(path, 1000),
  'nothing left of it': (path) => truncateSync(path, 0),
}

for (const [what, damage] of Object.entries(damages)) {
  test(`openStore() refuses a file with ${what}, leaves it as it is and names the newest backup`, () => {
    const folder = temporaryFolder()
    const path = writtenStore(folder, { migrated: true })
    damage(path)
    const before = snapshot(folder)
    const error = failure(() => openStore({ path }))
    expect(error).toMatchObject({ code: 'STORE_DAMAGED', retryable: false })
    expectForPeople(error)
    expect(error.next).toContain(readdirSync(join(folder, 'backups'))[0])
    expect(snapshot(folder)).toEqual(before)
  })
}

test('openStore() gives a next step for a damaged file that mends it, to the letter, even where the path has quotes', () => {
  const folder = join(temporaryFolder(), "it's here")
  mkdirSync(folder)
  const path = writtenStore(folder, { migrated: true })
  truncateSync(path, 5000)
  const damaged = readFileSync(path)
  const { next = '' } = failure(() => openStore({ path }))
  run('sh', '-c', next.slice(next.indexOf('mkdir')))
  using store = openStore({ path })
  expect(count(store)).toBe(500)
  const aside = readdirSync(folder).find((name) => name.startsWith('yard.db.damaged-')) ?? ''
  expect(readFileSync(join(folder, aside, 'yard.db'))).toEqual(damaged)
})

test('openStore() tells how to save what can be read when a damaged file has no backup', () => {
  const path = writtenStore(temporaryFolder())
  truncateSync(path, 5000)
  expect(failure(() => openStore({ path })).next).toContain('.recover')
})

test('openStore() keeps the log of a file whose header is damaged', () => {
  const folder = temporaryFolder()
  const path = writtenStore(folder)
  const copy = join(folder, 'copy', 'yard.db')
  mkdirSync(dirname(copy))
  using store = openStore({ path })
  insert(store, 1000)
  for (const end of ['', '-wal']) copyFileSync(path + end, copy + end)
  damages['garbage in its header']?.(copy)
  const before = snapshot(dirname(copy))
  expect(Object.keys(before)).toContain('yard.db-wal')
  expect(failure(() => openStore({ path: copy }))).toMatchObject({ code: 'STORE_DAMAGED' })
  expect(snapshot(dirname(copy))).toEqual(before)
})

test('openStore() rolls back what a process left that was killed before the file had a log', () => {
  const folder = temporaryFolder()
  const original = join(folder, 'original.db')
  const path = join(folder, 'yard.db')
  const killed = new DatabaseSync(original)
  killed.exec(`PRAGMA cache_size = 1; ${V1}; INSERT INTO log_entry VALUES (1, 'kept'); BEGIN`)
  for (let n = 2; n < 100; n++) killed.prepare('INSERT INTO log_entry VALUES (?, ?)').run(n, 'x'.repeat(1000))
  for (const end of ['', '-journal']) copyFileSync(original + end, path + end)
  killed.close()
  using store = openStore({ path })
  expect(count(store)).toBe(1)
  expect(store.check().problems).toEqual([])
})

test('openStore() or check() finds pages that were overwritten at random, and neither changes the file', () => {
  const folder = temporaryFolder()
  const original = readFileSync(writtenStore(folder))
  const path = join(folder, 'copy.db')
  const pages = original.length / 4096
  const noise = fc.uint8Array({ minLength: 512, maxLength: 4096 }).filter((bytes) => new Set(bytes).size > 50)
  const overwritten = fc.array(fc.tuple(fc.nat({ max: pages - 1 }), noise), { minLength: 1, maxLength: 3 })
  fc.assert(
    fc.property(overwritten, (pieces) => {
      const bytes = Buffer.from(original)
      for (const [page, piece] of pieces) bytes.set(piece, page * 4096)
      writeFileSync(path, bytes)
      try {
        using store = openStore({ path })
        expect(store.check().problems).not.toEqual([])
      } catch (error) {
        expect(error).toMatchObject({ code: 'STORE_DAMAGED' })
      }
      expect(readFileSync(path).equals(bytes)).toBe(true)
      for (const end of ['-wal', '-shm']) rmSync(path + end, { force: true })
    }),
    { numRuns: 100 },
  )
})

test('prepare() reports a damaged page that it reads as STORE_DAMAGED', () => {
  const path = writtenStore(temporaryFolder())
  const bytes = readFileSync(path)
  writeFileSync(path, bytes.fill(0xff, 3 * 4096))
  using store = openStore({ path })
  const error = failure(() => store.prepare('SELECT count(text) AS n FROM log_entry').get())
  expect(error).toMatchObject({ code: 'STORE_DAMAGED' })
  expectForPeople(error)
})

test('migrate() refuses a room of a newer version and names the newest backup', () => {
  const folder = temporaryFolder()
  const path = writtenStore(folder, { migrated: true })
  const before = snapshot(folder)
  const store = openStore({ path })
  const error = failure(() => store.migrate('log', [V1]))
  store.close()
  expect(error).toMatchObject({ code: 'STORE_NEWER', data: { room: 'log', known: 1, found: 2 } })
  expectForPeople(error)
  expect(error.next).toContain(readdirSync(join(folder, 'backups'))[0])
  expect(snapshot(folder)).toEqual(before)
})

test('openStore() refuses a file of a newer layout', () => {
  const folder = temporaryFolder()
  const path = writtenStore(folder)
  const newer = new DatabaseSync(path)
  newer.exec('PRAGMA user_version = 2')
  newer.close()
  const before = snapshot(folder)
  const error = failure(() => openStore({ path }))
  expect(error).toMatchObject({ code: 'STORE_NEWER', data: { known: 1, found: 2 } })
  expectForPeople(error)
  expect(snapshot(folder)).toEqual(before)
})

test('openStore() refuses a path that is a folder, or under a file', () => {
  const folder = temporaryFolder()
  const path = writtenStore(folder)
  for (const wrong of [folder, join(path, 'yard.db')]) {
    const error = failure(() => openStore({ path: wrong }))
    expect(error).toMatchObject({ code: 'STORE_UNREACHABLE' })
    expectForPeople(error)
  }
})

/** The error of opening `path` as a user without rights to it. */
async function refusal(path: string): Promise<Pick<SwitchyardError, 'code' | 'message' | 'next'>> {
  const child = startChild('stranger.ts', path, ...(isRoot ? [String(NOBODY)] : []))
  for await (const line of child.lines()) return JSON.parse(line)
  throw new Error('it printed nothing')
}

test('openStore() refuses a folder that may not be written to', async () => {
  const folder = temporaryFolder()
  const workspace = join(folder, 'workspace')
  mkdirSync(workspace)
  const path = writtenStore(join(workspace, 'data'))
  if (isRoot) {
    chmodSync(folder, 0o755)
    for (const owned of [workspace, dirname(path), path]) chownSync(owned, NOBODY, NOBODY)
  }
  const before = snapshot(folder)
  onTestFinished(() => {
    chmodSync(workspace, 0o700)
    if (existsSync(dirname(path))) chmodSync(dirname(path), 0o700)
  })
  chmodSync(dirname(path), 0o500)
  const existing = await refusal(path)
  chmodSync(workspace, 0o500)
  const fresh = await refusal(join(workspace, '.switchyard', 'yard.db'))
  for (const error of [existing, fresh]) {
    expect(error).toMatchObject({ code: 'STORE_READONLY' })
    expect(error.message).toMatch(/it belongs to uid \d+ and has mode 500$/)
    expectForPeople(error)
  }
  expect(existing.message).toContain(`"${dirname(path)}"`)
  expect(fresh.message).toContain(`"${workspace}"`)
  chmodSync(dirname(path), 0o700)
  expect(snapshot(folder)).toEqual(before)
})

test('openStore() refuses a file that may not be written to, in a folder that may', async () => {
  const folder = temporaryFolder()
  const path = writtenStore(folder)
  chmodSync(path, 0o400)
  if (isRoot) chmodSync(folder, 0o777)
  const error = await refusal(path)
  expect(error).toMatchObject({ code: 'STORE_READONLY' })
  expect(error.message).toContain(`"${path}"`)
  expectForPeople(error)
})

test(`openStore() refuses a data folder of another user ${isRoot ? 'as uid 65534, the folder is of root' : 'and names root, who owns /usr, as we are not root'}`, async () => {
  const folder = temporaryFolder()
  const path = isRoot ? writtenStore(join(folder, '.switchyard')) : '/usr/.switchyard/yard.db'
  if (isRoot) {
    chmodSync(folder, 0o755)
    chmodSync(dirname(path), 0o755)
  }
  const before = snapshot(folder)
  const error = await refusal(path)
  expect(error).toMatchObject({ code: 'STORE_READONLY' })
  expect(error.message).toMatch(/as uid \d+ must be allowed to: it belongs to uid 0 and has mode \d+$/)
  expectForPeople(error)
  expect(snapshot(folder)).toEqual(before)
})

test('transact() and commit() report a full store as STORE_FULL, lose nothing and go on once there is space', async () => {
  const path = writtenStore(temporaryFolder())
  using store = openStore({ path })
  store.prepare(`PRAGMA max_page_count = ${statSync(path).size / 4096}`).get()
  const big = 'x'.repeat(100_000)
  expect(failure(() => store.transact(() => insert(store, 1000, big)))).toMatchObject({ code: 'STORE_FULL' })
  const settled = await Promise.allSettled([store.commit(() => insert(store, 1001, big)), store.commit(() => insert(store, 2000, big))])
  expect(settled).toMatchObject([{ reason: { code: 'STORE_FULL' } }, { reason: { code: 'STORE_FULL' } }])
  expect(count(store)).toBe(500)
  store.prepare('PRAGMA max_page_count = 100000').get()
  await store.commit(() => insert(store, 1000, big))
  expect(count(store)).toBe(501)
})

/** Why no small disk can be made here; undefined when one can. */
function mountObstacle(): string | undefined {
  if (process.platform !== 'linux') return 'as only Linux has tmpfs'
  if (!isRoot) return 'as only root may mount'
  const folder = '/tmp/switchyard-store-mount-probe'
  try {
    mkdirSync(folder, { recursive: true })
    run('mount', '-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder)
    run('umount', folder)
    return undefined
  } catch {
    return 'as this root may not mount'
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const obstacle = mountObstacle()

test.skipIf(obstacle)(`openStore() and what it opens survive a full disk${obstacle ? ` (skipped ${obstacle})` : ''}`, async () => {
  const disk = mountDisk('2m')
  const path = join(disk, '.switchyard', 'yard.db')
  const ballast = join(disk, 'ballast')
  writeFileSync(ballast, Buffer.alloc(1_000_000))
  {
    using store = openStore({ path })
    store.migrate('log', [V1])
    let stored = 0
    const error = failure(() => {
      for (;;) {
        store.transact(() => insert(store, stored, 'x'.repeat(3000)), { durable: stored % 2 === 0 })
        stored++
      }
    })
    expect(error).toMatchObject({ code: 'STORE_FULL' })
    expectForPeople(error)
    expect(stored).toBeGreaterThan(20)
    await expect(store.commit(() => insert(store, stored, 'x'.repeat(9000)))).rejects.toMatchObject({ code: 'STORE_FULL' })
    expect(count(store)).toBe(stored)
    expect(failure(() => store.backup())).toMatchObject({ code: 'STORE_FULL' })
    expect(failure(() => store.migrate('log', [V1, V2]))).toMatchObject({ code: 'STORE_FULL' })
    expect(store.check()).toMatchObject({ problems: [], rooms: { log: 1 }, backups: [] })

    expect(failure(() => openStore({ path: join(disk, 'other', 'yard.db') }))).toMatchObject({ code: 'STORE_FULL' })

    rmSync(ballast)
    store.transact(() => insert(store, stored))
    expect(count(store)).toBe(stored + 1)
    store.migrate('log', [V1, V2])
    expect(store.check()).toMatchObject({ problems: [], rooms: { log: 2 } })
  }

  const before = snapshot(dirname(path))
  fill(ballast)
  const error = failure(() => openStore({ path }))
  expect(error).toMatchObject({ code: 'STORE_FULL' })
  expectForPeople(error)
  expect(snapshot(dirname(path))).toEqual(before)
  rmSync(ballast)
  using again = openStore({ path })
  expect(again.check().problems).toEqual([])
})

test.skipIf(obstacle)(`openStore() refuses a disk that is mounted read-only${obstacle ? ` (skipped ${obstacle})` : ''}`, () => {
  const disk = mountDisk('2m')
  const path = writtenStore(disk)
  const before = snapshot(disk)
  run('mount', '-o', 'remount,ro', disk)
  for (const wanted of [path, join(disk, 'new', 'yard.db')]) {
    const error = failure(() => openStore({ path: wanted }))
    expect(error).toMatchObject({ code: 'STORE_READONLY' })
    expectForPeople(error)
  }
  expect(snapshot(disk)).toEqual(before)
})

/** A disk of its own in memory, gone with the test. */
function mountDisk(size: string): string {
  const disk = join(temporaryFolder(), 'disk')
  mkdirSync(disk)
  run('mount', '-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', disk)
  onTestFinished(() => run('umount', '--lazy', disk))
  return disk
}

/** Writes until the disk has no byte left. */
function fill(path: string): void {
  expect(() => {
    for (;;) appendFileSync(path, Buffer.alloc(4096))
  }).toThrow(/ENOSPC/)
}
