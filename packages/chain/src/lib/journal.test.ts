import { openStore } from '@switchyard/store'
import { expect, it } from 'vitest'
import { createChainId } from './chain-id.ts'
import { createJournal, MIGRATIONS } from './journal.ts'

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
    { path: 'early', place: 0 },
    { path: 'late', place: 1 },
  ])
  expect(journal.run('c-4')).toMatchObject({ number: 4, name: 'old' })
  expect(journal.nextNumber()).toBe(5)
  expect(journal.steps(4)).toMatchObject([{ path: 'other', place: 0, state: 'waiting' }])
  expect(journal.waitingFor('bell').map(({ run, path }) => [run, path])).toEqual([
    [3, 'late'],
    [4, 'other'],
  ])
  expect(journal.setAnswer(3, 'late', 'waiting', '"rung"')).toBe(true)
  journal.removeStep(3, 'early')
  expect(journal.steps(3)).toMatchObject([{ path: 'late', answer: '"rung"' }])
  store.close()
})

it('createJournal() finds a chain whose number is not what its id says, as others began at the same time', () => {
  const store = openStore({ path: ':memory:' })
  const journal = createJournal(store)
  const ids = [1, 1, 1, 2_000].map((expected) => createChainId(expected, Math.random))
  const numbers = ids.map((id) =>
    store.transact(() =>
      journal.addRun({
        id,
        name: 'a',
        definition: '',
        input: '{}',
        trace: '',
        startedMs: 0,
        owner: 'me',
        plugin: undefined,
        key: undefined,
      }),
    ),
  )
  expect(ids.map((id) => journal.run(id)?.number)).toEqual(numbers)
  expect(journal.run(createChainId(2, Math.random))).toBeUndefined()
  store.close()
})
