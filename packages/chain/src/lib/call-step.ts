import type { WireError } from '@switchyard/contracts'
import type { Undo } from '@switchyard/plugin-kit'
import type { CommandFacts, Cost, Verdict } from './chain.ts'
import type { CompiledStep } from './compiled.ts'
import { type CallStep, durationMs, type RetryRule } from './definition.ts'
import { badStep, missingCommand, uncertain } from './errors.ts'
import { type Frame, type Outcome, scopeOf } from './frame.ts'
import type { Halt } from './halt.ts'
import { invoke, leavesOpen, provesNotRun, wireOf } from './invoke.ts'
import { newRecord, type StepRecord, timesUndone } from './journal.ts'
import { plain } from './json.ts'
import { NOTHING, outputOf } from './output.ts'
import { admit, endByRefusal } from './over-limit.ts'
import { delayMs, hasTryLeft } from './retry.ts'
import { RunLost } from './run.ts'
import { fill } from './template.ts'
import type { Walk } from './walk.ts'

const DEFAULT_TIMEOUT_MS = 30_000
const NO_COST: Cost = { costUsd: 0, durationMs: 0 }

/** Calls a command, unless the journal says what became of it. */
export async function walkCall(walk: Walk, compiled: CompiledStep, path: string, frame: Frame, halt: Halt): Promise<Outcome> {
  const { run } = walk
  const step = compiled.step as CallStep
  const facts = walk.options.command(step.call)
  const known = run.records.get(path)
  const { spending } = run
  if (known?.state === 'done') return { state: 'done', output: outputOf({ text: known.output ?? 'null' }) }
  if (known?.state === 'failed') return { state: 'failed', error: known.error! }
  if (known?.state === 'cancelled') {
    endByRefusal(run, known)
    if (!walk.isSettling || !known.mayHaveRun || !mayBeSettled(step, facts)) return { state: 'cancelled' }
    return attempt(known, run.lostHalt)
  }
  if (known?.state === 'uncertain') return decide(known)
  if (known?.state === 'started') return afterDeath(known)
  if (known === undefined && halt.isHalted) return { state: 'cancelled' }
  return attempt(known ?? newRecord(path, 'started', run.clock.now()), halt)

  /** It was under way when its process died. */
  async function afterDeath(record: StepRecord): Promise<Outcome> {
    if (halt.isHalted) {
      const isSettled = walk.isSettling && mayBeSettled(step, facts)
      return isSettled ? attempt(record, run.lostHalt) : ended(record, 'cancelled', true)
    }
    if (facts === undefined || isRepeatable(facts)) return attempt(record, halt)
    if (step.compensateOnFailure === true) return failed(record, wireOf(uncertain(path)))
    record.state = 'uncertain'
    record.error = wireOf(uncertain(path))
    run.save(record)
    return decide(record)
  }

  async function decide(record: StepRecord): Promise<Outcome> {
    // Nobody but a person knows, so not even a cancelled chain goes on without the word.
    await run.park(record, run.lostHalt)
    const { verdict, output } = JSON.parse(record.answer!) as { verdict: Verdict; output?: unknown }
    if (verdict === 'ran') return done(record, output ?? null)
    if (verdict === 'failed' || halt.isHalted)
      return verdict === 'failed' ? failed(record, record.error!, false) : ended(record, 'cancelled')
    record.answer = null
    return attempt(record, halt)
  }

  async function attempt(record: StepRecord, wanted: Halt): Promise<Outcome> {
    const scope = scopeOf(frame, run)
    const input = fill(compiled.main!, scope)
    const given = compiled.key === undefined ? `${run.id}/${path}` : fill(compiled.key, scope)
    // After it was taken back, the key of what is gone must not answer for it.
    const undone = timesUndone(run, path)
    const key = undone === 0 || typeof given !== 'string' ? given : `${given}~${undone}`
    record.input = JSON.stringify(input)
    const estimate = spending === undefined ? NO_COST : estimateOf(facts)
    let failure: WireError | undefined
    for (let tries = 1; ; tries++) {
      await run.mayBegin()
      // What began beside it meanwhile may have left no room.
      if (failure !== undefined && !wanted.isHalted && spending?.over(estimate) !== undefined) return failed(record, failure)
      // What has begun once goes on.
      if (record.attempts > 0) spending?.begin(estimate)
      else if (spending !== undefined && !(await admit(walk, spending, record, estimate, wanted)))
        return run.records.has(path) ? ended(record, 'cancelled') : { state: 'cancelled' }
      record.state = 'started'
      record.error = null
      if (step.compensateOnFailure === true) record.undo = undoOf(null, input)
      record.attempts++
      run.save(record)
      await run.saved()
      if (wanted.isHalted) {
        spending?.end(estimate, 0)
        return ended(record, 'cancelled')
      }
      let result: unknown
      try {
        if (facts === undefined) throw missingCommand(step.call)
        if (typeof key !== 'string' || key === '') throw badStep(path, `its key must be a text: it is ${JSON.stringify(key)}`)
        const timeoutMs = step.timeout === undefined ? (facts.timeoutMs ?? DEFAULT_TIMEOUT_MS) : durationMs(step.timeout)
        const call = { op: 'chain.step' as const, path, command: step.call, input, key, timeoutMs, attempt: record.attempts, halt: wanted }
        result = await run.busy(invoke(run, walk, call))
      } catch (error) {
        if (run.isLost) throw new RunLost()
        const wire = wireOf(error)
        spending?.end(estimate, provesNotRun(wire) ? 0 : undefined)
        if (wanted.isHalted) return ended(record, 'cancelled', !provesNotRun(wire))
        if (!mayRetry(step.retry, tries, wire, facts) || spending?.over(estimate) !== undefined) return failed(record, wire)
        failure = wire
        await run.busy(pause(delayMs(step.retry!, tries, walk.random), wanted))
        continue
      }
      spending?.end(estimate, spentBy(result, input))
      try {
        return done(record, result)
      } catch (error) {
        return failed(record, wireOf(error), facts?.effect !== 'read')
      }
    }
  }

  /** What was done is done, also where its price cannot be told. */
  function spentBy(result: unknown, input: unknown): number | undefined {
    try {
      const usd = facts?.spentUsd?.(result, input)
      return usd !== undefined && usd >= 0 && Number.isFinite(usd) ? usd : undefined
    } catch (error) {
      run.emit({ type: 'fault', doing: `asking "${step.call}" what "${path}" cost`, error })
      return undefined
    }
  }

  function done(record: StepRecord, value: unknown): Outcome {
    const output = outputOf({ value })
    record.output = output.text
    record.undo = undoOf(output.text === 'null' ? null : value, JSON.parse(record.input ?? 'null'))
    record.mayHaveRun = false
    record.error = null
    end(record, 'done')
    return { state: 'done', output: output.text === 'null' ? NOTHING : output }
  }

  function failed(record: StepRecord, error: WireError, mayHaveRun = leavesOpen(error)): Outcome {
    record.error = error
    record.mayHaveRun = mayHaveRun
    end(record, 'failed')
    return { state: 'failed', error }
  }

  function ended(record: StepRecord, state: 'cancelled', mayHaveRun = false): Outcome {
    record.mayHaveRun = mayHaveRun && facts?.effect !== 'read'
    end(record, state)
    return { state }
  }

  function end(record: StepRecord, state: 'done' | 'failed' | 'cancelled'): void {
    record.state = state
    record.seq = run.nextSeq()
    record.endedMs = run.clock.now()
    run.save(record)
  }

  function undoOf(output: unknown, input: unknown): Undo | 'none' | null {
    if (step.undo === false) return 'none'
    if (step.undo !== undefined)
      return plain({ command: step.undo.call, input: fill(compiled.undoInput!, scopeOf(frame, run, { output })) })
    if (facts === undefined || facts.effect === 'read') return 'none'
    try {
      return facts.undo === undefined ? null : plain(facts.undo(output, input) ?? 'none')
    } catch (error) {
      run.emit({ type: 'fault', doing: `asking "${step.call}" how to take "${path}" back`, error })
      return null
    }
  }

  function pause(delayMs: number, wanted: Halt): Promise<void> {
    return new Promise((resolve) => {
      const cancel = run.clock.after(delayMs, go)
      const forget = wanted.onHalt(go)

      function go(): void {
        cancel()
        forget()
        resolve()
      }
    })
  }
}

function estimateOf(facts: CommandFacts | undefined): Cost {
  return facts?.estimate?.() ?? { costUsd: facts?.costUsd ?? 0, durationMs: 0 }
}

/** Whether a second run with the same key changes nothing more. */
export const isRepeatable = ({ effect, idempotent, takesKey }: CommandFacts): boolean =>
  effect === 'read' || idempotent || takesKey === true

/** Whether it is worth finding out what an aborted call did: only what can then be taken back. */
function mayBeSettled({ undo, compensateOnFailure }: CallStep, facts: CommandFacts | undefined): boolean {
  if (facts === undefined || facts.effect === 'read' || compensateOnFailure === true) return false
  return isRepeatable(facts) && undo !== false && (undo !== undefined || facts.undo !== undefined)
}

function mayRetry(rule: RetryRule | undefined, tries: number, error: WireError, facts: CommandFacts | undefined): boolean {
  if (rule === undefined || facts === undefined || !hasTryLeft(rule, tries, error)) return false
  return isRepeatable(facts) || provesNotRun(error)
}
