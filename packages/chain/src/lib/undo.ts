import type { ChainState } from './chain.ts'
import type { StepRecord } from './journal.ts'
import { isLeft, pivotOf, toUndo, undoStep } from './undo-step.ts'
import { type Walk, walkChain } from './walk.ts'

/** Takes a failed chain back as far as it can be, or until a person says to leave the rest, and says how the chain ends. */
export async function undoChain(walk: Walk, isStopped: () => boolean): Promise<ChainState> {
  const { run } = walk
  if (pivotOf(run) !== undefined) return 'failed'
  run.halt.halt()
  if ([...run.records.values()].some(({ state, mayHaveRun }) => state === 'started' || state === 'uncertain' || mayHaveRun))
    await walkChain({ ...walk, isSettling: true })
  for (const record of toUndo(run.records.values())) {
    if (isStopped()) return 'cancelled'
    await undoStep(walk, record)
  }
  return endState([...run.records.values()])
}

function endState(records: readonly StepRecord[]): ChainState {
  if (records.some(({ undoState }) => undoState === 'failed')) return 'compensation_failed'
  return records.some((record) => !record.path.includes('~') && isLeft(record)) ? 'failed' : 'undone'
}
