/** One observation: signals (a constant 1 among them, if wanted), what happened, and how much it counts. */
export interface Observation {
  readonly signals: readonly number[]
  readonly happened: boolean
  readonly weight: number
}

/** The chance that coefficients give for signals. */
export const chanceOf = (coefficients: readonly number[], signals: readonly number[]): number =>
  1 / (1 + Math.exp(-coefficients.reduce((sum, value, i) => sum + value * signals[i]!, 0)))

const MAX_STEPS = 50
const SETTLED = 1e-6

/**
 * Logistic coefficients that fit the observations, pulled towards `usual` as if `usualCount` had been seen before: what is
 * cleanly separated, or hardly seen, leaves them finite. Newton's method; a step that makes things worse is halved.
 */
export function fitLogistic(observations: readonly Observation[], usual: readonly number[], usualCount: number): number[] {
  const lossAt = (at: readonly number[]): number => {
    let loss = at.reduce((sum, value, i) => sum + (usualCount * (value - usual[i]!) ** 2) / 2, 0)
    for (const { signals, happened, weight } of observations) {
      const towards = at.reduce((sum, value, i) => sum + value * signals[i]!, 0) * (happened ? -1 : 1)
      // ln(1 + e^t), for any t without overflow.
      loss += weight * (Math.max(towards, 0) + Math.log1p(Math.exp(-Math.abs(towards))))
    }
    return loss
  }
  let at = [...usual]
  let loss = lossAt(at)
  for (let step = 0; step < MAX_STEPS; step++) {
    const move = newtonStep(observations, at, usual, usualCount)
    let part = 1
    let next = at
    let nextLoss = loss
    do {
      next = at.map((value, i) => value - part * move[i]!)
      nextLoss = lossAt(next)
      part /= 2
    } while (nextLoss > loss && part > SETTLED)
    if (nextLoss > loss - SETTLED) return at
    at = next
    loss = nextLoss
  }
  return at
}

function newtonStep(observations: readonly Observation[], at: readonly number[], usual: readonly number[], usualCount: number): number[] {
  const slope = at.map((value, i) => usualCount * (value - usual[i]!))
  const curve = at.map((_, i) => at.map((_, j) => (i === j ? usualCount : 0)))
  for (const { signals, happened, weight } of observations) {
    const chance = chanceOf(at, signals)
    for (let i = 0; i < at.length; i++) {
      slope[i]! += weight * (chance - Number(happened)) * signals[i]!
      for (let j = 0; j < at.length; j++) curve[i]![j]! += weight * chance * (1 - chance) * signals[i]! * signals[j]!
    }
  }
  return solve(curve, slope)
}

/** Solves a small symmetric positive system by elimination. */
function solve(matrix: readonly (readonly number[])[], right: readonly number[]): number[] {
  const rows = matrix.map((row, i) => [...row, right[i]!])
  for (let i = 0; i < rows.length; i++)
    for (let j = 0; j < rows.length; j++) {
      if (i === j) continue
      const factor = rows[j]![i]! / rows[i]![i]!
      for (let k = i; k <= rows.length; k++) rows[j]![k]! -= factor * rows[i]![k]!
    }
  return rows.map((row, i) => row.at(-1)! / row[i]!)
}
