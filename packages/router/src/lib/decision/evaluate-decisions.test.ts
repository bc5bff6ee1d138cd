import { describe, expect, it } from 'vitest'
import { factsOf } from './command-facts.ts'
import type { Decided, DecidedPart } from './decide.ts'
import { evaluateDecisions, type LabelledRequest } from './evaluate-decisions.ts'

const part = (command: string, values: Readonly<Record<string, string>> = {}, more: Partial<DecidedPart> = {}): DecidedPart => ({
  text: '',
  command,
  confidence: 1,
  args: Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value, from: [0, 1] as const }])),
  missing: [],
  alternatives: [],
  after: [],
  ...more,
})
const decided = (outcome: Decided['outcome'], ...parts: readonly DecidedPart[]): Decided => ({
  request: '',
  outcome,
  parts,
  refused: [],
  strategy: 'single',
})

const ROWS: readonly (readonly [LabelledRequest, Decided])[] = [
  [{ text: 'right', command: 'a', args: { env: 'Test' } }, decided('routed', part('a', { env: 'test' }))],
  [{ text: 'wrong arguments', command: 'a', args: {} }, decided('routed', part('a', { env: 'test' }))],
  [{ text: 'second', command: 'a' }, decided('ask', part('b', {}, { alternatives: [{ command: 'a', confidence: 0.2 }] }))],
  [{ text: 'split', command: 'a' }, decided('ask', part('a'), part('b'))],
  [
    { text: 'both', parts: [{ command: 'a' }, { command: 'b', conditional: true }] },
    decided('routed', part('a'), part('b', {}, { when: 'x' })),
  ],
  [{ text: 'no condition', parts: [{ command: 'a' }, { command: 'b', conditional: true }] }, decided('ask', part('a'), part('b'))],
  [{ text: 'off topic', command: null }, decided('abstain')],
  [{ text: 'destroys', command: null }, decided('routed', part('gone'))],
]

describe('evaluateDecisions()', () => {
  it('counts what is right, what is acted on, and what would have been destroyed', () => {
    const answers = new Map(ROWS.map(([{ text }, decision]) => [text, decision]))
    const measured = evaluateDecisions(
      ROWS.map(([request]) => request),
      (text) => answers.get(text)!,
      { name: 'rows', destroys: (id) => id === 'gone' },
    )
    expect(measured).toMatchObject({
      name: 'rows',
      n: 8,
      counts: { single: 4, compound: 2, outOfScope: 2 },
      accuracy: 3 / 4,
      top3: 1,
      args: 1 / 2,
      compound: 1 / 2,
      acted: { share: 3 / 6, precision: 1, exact: 2 / 3 },
      oos: { notActed: 1 / 2, abstained: 1 / 2 },
      wronglySplit: 1 / 4,
      destroyedUnasked: 1,
      confusions: [{ expected: 'a', got: 'b', count: 1 }],
    })
    expect(measured.misses.map(({ text, acted }) => [text, acted])).toEqual([
      ['wrong arguments', true],
      ['second', false],
      ['split', false],
      ['no condition', false],
      ['destroys', true],
    ])
  })

  it('counts an argument that says what a command takes anyway as none, and weeks said as days', () => {
    const facts = factsOf({
      id: 'a',
      summary: 'Look',
      effect: 'read',
      input: { type: 'object', properties: { level: { type: 'string', default: 'low' }, since: { type: 'string' } } },
      output: {},
    })
    const measure = (args: Readonly<Record<string, string>>, read: Readonly<Record<string, string>>): number | null =>
      evaluateDecisions([{ text: 'look', command: 'a', args }], () => decided('routed', part('a', read)), {
        name: 'defaults',
        destroys: () => false,
        facts: () => facts,
      }).args
    expect(measure({}, { level: 'low' })).toBe(1)
    expect(measure({ level: 'low', since: '2w' }, { since: '14d' })).toBe(1)
    expect(measure({}, { level: 'high' })).toBe(0)
    expect(measure({ level: 'high' }, {})).toBe(0)
  })

  it('has no shares of nothing', () => {
    const measured = evaluateDecisions([], () => decided('abstain'), { name: 'none', destroys: () => false })
    expect(measured).toMatchObject({ n: 0, accuracy: null, args: null, compound: null, oos: { notActed: null }, destroyedUnasked: 0 })
  })
})
