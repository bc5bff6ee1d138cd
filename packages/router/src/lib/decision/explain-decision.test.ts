import { describe, expect, it } from 'vitest'
import { trainRouter } from '../train.ts'
import type { Decided, DecidedPart } from './decide.ts'
import { explainDecision } from './explain-decision.ts'

const model = trainRouter([
  { id: 'oven.look', summary: 'Look into the oven', examples: ['look into the oven', 'is the bread brown', 'check the oven'] },
  { id: 'oven.bake', summary: 'Bake bread', examples: ['bake a loaf', 'bake some bread', 'make bread'] },
])

function whatWouldChange(outcome: Decided['outcome'], part: Partial<DecidedPart>): string | undefined {
  const said = {
    text: 'check the oven',
    command: 'oven.look',
    confidence: 0.5,
    args: {},
    missing: [],
    alternatives: [],
    after: [],
    ...part,
  }
  const decided: Decided = { request: said.text, outcome, parts: [said], refused: [], strategy: 'single' }
  return explainDecision(model, decided, []).parts[0]?.wouldChange
}

describe('explainDecision()', () => {
  it('says what would have changed the decision, and not that what was done was less sure than it takes', () => {
    const next = [{ command: 'oven.bake', confidence: 0.3 }]
    expect(whatWouldChange('ask', { alternatives: next })).toMatch(/^words nearer to an example: 50 % is less than the \d+ %/)
    expect(whatWouldChange('routed', { alternatives: next })).toBe('words that speak for oven.bake, which has 30 %')
    expect(whatWouldChange('routed', {})).toBe('nothing: no other command comes near')
    expect(whatWouldChange('ask', { missing: ['oven', 'minutes'] })).toBe('saying the oven and the minutes')
  })
})
