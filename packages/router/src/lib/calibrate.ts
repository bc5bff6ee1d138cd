import type { LeftOut } from './left-out.ts'
import { chanceOf, fitLogistic } from './logistic.ts'
import { bestScores, type RankedScore, sharesOf } from './ranking.ts'

/** What turns raw scores into chances, and chances into an outcome. */
export interface Calibration {
  /** Logistic coefficients of "some command is meant": constant, best score, background's score, unknown share. */
  readonly scope: readonly [constant: number, best: number, background: number, unknown: number]
  /** How sharply better scores are preferred among commands. */
  readonly sharpness: number
  /** At or above this confidence the first command is done unasked. */
  readonly actAbove: number
  /** The same for a command that destroys. */
  readonly destroyAbove: number
  /** Below this chance that any command is meant, nothing is offered. */
  readonly abstainBelow: number
}

/** Holds where a set is too small to tell; measured once on everyday requests with ten examples a command. */
const USUAL: Calibration = { scope: [1.9, 2.6, -0.5, -1], sharpness: 5, actAbove: 0.9, destroyAbove: 0.95, abstainBelow: 0.7 }
/** How many left-out requests the usual coefficients weigh as much as. */
const USUAL_COUNTS = 10
/** Requests that no command does, for each that some command does. People mostly ask for what is there. */
const OUT_OF_SCOPE_SHARE = 0.1
/** How much of that the background stands for: texts of commands that are left out are harder than what people ask for in vain. */
const BACKGROUND_PART = 0.8
const ACT_PRECISION = 0.98
/**
 * Left-out examples are harder than requests where each says something of its own, most of all where they were chosen for being misread, and
 * easier where some say nearly the same; what is measured on them moves a threshold within these bounds alone, between which chances hold.
 */
const ACT_BOUNDS = [0.85, 0.9] as const
const DESTROY_BOUNDS = [0.95, 0.98] as const
/** In-scope requests that may be lost to abstaining. */
const LOST_SHARE = 0.001
/** No single miss counts more than this. */
const LEAST_SHARE = 1e-3
/** Fewer left-out requests than this set no threshold. */
const ENOUGH = 50

/** The background's score is bounded, as far below means no more than below. */
const backgroundSignal = (score: number): number => Math.max(score, -1.2)

/** The chance that some command is meant at all. */
export const scopeOf = ({ scope }: Calibration, bestScore: number, backgroundScore: number, unknown: number): number =>
  chanceOf(scope, [1, bestScore, backgroundSignal(backgroundScore), unknown])

/** Learns the calibration from requests whose command the scoring model had not seen. */
export function calibrate(leftOut: readonly LeftOut[]): Calibration {
  const inScope = leftOut.filter(({ right }) => typeof right === 'number').length
  if (inScope === 0) return USUAL
  const judged = weighed(leftOut, inScope)
  const fitted = { ...USUAL, scope: fitScope(judged), sharpness: fitSharpness(judged) }
  return inScope < ENOUGH ? fitted : { ...fitted, ...fitThresholds(fitted, judged) }
}

interface Judged {
  readonly best: readonly RankedScore[]
  readonly background: number
  readonly unknown: number
  readonly right: LeftOut['right']
  readonly weight: number
}

/** What is out of scope weighs as much as its share among requests, the two kinds of it by their parts. */
function weighed(leftOut: readonly LeftOut[], inScope: number): readonly Judged[] {
  const counts = { absent: 0, background: 0 }
  for (const { right } of leftOut) if (typeof right !== 'number') counts[right]++
  const parts = { absent: 1 - BACKGROUND_PART, background: BACKGROUND_PART }
  const weightOf = (right: LeftOut['right']): number =>
    typeof right === 'number' ? 1 : (OUT_OF_SCOPE_SHARE * parts[right] * inScope) / counts[right]
  return leftOut.map(({ scores, unknown, right }) => ({
    best: bestScores(scores, scores.keys().take(scores.length - 1)),
    background: scores.at(-1)!,
    unknown,
    right,
    weight: weightOf(right),
  }))
}

function fitScope(judged: readonly Judged[]): Calibration['scope'] {
  const observations = judged.map(({ best, background, unknown, right, weight }) => ({
    signals: [1, best[0]!.score, backgroundSignal(background), unknown],
    happened: typeof right === 'number',
    weight,
  }))
  const [constant, ofBest, ofBackground, ofUnknown] = fitLogistic(observations, USUAL.scope, USUAL_COUNTS)
  return [constant!, ofBest!, ofBackground!, ofUnknown!]
}

/** The sharpness under which the right commands are likeliest, between 2 and 14. */
function fitSharpness(judged: readonly Judged[]): number {
  let chosen = USUAL.sharpness
  let least = Number.POSITIVE_INFINITY
  for (let sharpness = 2; sharpness <= 14; sharpness += 0.25) {
    let surprise = USUAL_COUNTS * Math.log(sharpness / USUAL.sharpness) ** 2
    for (const { best, right } of judged) {
      if (typeof right !== 'number') continue
      const place = best.findIndex(({ index }) => index === right)
      surprise -= Math.log(Math.max(LEAST_SHARE, sharesOf(best, sharpness)[place] ?? 0))
    }
    if (surprise < least) {
      least = surprise
      chosen = sharpness
    }
  }
  return chosen
}

function fitThresholds(calibration: Calibration, all: readonly Judged[]): Pick<Calibration, 'actAbove' | 'destroyAbove' | 'abstainBelow'> {
  const judged = all.map(({ best, background, unknown, right, weight }) => {
    const scope = scopeOf(calibration, best[0]!.score, background, unknown)
    const confidence = scope * sharesOf(best, calibration.sharpness)[0]!
    return { scope, confidence, correct: best[0]!.index === right, weight }
  })
  judged.sort((a, b) => b.confidence - a.confidence)
  const least = leastFor(judged, ACT_PRECISION)
  const kept = judged.filter(({ correct }) => correct).map(({ scope }) => scope)
  kept.sort((a, b) => a - b)
  const abstainBelow = kept[Math.floor(LOST_SHARE * kept.length)] ?? USUAL.abstainBelow
  return {
    actAbove: clamp(least, ...ACT_BOUNDS),
    destroyAbove: clamp(least, ...DESTROY_BOUNDS),
    abstainBelow: clamp(abstainBelow, 0.1, 0.9),
  }
}

/** The least confidence above which this share is right; the surest first in \`judged\`. */
function leastFor(
  judged: readonly { readonly confidence: number; readonly correct: boolean; readonly weight: number }[],
  precision: number,
): number {
  let least = 1
  let acted = 0
  let wrong = 0
  for (const { confidence, correct, weight } of judged) {
    acted += weight
    if (!correct) wrong += weight
    if (wrong <= (1 - precision) * acted) least = confidence
  }
  return least
}

const clamp = (value: number, least: number, most: number): number => Math.min(most, Math.max(least, value))
