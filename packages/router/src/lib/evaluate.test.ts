import { describe, expect, test } from 'vitest'
import { WORKSPACE } from '../../test/workspace.ts'
import { evaluateRouter, parseLabelledSet, separation } from './evaluate.ts'

const set = {
  name: 'small',
  intents: WORKSPACE.map(({ id, summary, examples }) => ({ id, description: summary, examples })),
  test: [
    { text: 'restart the worker please', intent: 'ops.service.restart' },
    { text: 'is the web healthy', intent: 'ops.health.scan' },
    { text: 'cut a major release', intent: 'release.cut' },
    { text: 'restart the billing service', intent: 'test.run' },
    { text: 'why is the sky blue', intent: null },
    { text: 'my shoes are too small', intent: null },
  ],
}

describe('evaluateRouter()', () => {
  test('counts what it says it counts', () => {
    const measured = evaluateRouter(set)
    expect(measured).toMatchObject({ name: 'small', n: 6, outOfScope: 2, accuracy: 0.75, top3: 0.75 })
    expect(measured.oos).toEqual({ auroc: 1, recallAt95InScope: 1 })
    expect(measured.confusions).toEqual([{ right: 'test.run', routed: 'ops.service.restart', n: 1 }])
    expect(measured.outcomes.act + measured.outcomes.ask + measured.outcomes.abstain).toBeCloseTo(1)
    expect(measured.outcomes.actPrecision).toBeLessThan(1)
    expect(measured.ece).toBeGreaterThan(0.2)
    expect(measured.latencyUs.p50).toBeLessThanOrEqual(measured.latencyUs.p95)
  })

  test('says null for what a set cannot tell', () => {
    expect(evaluateRouter({ ...set, test: [] })).toMatchObject({ n: 0, accuracy: null, top3: null, oos: null, ece: null })
  })
})

test('separation() is the chance of the right order, ties counting half', () => {
  expect(separation([3, 2], [1, 0])).toEqual({ auroc: 1, recallAt95InScope: 1 })
  expect(separation([1, 1], [1, 1])).toEqual({ auroc: 0.5, recallAt95InScope: 0 })
  expect(separation([4, 2], [3, 1]).auroc).toBe(0.75)
})

describe('parseLabelledSet()', () => {
  test('returns a set that holds', () => {
    expect(parseLabelledSet(set)).toBe(set)
  })

  test('names every problem at once', () => {
    const broken = { name: 1, intents: [{ id: 'a', description: 'b', examples: [3] }], test: [{ text: 'x' }] }
    expect(() => parseLabelledSet(broken)).toThrow(
      'name is not a string; intents[0].examples is not a list of strings; test[0].intent is neither a string nor null',
    )
    expect(() => parseLabelledSet(null)).toThrow('it is not an object')
  })
})
