import { roundCents } from './collaborate.ts'
import { PRICES, type PriceTable } from './prices.ts'

/** A piece of work that one agent does. */
export interface Assignment {
  readonly agent: string
  readonly phase: string
  readonly model: string
  readonly minutes: number
  /** Its measured price for the whole piece, where there is one; else minutes times the model's. */
  readonly costUsd?: number
  /** Architects, security and what destroys keep their model unless nothing else helps. */
  readonly isCritical?: boolean
  /** A result of the same work that can be taken instead. */
  readonly isCached?: boolean
}

export interface Limits {
  readonly budgetUsd?: number | undefined
  readonly maxMinutes?: number | undefined
}

export interface Saving {
  readonly agent: string
  readonly what: 'cached' | 'model' | 'parallel'
  readonly from: string
  readonly to: string
  readonly savesUsd: number
}

export interface Fitted {
  /** False: even the cheapest and fastest way is over a limit; `assignments` are that way. */
  readonly isFeasible: boolean
  readonly assignments: readonly Assignment[]
  readonly costUsd: number
  readonly minutes: number
  readonly savings: readonly Saving[]
  readonly byModel: Readonly<Record<string, number>>
}

/** What the work loses by a cheaper model; a critical piece loses so much that it comes last. */
const LOSS_PER_STEP = 1
const CRITICAL_LOSS = 1_000

/**
 * The least that has to change for work to fit a budget and a time limit: what is cached first, as that loses nothing, then the change that
 * loses least a dollar, again and again; phases are put side by side only where time is short.
 * `after` says which phases wait for which.
 */
export function fitBudget(
  work: readonly Assignment[],
  after: Readonly<Record<string, readonly string[]>>,
  { budgetUsd = Infinity, maxMinutes = Infinity }: Limits,
  prices: PriceTable = PRICES,
): Fitted {
  const ladder = Object.entries(prices.models).sort((a, b) => b[1] - a[1])
  const costOf = ({ model, minutes, costUsd }: Assignment): number => costUsd ?? minutes * prices.models[model]!
  const total = (all: readonly Assignment[]): number => roundCents(all.reduce((sum, one) => sum + costOf(one), 0))
  const assignments = [...work]
  const savings: Saving[] = []

  for (const [i, one] of assignments.entries()) {
    if (total(assignments) <= budgetUsd) break
    if (one.isCached !== true || costOf(one) <= prices.cachedUsd) continue
    savings.push({ agent: one.agent, what: 'cached', from: one.model, to: 'cached', savesUsd: roundCents(costOf(one) - prices.cachedUsd) })
    assignments[i] = { ...one, model: 'cached', costUsd: prices.cachedUsd, minutes: 0 }
  }
  while (total(assignments) > budgetUsd) {
    const changes = assignments.flatMap((one, i) => {
      const step = ladder.findIndex(([model]) => model === one.model)
      const cheaper = step === -1 ? undefined : ladder[step + 1]
      if (cheaper === undefined) return []
      const cost = one.costUsd === undefined ? one.minutes * cheaper[1] : one.costUsd * (cheaper[1] / prices.models[one.model]!)
      const saves = costOf(one) - cost
      return saves <= 0
        ? []
        : [{ i, model: cheaper[0], cost, saves, loss: (one.isCritical === true ? CRITICAL_LOSS : LOSS_PER_STEP) / saves }]
    })
    const [best] = changes.sort((a, b) => a.loss - b.loss || a.i - b.i)
    if (best === undefined) break
    const one = assignments[best.i]!
    savings.push({ agent: one.agent, what: 'model', from: one.model, to: best.model, savesUsd: roundCents(best.saves) })
    assignments[best.i] = { ...one, model: best.model, ...(one.costUsd !== undefined && { costUsd: roundCents(best.cost) }) }
  }
  const inLine = minutesOf(assignments, undefined)
  const sideBySide = minutesOf(assignments, after)
  const isTight = inLine > maxMinutes && sideBySide < inLine
  if (isTight) savings.push({ agent: '', what: 'parallel', from: `${inLine} min`, to: `${sideBySide} min`, savesUsd: 0 })
  const minutes = isTight ? sideBySide : inLine
  const costUsd = total(assignments)
  const byModel: Record<string, number> = {}
  for (const { model } of assignments) byModel[model] = (byModel[model] ?? 0) + 1
  return { isFeasible: costUsd <= budgetUsd && minutes <= maxMinutes, assignments, costUsd, minutes, savings, byModel }
}

/** One phase behind the other, or each as soon as those that it waits for are done. */
function minutesOf(assignments: readonly Assignment[], after: Readonly<Record<string, readonly string[]>> | undefined): number {
  const phases = [...new Set(assignments.map(({ phase }) => phase))]
  const length = (phase: string): number =>
    assignments.filter((one) => one.phase === phase).reduce((longest, { minutes }) => Math.max(longest, minutes), 0)
  if (after === undefined) return phases.reduce((sum, phase) => sum + length(phase), 0)
  const ends = new Map<string, number>()
  const endOf = (phase: string, seen: readonly string[]): number => {
    const known = ends.get(phase)
    if (known !== undefined || seen.includes(phase)) return known ?? 0
    const end = length(phase) + Math.max(0, ...(after[phase] ?? []).map((other) => endOf(other, [...seen, phase])))
    ends.set(phase, end)
    return end
  }
  return Math.max(0, ...phases.map((phase) => endOf(phase, [])))
}
