import type { Undo } from '@switchyard/plugin-kit'
import { staticPath } from './compiled.ts'
import { durationMs } from './definition.ts'
import { missingCommand } from './errors.ts'
import { invoke, wireOf } from './invoke.ts'
import { type StepRecord, timesUndone } from './journal.ts'
import { type Run, RunLost } from './run.ts'
import type { Walk } from './walk.ts'

const ATTEMPTS = 5
const FIRST_DELAY_MS = 200
const DEFAULT_TIMEOUT_MS = 30_000

/** The step behind which there is no way back, once it is done. */
export function pivotOf({ frozen, records }: Pick<Run, 'frozen' | 'records'>): string | undefined {
  for (const { path, state } of records.values()) {
    const step = frozen.byPath.get(staticPath(path))?.step
    if (state === 'done' && step !== undefined && 'pivot' in step && step.pivot === true) return path
  }
  return undefined
}

/** What has to be taken back, last completed first. */
export function toUndo(records: Iterable<StepRecord>): readonly StepRecord[] {
  return [...records]
    .filter(({ undo, undoState }) => undo !== null && undo !== 'none' && undoState !== 'done' && undoState !== 'failed')
    .sort((a, b) => (b.seq ?? 0) - (a.seq ?? 0))
}

/** Whether a step may have left something that nobody knows how to take back. */
export function isLeft({ state, undo, undoState, mayHaveRun }: Pick<StepRecord, 'state' | 'undo' | 'undoState' | 'mayHaveRun'>): boolean {
  if (undoState === 'done') return false
  if (undo !== null) return undo !== 'none'
  return mayHaveRun || state === 'done'
}

/** Takes a leaf back, or gives it up as a dead letter. */
export async function undoStep(walk: Walk, record: StepRecord): Promise<void> {
  const { run, options } = walk
  const { command, input } = record.undo as Undo
  const step = run.frozen.byPath.get(staticPath(record.path))?.step
  for (let tries = 1; ; tries++) {
    await run.mayBegin()
    record.undoState = 'started'
    run.save(record)
    await run.saved()
    try {
      const facts = options.command(command)
      if (facts === undefined) throw missingCommand(command)
      const timeoutMs = facts.timeoutMs ?? (step?.timeout === undefined ? DEFAULT_TIMEOUT_MS : durationMs(step.timeout))
      const { path } = record
      const undone = timesUndone(run, path)
      const key = `${run.id}/${path}${undone === 0 ? '' : `~${undone}`}/undo`
      const call = { op: 'compensate' as const, path, command, input, key, timeoutMs, attempt: tries }
      await run.busy(invoke(run, walk, { ...call, halt: run.lostHalt }))
      record.undoState = 'done'
      record.undoError = null
      break
    } catch (error) {
      if (run.isLost) throw new RunLost()
      record.undoError = wireOf(error)
      if (tries === ATTEMPTS) {
        record.undoState = 'failed'
        break
      }
      const delayMs = FIRST_DELAY_MS * 2 ** (tries - 1) * (0.5 + walk.random() / 2)
      await run.busy(new Promise<void>((resolve) => void run.clock.after(delayMs, resolve)))
    }
  }
  record.undoSeq = run.nextSeq()
  run.save(record)
  if (record.undoState === 'failed') run.emit({ type: 'compensation-failed', id: run.id, path: record.path, error: record.undoError! })
}
