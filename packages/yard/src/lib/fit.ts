import type { RunLimits } from '@switchyard/chain'
import { type CommandFigures, type Decided, type Estimate, estimateOf, type Limits } from '@switchyard/router'

/** Whether what was asked for stays within a budget and a time. */
export interface Fit {
  /** False: it is over one of them as a whole. */
  readonly isFeasible: boolean
  readonly limits: Limits
  /** Of all that was asked for. */
  readonly estimate: Estimate
  /** The parts, by index, without which the others stay within both; all of them where none does. */
  readonly leftOut: readonly number[]
}

/** All that has to be known of the parts. */
type Parts = readonly Pick<Decided['parts'][number], 'command' | 'after'>[]

const MINUTE_MS = 60_000
const MICRO_USD = 1e-6

/**
 * Holds what a request takes against what it may: as long as it is too much, the part goes that saves most of what there is too much of, of two alike the later.
 * What another part waits for is not left out while that one is there.
 */
export function fitOf(parts: Parts, figures: (command: string) => CommandFigures, limits: Limits): Fit {
  const { budgetUsd = Number.POSITIVE_INFINITY, maxMinutes = Number.POSITIVE_INFINITY } = limits
  const each = parts.map(({ command }) => figures(command))
  const kept = new Set(parts.keys())
  const takes = (left: ReadonlySet<number>): Estimate =>
    // What is left out takes nothing and holds nobody up.
    estimateOf({ parts: parts.map((part, i) => ({ ...part, command: `${i}` })) }, (index) =>
      left.has(Number(index)) ? each[Number(index)]! : { durationMs: 0, costUsd: 0 },
    )
  const estimate = takes(kept)
  for (;;) {
    const { costUsd, durationMs } = takes(kept)
    // Three times $0.10 is no more than $0.30.
    const isTooDear = costUsd > budgetUsd + MICRO_USD
    if (!isTooDear && durationMs <= maxMinutes * MINUTE_MS) break
    const free = [...kept].filter((index) => ![...kept].some((other) => parts[other]!.after.includes(index)))
    const saving = (index: number): number => {
      const rest = takes(new Set([...kept].filter((other) => other !== index)))
      return isTooDear ? costUsd - rest.costUsd : durationMs - rest.durationMs
    }
    const [most] = free.map((index) => ({ index, saves: saving(index) })).sort((a, b) => b.saves - a.saves || b.index - a.index)
    if (most === undefined) break
    kept.delete(most.index)
  }
  const leftOut = [...parts.keys()].filter((index) => !kept.has(index))
  return { isFeasible: leftOut.length === 0, limits, estimate, leftOut }
}

/** The same limits for what runs as a chain. */
export function runLimits({ budgetUsd, maxMinutes }: Limits = {}): RunLimits | undefined {
  if (budgetUsd === undefined && maxMinutes === undefined) return undefined
  return { ...(budgetUsd !== undefined && { budgetUsd }), ...(maxMinutes !== undefined && { maxMs: maxMinutes * MINUTE_MS }) }
}
