import { type Check, DOMAINS, type Domain, type Finding } from './check.ts'

export type CheckStatus = 'pass' | 'warn' | 'fail' | 'unknown'

/** A check that applied, with what it found. */
export interface Judged {
  readonly check: Check
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

/** Earned over possible, in whole percent rounded down, so that 100 means that nothing is left to mend; a warning earns half, and nothing when `strict`. */
export function scoreOf(judged: readonly Judged[], { strict = false }: { strict?: boolean } = {}): Score {
  const earned = (items: readonly Judged[]): number =>
    items.reduce((sum, { check, status }) => sum + check.weight * share(status, strict), 0)
  const possible = (items: readonly Judged[]): number =>
    items.reduce((sum, { check, status }) => sum + (status === 'unknown' ? 0 : check.weight), 0)
  const all = judged.reduce((sum, { check }) => sum + check.weight, 0)
  const score = percent(earned(judged), possible(judged))

  const domains = DOMAINS.flatMap((domain): DomainScore[] => {
    const items = judged.filter(({ check }) => check.domain === domain)
    if (items.length === 0) return []
    const count = (status: CheckStatus): number => items.filter((item) => item.status === status).length
    const sums = { earned: earned(items), possible: possible(items) }
    return [
      {
        domain,
        score: percent(sums.earned, sums.possible),
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
    confidence: percent(possible(judged), all),
    domains,
    nextBestFix: bestFix(judged, strict, possible(judged)),
  }
}

function bestFix(judged: readonly Judged[], strict: boolean, possible: number): Score['nextBestFix'] {
  let best: { check: Check; points: number } | undefined
  for (const { check, status } of judged) {
    if (status !== 'fail' && status !== 'warn') continue
    const points = check.weight * (1 - share(status, strict))
    if (best === undefined || points > best.points) best = { check, points }
  }
  return best && { check: best.check, gain: Math.round((1_000 * best.points) / possible) / 10 }
}

function share(status: CheckStatus, strict: boolean): number {
  if (status === 'pass') return 1
  return status === 'warn' && !strict ? 0.5 : 0
}

function percent(part: number, whole: number): number {
  return whole === 0 ? 100 : Math.floor((100 * part) / whole)
}
