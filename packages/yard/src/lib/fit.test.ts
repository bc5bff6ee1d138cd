import type { DecidedPart } from '@switchyard/router'
import { describe, expect, it } from 'vitest'
import { fitOf } from './fit.ts'

const MINUTE_MS = 60_000
/** By its name: minutes and dollars. */
const FIGURES: Readonly<Record<string, readonly [minutes: number, usd: number]>> = {
  look: [1, 0],
  draw: [5, 0.3],
  paint: [10, 0.2],
  print: [2, 0.2],
}
const figures = (command: string) => ({ durationMs: FIGURES[command]![0] * MINUTE_MS, costUsd: FIGURES[command]![1] })
const part = (command: string, ...after: number[]): DecidedPart => ({
  text: command,
  command,
  confidence: 1,
  args: {},
  missing: [],
  alternatives: [],
  after,
})

describe('fitOf()', () => {
  const parts = [part('look'), part('draw', 0), part('paint', 1), part('print', 0)]

  it('leaves nothing out of what fits', () => {
    expect(fitOf(parts, figures, { budgetUsd: 0.7, maxMinutes: 16 })).toMatchObject({
      isFeasible: true,
      estimate: { costUsd: 0.7, durationMs: 16 * MINUTE_MS },
      leftOut: [],
    })
    expect(fitOf(parts, figures, {})).toMatchObject({ isFeasible: true })
    expect(fitOf([], figures, { budgetUsd: 0.1 })).toMatchObject({ isFeasible: true, leftOut: [] })
  })

  it('leaves out what saves most of what there is too much of, the later of two alike, and nothing that another waits for', () => {
    expect(fitOf(parts, figures, { budgetUsd: 0.6 })).toMatchObject({ isFeasible: false, leftOut: [3] })
    expect(fitOf(parts, figures, { budgetUsd: 0.4 })).toMatchObject({ leftOut: [2, 3] })
    expect(fitOf(parts, figures, { maxMinutes: 15 })).toMatchObject({ leftOut: [2] })
    expect(fitOf(parts, figures, { maxMinutes: 3 })).toMatchObject({ leftOut: [1, 2] })
  })

  it('leaves out all of it where nothing fits', () => {
    expect(fitOf([part('draw'), part('print')], figures, { budgetUsd: 0.1 })).toMatchObject({ isFeasible: false, leftOut: [0, 1] })
  })

  it('holds to both limits', () => {
    expect(fitOf(parts, figures, { budgetUsd: 0.6, maxMinutes: 3 })).toMatchObject({ leftOut: [1, 2, 3] })
  })
})
