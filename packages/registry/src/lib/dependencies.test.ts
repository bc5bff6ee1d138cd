import { expect, test } from 'vitest'
import { checkDependencies } from './dependencies.ts'
import type { Registered } from './entry.ts'

const plugin = (name: string, dependencies: readonly string[]): readonly [string, Registered] => [
  name,
  {
    name,
    summary: '',
    capabilities: { domains: [], contexts: [], patterns: [] },
    dependencies: dependencies.map((one) => ({ name: one })),
    origin: 'files',
    entries: [],
  },
]

test('checkDependencies() tells of plugins that all need one another without drowning in it', () => {
  const names = Array.from({ length: 2_000 }, (_, i) => `plugin-${i}`)
  const all = new Map(
    names.map((name, i) =>
      plugin(
        name,
        Array.from({ length: 100 }, (_, j) => names[(i + j + 1) % names.length]!),
      ),
    ),
  )
  const { order, problems } = checkDependencies(all)
  expect(order).toHaveLength(names.length)
  expect(problems.length).toBeGreaterThan(0)
  expect(problems.length).toBeLessThanOrEqual(1_000)
  expect(Math.max(...problems.map(({ message }) => message.length))).toBeLessThan(300)
})

test('checkDependencies() names a small circle in full', () => {
  const { problems } = checkDependencies(new Map([plugin('a', ['b']), plugin('b', ['a'])]))
  expect(problems).toEqual([{ plugin: 'b', dependency: 'a', kind: 'cycle', message: 'a needs b needs a' }])
})

test('checkDependencies() follows a row of needs however long somebody made it', () => {
  const names = Array.from({ length: 20_000 }, (_, i) => `plugin-${i}`)
  const { order, problems } = checkDependencies(new Map(names.map((name, i) => plugin(name, names.slice(i + 1, i + 2)))))
  expect(order).toEqual(names.reverse())
  expect(problems).toEqual([])
})
