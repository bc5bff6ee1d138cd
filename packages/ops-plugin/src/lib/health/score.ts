import { type Check, DOMAINS, type Domain, type Finding } from './check.ts'

export type CheckStatus = 'pass' | 'warn' | 'fail' | 'unknown'

/** A check that applied, with what it weighs in this project and what it found. */
export interface Judged {
  readonly check: Check
  readonly weight: number
  readonly status: CheckStatus
  readonly findings: readonly Finding[]
}

interface DomainScore {
  readonly domain: Domain
  readonly score: number
  readonly earned: number
  readonly possible: number
  readonly pass: number
  readonly warn: number
  readonly fail: number
  readonly unknown: number
}

export interface Score {
  readonly score: number
  readonly status: 'pass' | 'warn' | 'fail'
  /** Share of the applying weight that could be judged, in percent: what is unknown lowers this and not the score. */
  readonly confidence: number
  readonly domains: readonly DomainScore[]
  /** Failed checks that hold the score down to less than the others earn. */
  readonly caps: readonly { readonly check: Check; readonly at: number }[]
  /** The one mend that earns most. */
  readonly nextBestFix: { readonly check: Check; readonly gain: number } | undefined
}

const PASS_FROM = 80
const WARN_FROM = 50

/** The worst finding decides. */
export function statusOf(findings: readonly Finding[]): CheckStatus {
  for (const status of ['fail', 'warn', 'unknown'] as const) if (findings.some((finding) => finding.status === status)) return status
  return 'pass'
}

/**
 * Earned over possible, in whole percent rounded down, so that 100 means that nothing is left to mend; a warning earns half, and
 * nothing when `strict`. A failed check that has a cap holds the whole down to it.
 */
export function scoreOf(judged: readonly Judged[], { strict = false }: { strict?: boolean } = {}): Score {
  const exact = exactScore(judged, strict)
  const score = Math.floor(exact)
  const domains = DOMAINS.flatMap((domain): DomainScore[] => {
    const items = judged.filter(({ check }) => check.domain === domain)
    if (items.length === 0) return []
    const count = (status: CheckStatus): number => items.filter((item) => item.status === status).length
    const sums = { earned: earnedBy(items, strict), possible: possibleOf(items) }
    return [
      {
        domain,
        score: Math.floor(percent(sums.earned, sums.possible)),
        ...sums,
        pass: count('pass'),
        warn: count('warn'),
        fail: count('fail'),
        unknown: count('unknown'),
      },
    ]
  })
  return {
    score,
    status: score >= PASS_FROM ? 'pass' : score >= WARN_FROM ? 'warn' : 'fail',
    confidence: Math.floor(
      percent(
        possibleOf(judged),
        judged.reduce((sum, { weight }) => sum + weight, 0),
      ),
    ),
    caps: judged.flatMap(({ check, status }) =>
      status === 'fail' && check.cap !== undefined && check.cap < percent(earnedBy(judged, strict), possibleOf(judged))
        ? [{ check, at: check.cap }]
        : [],
    ),
    domains,
    nextBestFix: bestFix(judged, strict, exact),
  }
}

/** What the score would be, less what it is, for each check that did not pass; the first of the best. */
function bestFix(judged: readonly Judged[], strict: boolean, exact: number): Score['nextBestFix'] {
  let best: { check: Check; gain: number; points: number } | undefined
  for (const [index, one] of judged.entries()) {
    if (one.status !== 'fail' && one.status !== 'warn') continue
    const points = one.weight * (1 - share(one.status, strict))
    const gain = exactScore(judged.with(index, { ...one, status: 'pass' }), strict) - exact
    // Where two caps hold, mending either gains nothing yet: then the points decide.
    if (best === undefined || gain > best.gain || (gain === best.gain && points > best.points)) best = { check: one.check, gain, points }
  }
  return best && { check: best.check, gain: Math.round(10 * best.gain) / 10 }
}

function exactScore(judged: readonly Judged[], strict: boolean): number {
  const caps = judged.flatMap(({ check, status }) => (status === 'fail' ? (check.cap ?? []) : []))
  return Math.min(percent(earnedBy(judged, strict), possibleOf(judged)), ...caps)
}

const earnedBy = (judged: readonly Judged[], strict: boolean): number =>
  judged.reduce((sum, { weight, status }) => sum + weight * share(status, strict), 0)
const possibleOf = (judged: readonly Judged[]): number =>
  judged.reduce((sum, { weight, status }) => sum + (status === 'unknown' ? 0 : weight), 0)

function share(status: CheckStatus, strict: boolean): number {
  if (status === 'pass') return 1
  return status === 'warn' && !strict ? 0.5 : 0
}

const percent = (part: number, whole: number): number => (whole === 0 ? 100 : (100 * part) / whole)
