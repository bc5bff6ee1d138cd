import { isRepeatable } from './call-step.ts'
import type { CommandFacts } from './chain.ts'
import type { CompiledStep } from './compiled.ts'
import { notRetryable, uncertain } from './errors.ts'
import { wireOf } from './invoke.ts'
import type { Journal, RunRow } from './journal.ts'

export interface ReopenParts {
  readonly journal: Journal
  command(id: string): CommandFacts | undefined
  stepAt(row: RunRow, path: string): CompiledStep | undefined
}

/** Inside a transaction: makes what has failed be done again. @throws NOT_RETRYABLE */
export function reopen(row: RunRow, { journal, command, stepAt }: ReopenParts): void {
  const { id, number } = row
  if (row.ended_ms === null) throw notRetryable(id, `it is still ${row.state}`, `switchyard chain show ${id}`)
  if (row.state === 'done' || row.state === 'undone') {
    const found = row.state === 'done' ? 'it is done' : 'all of it was taken back'
    throw notRetryable(id, found, `switchyard chain run ${row.name}`)
  }
  const records = journal.steps(number)
  const isUndo = records.some(({ undoState }) => undoState !== null)
  if (isUndo) journal.clearUndoFailures(number)
  for (const { path, state, mayHaveRun } of isUndo ? [] : records) {
    const step = stepAt(row, path)?.step
    const isHandled = step?.onError === 'continue' || step?.onError === 'fallback'
    // A group that is being taken back goes on with that.
    const isLimit = path.endsWith('~timeout') || (path.endsWith('~tries') && state !== 'waiting')
    if (!isLimit && state !== 'cancelled' && (state !== 'failed' || isHandled)) continue
    const facts = mayHaveRun && step !== undefined && 'call' in step ? command(step.call) : undefined
    if (facts === undefined || isRepeatable(facts)) journal.removeStep(number, path)
    else journal.setUncertain(number, path, wireOf(uncertain(path)))
  }
  journal.reopen.run(isUndo ? 'undoing' : 'running', isUndo ? row.error : null, number)
}
