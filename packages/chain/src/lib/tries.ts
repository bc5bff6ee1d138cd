import type { WireError } from '@switchyard/contracts'
import { isRepeatable } from './call-step.ts'
import { type CompiledStep, everyStep, staticPath } from './compiled.ts'
import { childrenOf, type RetryRule } from './definition.ts'
import type { Frame, Outcome } from './frame.ts'
import type { Halt } from './halt.ts'
import { provesNotRun } from './invoke.ts'
import { newRecord, type StepRecord, timesUndone, undoneOf } from './journal.ts'
import { delayMs, hasTryLeft } from './retry.ts'
import { pivotOf, toUndo, undoStep } from './undo-step.ts'
import type { Walk } from './walk.ts'

/**
 * A group, tried again when it fails: what it did is taken back, then it begins anew. Its record says which of the two goes on,
 * so that both survive a crash.
 */
export async function walkTries(
  walk: Walk,
  compiled: CompiledStep,
  rule: RetryRule,
  path: string,
  frame: Frame,
  halt: Halt,
  once: () => Promise<Outcome>,
): Promise<Outcome> {
  const { run } = walk
  if (walk.isSettling) return once()
  const tries = run.records.get(`${path}~tries`) ?? newRecord(`${path}~tries`, 'started', run.clock.now())
  if (tries.state === 'failed') return { state: 'failed', error: tries.error! }
  const ids = idsInside(compiled)
  // What stands anyway when a chain fails stands here too.
  const isKept = run.frozen.root.definition.saga === false || pivotOf(run) !== undefined

  for (;;) {
    if (tries.state === 'started') {
      const outcome = await once()
      if (outcome.state !== 'failed' || halt.isHalted || !mayTryAgain(outcome.error)) return outcome
      tries.state = 'waiting'
      tries.attempts++
      tries.error = outcome.error
      tries.dueMs = run.clock.now() + delayMs(rule, tries.attempts, walk.random)
      run.save(tries)
    }
    const isBack = isKept || (await takeBack())
    if (halt.isHalted) return { state: 'cancelled' }
    if (!isBack) {
      tries.state = 'failed'
      run.save(tries)
      return { state: 'failed', error: tries.error! }
    }
    if ((await run.park(tries, halt)) === 'halted') return { state: 'cancelled' }
    await run.saved()
    for (const record of inside()) if (record.path.includes('~') || mayRunAgain(record)) run.forget(record)
    for (const id of ids) frame.outcomes.delete(id)
    tries.state = 'started'
    tries.dueMs = null
    run.save(tries)
  }

  function mayTryAgain(error: WireError): boolean {
    if (!hasTryLeft(rule, tries.attempts + 1, error)) return false
    return inside().every((record) => {
      const { state, undo } = record
      const isOver = state !== 'failed' || isHandled(record)
      if (record.path.includes('~') || (isOver && state !== 'cancelled')) return true
      return mayRunAgain(record) || (!isKept && undo !== null && undo !== 'none')
    })
  }

  /** Whether everything could be taken back that somebody knows how to; stops where the group is not wanted any more. */
  async function takeBack(): Promise<boolean> {
    for (const record of toUndo(inside())) {
      if (halt.isHalted && record.undoState !== 'started') return true
      await undoStep(walk, record)
      if (record.undoState === 'failed') return false
      run.forget(record)
      const count = newRecord(undoneOf(record.path), 'done', run.clock.now())
      count.attempts = timesUndone(run, record.path) + 1
      count.seq = record.undoSeq
      run.save(count)
    }
    return !inside().some(({ undoState }) => undoState === 'failed')
  }

  /** What the journal has of the steps inside, their loops and parts included. */
  function inside(): readonly StepRecord[] {
    return [...run.records.values()].filter(({ path: one }) => {
      if (one === tries.path || one.endsWith('~undone') || !one.startsWith(frame.prefix)) return false
      const [id = ''] = one.slice(frame.prefix.length).split(/[/[~]/, 1)
      return id === compiled.step.id || ids.has(id)
    })
  }

  function isHandled({ path: one }: StepRecord): boolean {
    const onError = run.frozen.byPath.get(staticPath(one))?.step.onError
    return onError === 'continue' || onError === 'fallback'
  }

  function mayRunAgain({ path: one, state, error, mayHaveRun }: StepRecord): boolean {
    if (state === 'done' && isKept) return false
    const step = run.frozen.byPath.get(staticPath(one))?.step
    const facts = step !== undefined && 'call' in step ? walk.options.command(step.call) : undefined
    if (facts === undefined) return !mayHaveRun
    // A key that was used already would bring back the result of the time before.
    if (state === 'done') return facts.effect === 'read' || facts.idempotent
    if (state === 'failed' && !provesNotRun(error!)) return isRepeatable(facts)
    return !mayHaveRun || isRepeatable(facts)
  }
}

/** Ids of the steps in a group that stand beside it in paths. */
function idsInside({ step }: CompiledStep): ReadonlySet<string> {
  const bodies = childrenOf(step).filter(([key]) => key !== 'otherwise' && key !== 'fallback')
  return new Set(bodies.flatMap(([, steps]) => [...everyStep(steps)].map(({ id }) => id)))
}
