import type { Clock } from '@switchyard/contracts'
import type { Cost, RunLimits } from './chain.ts'
import type { Halt } from './halt.ts'
import { newRecord, type StepRecord } from './journal.ts'

/** Where the journal has what a limited chain has spent; it is no leaf. */
const SPENT = '~spent'

/** As the journal keeps it. */
interface Kept extends Cost {
  /** What was spent when a person last allowed as much again; limits count from there. */
  readonly from: Cost
}

const NONE: Cost = { costUsd: 0, durationMs: 0 }

export interface SpendingParts {
  readonly records: ReadonlyMap<string, StepRecord>
  readonly clock: Clock
  save(record: StepRecord): void
}

/**
 * What a chain has spent of its limits. A call counts at its estimate from when it begins, in the same commit as its intent, so that calls side by side
 * cannot overrun together and one whose process dies is not forgotten; at what it tells once it has ended. Time runs while a call is at work
 * and no person is asked anything.
 */
export interface Spending {
  readonly limits: RunLimits
  /** Since the limits count. */
  spent(): Cost
  /** Which limit a call with this estimate would end above; to reach it is to stay within it. */
  over(estimate: Cost): keyof Cost | undefined
  /** Whether what is at work, or an answer to one that asks for all, may yet make room. */
  isOpen(): boolean
  /** From now on the limits count anew. */
  allowAgain(): void
  begin(estimate: Cost): void
  /** With what it did cost, where that is known. */
  end(estimate: Cost, costUsd: number | undefined): void
  /** Stops the watch while a person is asked something; the returned function lets it go on. */
  pause(): () => void
  /** Tells those who wait for news that one asks no more. */
  changed(): void
  /** Resolves when a call ends or nobody is asked any more, or with the halt. */
  news(halt: Halt): Promise<void>
}

export function createSpending(limits: RunLimits, { records, clock, save }: SpendingParts): Spending {
  const { budgetUsd = Number.POSITIVE_INFINITY, maxMs = Number.POSITIVE_INFINITY } = limits
  let { costUsd, durationMs, from } = keptIn(records.get(SPENT))
  let atWork = 0
  let paused = 0
  /** While the watch runs. */
  let sinceMs: number | undefined
  const hearers = new Set<() => void>()

  /** Counts up to now, before the change; behind it the watch runs on where something is at work. */
  function tick(change: () => void = () => {}): void {
    const nowMs = clock.monotonicMs()
    if (sinceMs !== undefined) durationMs += nowMs - sinceMs
    change()
    sinceMs = atWork > 0 && paused === 0 ? nowMs : undefined
  }

  function write(): void {
    tick()
    const record = records.get(SPENT) ?? newRecord(SPENT, 'done', clock.now())
    record.output = JSON.stringify({ costUsd, durationMs, from } satisfies Kept)
    save(record)
  }

  function changed(): void {
    for (const hear of hearers) hear()
  }

  const spending: Spending = {
    limits,
    spent() {
      tick()
      return { costUsd: usd(costUsd - from.costUsd), durationMs: durationMs - from.durationMs }
    },
    over(estimate) {
      const spent = spending.spent()
      // What is free makes nothing dearer.
      if (estimate.costUsd > 0 && usd(spent.costUsd + estimate.costUsd) > budgetUsd) return 'costUsd'
      return spent.durationMs + estimate.durationMs > maxMs ? 'durationMs' : undefined
    },
    isOpen: () => atWork > 0 || [...records.values()].some(isHeld),
    allowAgain() {
      tick()
      from = { costUsd, durationMs }
      write()
      changed()
    },
    begin(estimate) {
      tick(() => atWork++)
      costUsd = usd(costUsd + estimate.costUsd)
      write()
    },
    end(estimate, told) {
      tick(() => atWork--)
      costUsd = usd(costUsd + (told ?? estimate.costUsd) - estimate.costUsd)
      write()
      changed()
    },
    pause() {
      tick(() => paused++)
      return () => tick(() => paused--)
    },
    changed,
    news(halt) {
      return new Promise((resolve) => {
        let forget = (): void => {}
        hearers.add(go)
        forget = halt.onHalt(go)

        function go(): void {
          hearers.delete(go)
          forget()
          resolve()
        }
      })
    },
  }
  return spending
}

/** Whether a step waits for a person's leave to be over a limit. */
export const isHeld = ({ state, error }: StepRecord): boolean => state === 'waiting' && error?.code === 'BUDGET_EXCEEDED'

/** What a chain may take in all, with what was allowed again, and what it took of that. */
export function spentOf({ budgetUsd, maxMs }: RunLimits, records: readonly StepRecord[]): { limits: RunLimits; spent: Cost } {
  const { costUsd, durationMs, from } = keptIn(records.find(({ path }) => path === SPENT))
  return {
    limits: {
      ...(budgetUsd !== undefined && { budgetUsd: usd(from.costUsd + budgetUsd) }),
      ...(maxMs !== undefined && { maxMs: from.durationMs + maxMs }),
    },
    spent: { costUsd, durationMs },
  }
}

/** To a millionth, so that three times $0.10 is no more than $0.30. */
const usd = (amount: number): number => Math.round(amount * 1e6) / 1e6

function keptIn(record: StepRecord | undefined): Kept {
  return record === undefined ? { ...NONE, from: NONE } : (JSON.parse(record.output!) as Kept)
}
