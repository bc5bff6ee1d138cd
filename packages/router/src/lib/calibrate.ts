import type { LeftOut } from './left-out.ts'
import { chanceOf, fitLogistic } from './logistic.ts'
import { bestScores, type RankedScore, sharesOf } from './ranking.ts'

/** What turns raw scores into chances, and chances into an outcome. */
export interface Calibration {
  /** Logistic coefficients of "some command is meant": constant, best score, background's score. */
  readonly scope: readonly [constant: number, best: number, background: number]
  /** How sharply better scores are preferred among commands. */
  readonly sharpness: number
  /** At or above this confidence the first command is done unasked. */
  readonly actAbove: number
  /** Below this chance that any command is meant, nothing is offered. */
  readonly abstainBelow: number
}

/** Holds where a set is too small to tell; measured once on everyday requests with ten examples a command. */
const USUAL: Calibration = { scope: [1.9, 2.6, -0.5], sharpness: 5, actAbove: 0.9, abstainBelow: 0.7 }
/** How many left-out requests the usual coefficients weigh as much as. */
const USUAL_COUNTS = 10
/** Requests that no command does, for each that some command does. People mostly ask for what is there. */
const OUT_OF_SCOPE_SHARE = 0.08
/** The same where it decides about acting unasked: there a mistake costs more than a question. */
const OUT_OF_SCOPE_SHARE_ACTING = 0.1
const ACT_PRECISION = 0.98
/** In-scope requests that may be lost to abstaining. */
const LOST_SHARE = 0.01
/** No single miss counts more than this. */
const LEAST_SHARE = 1e-3
/** Fewer left-out requests than this set no threshold. */
const ENOUGH = 50

/** The background's score is bounded, as far below means no more than below. */
const backgroundSignal = (score: number): number => Math.max(score, -1.2)

/** The chance that some command is meant at all. */
export const scopeOf = ({ scope }: Calibration, bestScore: number, backgroundScore: number): number =>
  chanceOf(scope, [1, bestScore, backgroundSignal(backgroundScore)])

/** Learns the calibration from requests whose command the scoring model had not seen. */
export function calibrate(leftOut: readonly LeftOut[]): Calibration {
  const judged = leftOut.map(
    ({ scores, right }): Judged => ({ best: bestScores(scores, scores.keys().take(scores.length - 1)), background: scores.at(-1)!, right }),
  )
  const inScope = judged.filter(({ right }) => right !== undefined)
  const outCount = judged.length - inScope.length
  if (inScope.length === 0) return USUAL
  const outWeight = (share: number): number => (outCount === 0 ? 0 : (share * inScope.length) / outCount)
  const fitted = { ...USUAL, scope: fitScope(judged, outWeight(OUT_OF_SCOPE_SHARE)), sharpness: fitSharpness(inScope) }
  return inScope.length < ENOUGH ? fitted : { ...fitted, ...fitThresholds(fitted, judged, outWeight(OUT_OF_SCOPE_SHARE_ACTING)) }
}

interface Judged {
  readonly best: readonly RankedScore[]
  readonly background: number
  readonly right: number | undefined
}

function fitScope(judged: readonly Judged[], outWeight: number): Calibration['scope'] {
  const observations = judged.map(({ best, background, right }) => ({
    signals: [1, best[0]!.score, backgroundSignal(background)],
    happened: right !== undefined,
    weight: right === undefined ? outWeight : 1,
  }))
  const [constant, ofBest, ofBackground] = fitLogistic(observations, USUAL.scope, USUAL_COUNTS)
  return [constant!, ofBest!, ofBackground!]
}

/** The sharpness under which the right commands are likeliest, between 2 and 14. */
function fitSharpness(inScope: readonly Judged[]): number {
  let chosen = USUAL.sharpness
  let least = Number.POSITIVE_INFINITY
  for (let sharpness = 2; sharpness <= 14; sharpness += 0.25) {
    let surprise = USUAL_COUNTS * Math.log(sharpness / USUAL.sharpness) ** 2
    for (const { best, right } of inScope) {
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

function fitThresholds(
  calibration: Calibration,
  leftOut: readonly Judged[],
  outWeight: number,
): Pick<Calibration, 'actAbove' | 'abstainBelow'> {
  const judged = leftOut.map(({ best, background, right }) => {
    const scope = scopeOf(calibration, best[0]!.score, background)
    const confidence = scope * sharesOf(best, calibration.sharpness)[0]!
    return { scope, confidence, correct: best[0]!.index === right, weight: right === undefined ? outWeight : 1 }
  })
  judged.sort((a, b) => b.confidence - a.confidence)
  let actAbove = 1
  let acted = 0
  let wrong = 0
  for (const { confidence, correct, weight } of judged) {
    acted += weight
    if (!correct) wrong += weight
    if (wrong <= (1 - ACT_PRECISION) * acted) actAbove = confidence
  }
  const kept = judged.filter(({ correct }) => correct).map(({ scope }) => scope)
  kept.sort((a, b) => a - b)
  const abstainBelow = kept[Math.floor(LOST_SHARE * kept.length)] ?? USUAL.abstainBelow
  return { actAbove: clamp(actAbove, 0.5, 0.98), abstainBelow: clamp(abstainBelow, 0.1, 0.9) }
}

const clamp = (value: number, least: number, most: number): number => Math.min(most, Math.max(least, value))
