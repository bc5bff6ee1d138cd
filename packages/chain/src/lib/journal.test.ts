import { createFakeClock } from '@switchyard/contracts/testing'
import { openStore, type Store } from '@switchyard/store'
import { expect, it } from 'vitest'
import { createChainId } from './chain-id.ts'
import { createJournal, newRecord, type RunRow } from './journal.ts'
import { createPresence } from './presence.ts'
import { MIGRATIONS } from './tables.ts'

it('createJournal() takes over the leaves of chains that were begun before leaves had numbers', () => {
  const store = openStore({ path: ':memory:' })
  store.migrate('chain', MIGRATIONS.slice(0, 2))
  store.transact(() => {
    const run = store.prepare(
      `INSERT INTO chain_run (number, id, name, definition, input, trace, state, started_ms) VALUES (?, ?, 'old', '', '{}', '', 'waiting', 1)`,
    )
    const step = store.prepare(
      `INSERT INTO chain_step (run, path, state, attempts, may_have_run, started_ms, topic) VALUES (?, ?, 'waiting', 0, 0, ?, ?)`,
    )
    for (const number of [3, 4]) run.run(number, `c-${number}`)
    step.run(3, 'late', 20, 'bell')
    step.run(3, 'early', 10, null)
    step.run(4, 'other', 5, 'bell')
  })
  const journal = createJournal(store)
  expect(journal.steps(3).map(({ path, place }) => ({ path, place }))).toEqual([
    { path: 'early', place: 1 },
    { path: 'late', place: 2 },
  ])
  expect(journal.run('c-4')).toMatchObject({ number: 4, name: 'old' })
  expect(journal.nextNumber()).toBe(5)
  expect(journal.steps(4)).toMatchObject([{ path: 'other', place: 1, state: 'waiting' }])
  expect(journal.waitingFor('bell').map(({ run, path }) => [run, path])).toEqual([
    [3, 'late'],
    [4, 'other'],
  ])
  expect(journal.setAnswer(3, 'late', 'waiting', '"rung"')).toBe(true)
  journal.removeStep(3, 'early')
  expect(journal.steps(3)).toMatchObject([{ path: 'late', answer: '"rung"' }])
  store.close()
})

const ROW: RunRow = {
  number: 0,
  id: 'c-2345',
  name: 'a',
  definition: '',
  input: '{}',
  trace: '',
  state: 'running',
  output: null,
  error: null,
  started_ms: 0,
  ended_ms: null,
  owner: 'me',
  fence: 1,
  due_ms: null,
  wanted: null,
  woken: 0,
  plugin: null,
  limits: null,
}

