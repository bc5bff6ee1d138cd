import { command, definePlugin } from '@switchyard/plugin-kit'
import { openStore } from '@switchyard/store'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { commandsOf } from './commands-of.ts'
import { isLearnedFrom, learnRouter, loadModel } from './router-knowledge.ts'

const shop = (example: string) => [
  definePlugin({
    name: 'shop',
    version: '1.0.0',
    summary: 'Sells',
    commands: {
      order: command({ summary: 'Order', examples: [example], effect: 'read', input: z.object({}), output: z.object({}), run: () => ({}) }),
      list: command({
        summary: 'List',
        examples: ['list all'],
        effect: 'read',
        input: z.object({}),
        output: z.object({}),
        run: () => ({}),
      }),
    },
  }),
]
const kept = (store: ReturnType<typeof openStore>) => store.prepare('SELECT count(*) AS models FROM router_model').get<{ models: number }>()

test('loadModel() takes a model that was made of these very plugins, and learns nothing', () => {
  using store = openStore({ path: ':memory:' })
  const bytes = learnRouter(shop('order a hat'))
  loadModel(store, commandsOf(shop('order a hat')), [])
  store.prepare('DELETE FROM router_model').run()
  expect(
    loadModel(store, commandsOf(shop('order a hat')), [], { shipped: () => bytes, onLearn: () => expect.fail('learned') }).ids,
  ).toEqual(['shop.list', 'shop.order'])
  expect(kept(store)).toEqual({ models: 0 })
})

test.each([
  ['of other examples', () => learnRouter(shop('buy a coat'))],
  ['that is damaged', () => learnRouter(shop('order a hat')).fill(7, 500, 600)],
  ['that is cut off', () => learnRouter(shop('order a hat')).subarray(0, 90)],
  ['that is not there', () => undefined],
])('loadModel() learns anew beside a model %s', (_, shipped) => {
  using store = openStore({ path: ':memory:' })
  const told: string[] = []
  const load = () => loadModel(store, commandsOf(shop('order a hat')), [], { shipped, onLearn: () => void told.push('learning') })
  expect([load(), load()].map(({ ids }) => ids.length)).toEqual([2, 2])
  expect(told).toEqual(['learning'])
  expect(kept(store)).toEqual({ models: 1 })
})

test('isLearnedFrom() tells a model of these plugins from one of others', () => {
  expect(isLearnedFrom(learnRouter(shop('order a hat')), shop('order a hat'))).toBe(true)
  expect(isLearnedFrom(learnRouter(shop('order a hat')), shop('buy a coat'))).toBe(false)
  expect(isLearnedFrom(new Uint8Array(), shop('buy a coat'))).toBe(false)
})