it('createJournal() takes over chains and their leaves from tables of their own, each in its state', () => {
  const store = openStore({ path: ':memory:' })
  store.migrate('chain', MIGRATIONS.slice(0, 4))
  store.transact(() => {
    const run = store.prepare(
      `INSERT INTO chain_run (number, id, name, definition, input, trace, state, output, error, started_ms, ended_ms, owner, fence, due_ms, wanted,
         woken, plugin, key) VALUES (?, ?, 'old', 'd', '{"a":1}', 't', ?, ?, ?, 5, ?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    run.run(1, 'c-done', 'done', '"out"', null, 9, null, 3, null, null, 0, 'news', 'once')
    run.run(2, 'c-held', 'running', null, null, null, 'gone', 7, null, 'undo', 1, null, null)
    run.run(7, 'c-rests', 'waiting', null, null, null, null, 2, 50, null, 0, 'news', null)
    run.run(8, 'c-letter', 'compensation_failed', null, '{"code":"X","message":"x"}', 9, null, 1, null, null, 0, null, null)
    const leaf = store.prepare(`INSERT INTO chain_leaf VALUES (?, ?, ?, ?, 2, '"in"', ?, ?, ?, ?, ?, ?, ?, 6, ?, ?, ?, ?)`)
    const undo = '{"command":"a.drop","input":{}}'
    leaf.run(1 * 2 ** 22, 'one', 'done', 1, '"out"', null, 0, undo, null, null, null, 8, null, null, null)
    leaf.run(2 * 2 ** 22, 'one', 'started', null, null, null, 0, null, null, null, null, null, null, null, null)
    leaf.run(7 * 2 ** 22, 'one', 'done', 1, '1', null, 0, 'null', null, null, null, 8, null, null, null)
    leaf.run(7 * 2 ** 22 + 1, 'bell', 'waiting', null, null, null, 0, null, null, null, null, null, 50, 'bell', null)
    leaf.run(
      8 * 2 ** 22,
      'one',
      'failed',
      1,
      null,
      '{"code":"X","message":"x"}',
      1,
      undo,
      'failed',
      2,
      '{"code":"Y","message":"y"}',
      8,
      null,
      null,
      null,
    )
    store.prepare(`INSERT INTO chain_runner (id, host, pid) VALUES ('gone', 'h', 1)`).run()
  })
  const journal = createJournal(store)
  expect(journal.list({ unfinished: false, plugin: undefined, limit: 10 }).map(({ number, id }) => [number, id])).toEqual([
    [8, 'c-letter'],
    [7, 'c-rests'],
    [2, 'c-held'],
    [1, 'c-done'],
  ])
  const common = { name: 'old', definition: 'd', input: '{"a":1}', trace: 't', started_ms: 5 }
  expect(journal.run('c-done')).toMatchObject({ ...common, state: 'done', output: '"out"', ended_ms: 9, fence: 3, plugin: 'news' })
  expect(journal.run('c-held')).toMatchObject({ ...common, owner: 'gone', fence: 7, wanted: 'undo', woken: 1, ended_ms: null })
  expect(journal.withKey('once', 'news')).toBe('c-done')
  expect(journal.steps(1)).toEqual([
    {
      path: 'one',
      place: 1,
      state: 'done',
      seq: 1,
      attempts: 2,
      input: '"in"',
      output: '"out"',
      error: null,
      mayHaveRun: false,
      undo: { command: 'a.drop', input: {} },
      undoState: null,
      undoSeq: null,
      undoError: null,
      startedMs: 6,
      endedMs: 8,
      dueMs: null,
      topic: null,
      answer: null,
    },
  ])
  expect(journal.steps(7).map(({ path, place }) => [path, place])).toEqual([
    ['one', 1],
    ['bell', 2],
  ])
  expect(journal.waitingFor('bell')).toMatchObject([{ run: 7, id: 'c-rests', path: 'bell' }])
  expect(journal.deadLetters.all()).toMatchObject([{ id: 'c-letter', path: 'one', undo_error: '{"code":"Y","message":"y"}' }])
  expect(journal.nextDue()).toBe(50)
  expect(journal.claim('me', 60, 10)).toMatchObject([{ id: 'c-rests', number: 7, owner: 'me', fence: 3 }])
  expect(journal.release('gone')).toBe(1)
  expect(journal.run('c-held')).toMatchObject({ owner: null, due_ms: 0, fence: 8 })
  expect(journal.nextNumber()).toBe(9)
  store.close()
})

it('createJournal() lists the chains of one plugin, and those that have not ended, newest first', () => {
  const store = openStore({ path: ':memory:' })
  const journal = createJournal(store)
  store.transact(() => {
    for (let number = 1; number <= 6; number++) {
      journal.addRun({ ...ROW, id: `c-${number}`, plugin: number % 2 === 0 ? 'news' : null }, undefined)
      for (const place of [1, 2]) journal.putStep(number, { ...newRecord(`s${place}`, 'done', 0), place })
      if (number > 3) journal.end(number, 'done', undefined, null, number)
    }
    journal.rest(2, 'waiting', undefined, null)
    createPresence(store, createFakeClock(), 'me', 1).appear(1)
  })
  const listed = (unfinished: boolean, plugin?: string, limit = 10) =>
    journal.list({ unfinished, plugin, limit }).map(({ number }) => number)
  expect(listed(false)).toEqual([6, 5, 4, 3, 2, 1])
  expect(listed(true)).toEqual([3, 2, 1])
  expect(listed(false, 'news')).toEqual([6, 4, 2])
  expect(listed(true, 'news')).toEqual([2])
  expect(listed(false, undefined, 2)).toEqual([6, 5])
  expect(journal.ended(6)).toEqual([4, 5])
  expect(store.transact(() => journal.ended(6).map((number) => journal.remove(number, 6)))).toEqual([true, true])
  expect(listed(false)).toEqual([6, 3, 2, 1])
  expect(journal.steps(4)).toEqual([])
  expect(journal.steps(6)).toHaveLength(2)
  store.close()
})

it('[R2] journal.release() gives back every chain of a process that is gone, also one that is older than the first it had', () => {
  using store = openStore({ path: ':memory:' })
  const journal = createJournal(store)
  const presence = createPresence(store, createFakeClock(), 'me', 1)
  store.transact(() => {
    for (const owner of ['me', 'other', 'me', 'me']) journal.addRun({ ...ROW, id: `c-${owner}`, owner }, undefined)
    journal.end(4, 'done', undefined, null, 1)
    for (const number of [3, 1, 4]) presence.appear(number)
    expect(journal.release('me')).toBe(2)
    presence.forget('me')
    expect(journal.release('me')).toBe(0)
  })
  expect(journal.claim('next', 0, 10).map(({ number, fence }) => [number, fence])).toEqual([
    [1, 3],
    [3, 3],
  ])
})

it('createJournal() looks through the whole journal for nothing but definitions that nobody has any more', () => {
  using store = openStore({ path: ':memory:' })
  const statements = new Set<string>()
  const watched: Store = {
    ...store,
    prepare(sql) {
      statements.add(sql)
      return store.prepare(sql)
    },
  }
  for (const plugins of [undefined, ['news']]) createJournal(watched, plugins)
  const planOf = (sql: string) =>
    store
      .prepare(`EXPLAIN QUERY PLAN ${sql}`)
      .all<{ detail: string }>()
      .map(({ detail }) => detail)
  const isWhole = (step: string): boolean => /AUTOMATIC|^SCAN (chain_journal|leaf|chain)\b(?! USING INDEX)/.test(step)
  // `chain` is also what steps from one chain to the next are called.
  const found = [...statements].filter((sql) =>
    planOf(sql).some((step) => isWhole(step) && !(sql.includes('RECURSIVE chain') && step === 'SCAN chain')),
  )
  expect(statements.size).toBeGreaterThan(30)
  expect(found).toEqual([expect.stringMatching(/^DELETE FROM chain_definition/)])
})

it('createJournal() finds a chain whose number is not what its id says, as others began at the same time', () => {
  const store = openStore({ path: ':memory:' })
  const journal = createJournal(store)
  const ids = [1, 1, 1, 2_000].map((expected) => createChainId(expected, Math.random))
  const numbers = ids.map((id) => store.transact(() => journal.addRun({ ...ROW, id }, undefined)))
  expect(ids.map((id) => journal.run(id)?.number)).toEqual(numbers)
  expect(journal.run(createChainId(2, Math.random))).toBeUndefined()
  store.close()
})
