import { walkCall } from './call-step.ts'
import type { CompiledStep } from './compiled.ts'
import type { ForEachStep, ParallelStep, RepeatStep } from './definition.ts'
import { durationMs } from './definition.ts'
import { badStep, invalidInput, notEnough, timedOut, tooManyRounds } from './errors.ts'
import { chainFrame, type Frame, type Outcome, outputIn, scopeOf, turnFrame } from './frame.ts'
import { createHalt, type Halt } from './halt.ts'
import { acceptInput } from './input.ts'
import { type Surroundings, wireOf } from './invoke.ts'
import { newRecord } from './journal.ts'
import { listOf, NOTHING, outputOf } from './output.ts'
import { type Run, RunLost } from './run.ts'
import { fill } from './template.ts'
import { walkTries } from './tries.ts'
import { walkAsk, walkWait } from './wait-step.ts'

/** One way through a chain: over what the journal knows, and on from there. */
export interface Walk extends Surroundings {
  readonly run: Run
  /** True on the way before undoing, on which nothing new begins and what was aborted is settled. */
  readonly isSettling: boolean
  readonly random: () => number
  /** Hears an event from now on. */
  listen(topic: string): void
}

const DEFAULT_MAX_ITEMS = 1_000

/** The whole chain. */
export async function walkChain(walk: Walk): Promise<Outcome> {
  const { root } = walk.run.frozen
  const { timeout } = root.definition
  const frame = chainFrame(root, '', walk.run.input)
  return guarded(() => {
    if (timeout === undefined) return walkFrame(walk, frame, walk.run.halt)
    return within(walk, '', durationMs(timeout), walk.run.halt, (halt) => walkFrame(walk, frame, halt))
  })
}

/** What is thrown where a value is made (it is too large, say) is a failure too, as the chain would never end otherwise. */
async function guarded(work: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof RunLost) throw error
    return { state: 'failed', error: wireOf(error) }
  }
}

/** A chain's steps, and the output it makes of them. */
async function walkFrame(walk: Walk, frame: Frame, halt: Halt): Promise<Outcome> {
  const outcome = await walkSteps(walk, frame.chain.steps, frame, halt)
  if (outcome.state === 'failed' || outcome.state === 'cancelled') return outcome
  const { output } = frame.chain
  return { state: 'done', output: output === undefined ? outputIn(outcome) : outputOf({ value: fill(output, scopeOf(frame, walk.run)) }) }
}

async function walkSteps(walk: Walk, steps: readonly CompiledStep[], frame: Frame, halt: Halt): Promise<Outcome> {
  let last: Outcome = { state: 'skipped' }
  for (const step of steps) {
    const outcome = await walkStep(walk, step, frame, halt)
    if (outcome.state === 'cancelled' || (outcome.state === 'failed' && outcome.ignored !== true)) return outcome
    if (outcome.state !== 'skipped') last = outcome.state === 'done' ? outcome : { state: 'done', output: NOTHING }
  }
  return last
}

async function walkStep(walk: Walk, compiled: CompiledStep, frame: Frame, halt: Halt): Promise<Outcome> {
  const outcome = await walkHandled(walk, compiled, frame, halt)
  frame.outcomes.set(compiled.step.id, outcome)
  return outcome
}

/** A step with its condition and what it does about a failure. */
async function walkHandled(walk: Walk, compiled: CompiledStep, frame: Frame, halt: Halt): Promise<Outcome> {
  const { run } = walk
  const { step, when } = compiled
  const path = `${frame.prefix}${step.id}`
  if (when !== undefined && fill(when, scopeOf(frame, run)) !== true) {
    if (compiled.otherwise.length === 0) return skip(walk, path, halt)
    for (const child of compiled.children) skip(walk, `${frame.prefix}${child.step.id}`, halt)
    return walkSteps(walk, compiled.otherwise, frame, halt)
  }
  for (const child of compiled.otherwise) skip(walk, `${frame.prefix}${child.step.id}`, halt)
  const outcome = await guarded(() => walkKind(walk, compiled, path, frame, halt))
  if (outcome.state !== 'failed' || step.onError === undefined || step.onError === 'abort') return outcome
  if (!run.records.has(path)) {
    const record = newRecord(path, 'failed', run.clock.now())
    record.error = outcome.error
    record.seq = run.nextSeq()
    run.save(record)
  }
  if (step.onError === 'continue') return { ...outcome, ignored: true }
  frame.outcomes.set(step.id, outcome)
  const instead = await walkSteps(walk, compiled.fallback, frame, halt)
  return instead.state === 'failed' || instead.state === 'cancelled'
    ? instead
    : { state: 'done', output: outputIn(instead), degraded: true }
}

function skip({ run }: Walk, path: string, halt: Halt): Outcome {
  if (!run.records.has(path) && !halt.isHalted) run.save(newRecord(path, 'skipped', run.clock.now()))
  return { state: 'skipped' }
}

function walkKind(walk: Walk, compiled: CompiledStep, path: string, frame: Frame, halt: Halt): Promise<Outcome> {
  const { kind, step } = compiled
  if (kind === 'call') return walkCall(walk, compiled, path, frame, halt)
  if (kind === 'wait') return walkWait(walk, compiled, path, frame, halt)
  if (kind === 'ask') return walkAsk(walk, compiled, path, frame, halt)
  const work = (inner: Halt): Promise<Outcome> => {
    switch (kind) {
      case 'steps':
        return walkSteps(walk, compiled.children, frame, inner)
      case 'parallel':
        return walkParallel(walk, compiled, path, frame, inner)
      case 'forEach':
        return walkForEach(walk, compiled, path, frame, inner)
      case 'repeat':
        return walkRepeat(walk, compiled, path, frame, inner)
      case 'chain':
        return walkSubChain(walk, compiled, path, frame, inner)
      case 'value':
        return Promise.resolve({ state: 'done', output: outputOf({ value: fill(compiled.main!, scopeOf(frame, walk.run)) }) })
    }
  }
  const once = (): Promise<Outcome> => (step.timeout === undefined ? work(halt) : within(walk, path, durationMs(step.timeout), halt, work))
  const rule = 'retry' in step ? step.retry : undefined
  return rule === undefined ? once() : walkTries(walk, compiled, rule, path, frame, halt, once)
}

/** Work that has failed with TIMEOUT when it takes longer, restarts included. */
async function within(walk: Walk, path: string, timeoutMs: number, halt: Halt, work: (halt: Halt) => Promise<Outcome>): Promise<Outcome> {
  const { run } = walk
  const known = run.records.get(`${path}~timeout`)
  const record = known ?? newRecord(`${path}~timeout`, 'waiting', run.clock.now())
  if (known === undefined) {
    record.dueMs = run.clock.now() + timeoutMs
    run.save(record)
  }
  const inner = createHalt(halt)
  let isLate = record.state === 'failed'
  if (isLate) inner.halt()
  const cancel =
    record.state === 'waiting'
      ? run.alarm(record.dueMs!, () => {
          isLate = true
          inner.halt()
        })
      : () => {}
  const outcome = await work(inner)
  cancel()
  inner.release()
  if (record.state === 'waiting' && !halt.isHalted) {
    record.state = isLate ? 'failed' : 'done'
    run.save(record)
  }
  return isLate && outcome.state === 'cancelled' ? { state: 'failed', error: wireOf(timedOut(path || run.id, timeoutMs)) } : outcome
}

/** Runs `work` for each index, some at a time; rejects at once with the first rejection. */
async function pool(count: number, concurrency: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0
  const lanes = Array.from({ length: Math.min(count, concurrency) }, async () => {
    while (next < count) await work(next++)
  })
  await Promise.all(lanes)
}

async function walkParallel(walk: Walk, compiled: CompiledStep, path: string, frame: Frame, halt: Halt): Promise<Outcome> {
  const { run } = walk
  const { mode = 'all', quorum = 1, concurrency = Number.POSITIVE_INFINITY } = compiled.step as ParallelStep
  const { children } = compiled
  const needed = mode === 'quorum' ? quorum : mode === 'race' ? 1 : undefined
  const inner = createHalt(halt)
  const outcomes: Outcome[] = []
  let failure: Outcome | undefined
  let candidates = children.length
  // Who won is written down, as on another way through the journal others may look as early.
  let winners = readWinners()
  if (winners !== undefined) inner.halt()
  const succeeded: number[] = []

  await pool(children.length, winners === undefined ? concurrency : children.length, async (index) => {
    const outcome = await walkStep(walk, children[index]!, frame, inner)
    outcomes[index] = outcome
    if (outcome.state === 'done') succeeded.push(index)
    else candidates--
    if (outcome.state === 'failed' && outcome.ignored !== true) failure ??= outcome
    if (winners !== undefined || inner.isHalted) return
    if (mode === 'all' && failure !== undefined) inner.halt()
    if (needed === undefined) return
    if (succeeded.length >= needed) decide()
    else if (candidates < needed) inner.halt()
  })
  inner.release()

  if (needed !== undefined) {
    if (winners !== undefined) return won(winners)
    if (halt.isHalted) return { state: 'cancelled' }
    return failure ?? { state: 'failed', error: wireOf(notEnough(path, needed, succeeded.length)) }
  }
  if (mode === 'all') {
    if (failure !== undefined) return failure
    if (outcomes.some(({ state }) => state === 'cancelled')) return { state: 'cancelled' }
    return { state: 'done', output: listOf(outcomes.map((outcome) => outputIn(outcome).text)) }
  }
  if (halt.isHalted) return { state: 'cancelled' }
  return { state: 'done', output: listOf(outcomes.map(settledText)) }

  function readWinners(): readonly number[] | undefined {
    const text = run.records.get(`${path}~decided`)?.output
    return text === undefined || text === null ? undefined : (JSON.parse(text) as number[])
  }

  function decide(): void {
    winners = [...succeeded]
    const record = newRecord(`${path}~decided`, 'done', run.clock.now())
    record.output = JSON.stringify(winners)
    run.save(record)
    inner.halt()
  }

  function won(indices: readonly number[]): Outcome {
    const text = (index: number): string => (indices.includes(index) ? outputIn(outcomes[index]!).text : 'null')
    return { state: 'done', output: mode === 'race' ? outputIn(outcomes[indices[0]!]!) : listOf(children.map((_, index) => text(index))) }
  }
}

function settledText(outcome: Outcome): string {
  const error = outcome.state === 'failed' ? { code: outcome.error.code, message: outcome.error.message } : null
  return `{"ok":${outcome.state === 'done'},"output":${outputIn(outcome).text},"error":${JSON.stringify(error)}}`
}

async function walkForEach(walk: Walk, compiled: CompiledStep, path: string, frame: Frame, halt: Halt): Promise<Outcome> {
  const { concurrency = 1, max = DEFAULT_MAX_ITEMS, id } = compiled.step as ForEachStep
  const list = fill(compiled.main!, scopeOf(frame, walk.run))
  if (!Array.isArray(list))
    return { state: 'failed', error: wireOf(badStep(path, `forEach must be a list: it is ${JSON.stringify(list)}`)) }
  if (list.length > max)
    return { state: 'failed', error: wireOf(badStep(path, `its list must have at most ${max} elements: it has ${list.length}`)) }
  const inner = createHalt(halt)
  const outputs: string[] = []
  let failure: Outcome | undefined
  let isCancelled = false
  await pool(list.length, halt.isHalted ? list.length : concurrency, async (index) => {
    const outcome = await walkSteps(walk, compiled.children, turnFrame(frame, id, index, list[index]), inner)
    outputs[index] = outputIn(outcome).text
    if (outcome.state === 'cancelled') isCancelled = true
    if (outcome.state !== 'failed') return
    failure ??= outcome
    inner.halt()
  })
  inner.release()
  if (failure !== undefined) return failure
  return isCancelled ? { state: 'cancelled' } : { state: 'done', output: listOf(outputs) }
}

async function walkRepeat(walk: Walk, compiled: CompiledStep, path: string, frame: Frame, halt: Halt): Promise<Outcome> {
  const { run } = walk
  const { max, delay, id } = compiled.step as RepeatStep
  for (let round = 0; round < max; round++) {
    const turn = turnFrame(frame, id, round, null)
    const outcome = await walkSteps(walk, compiled.children, turn, halt)
    if (outcome.state === 'failed' || outcome.state === 'cancelled') return outcome
    if (fill(compiled.main!, scopeOf(turn, run)) === true) return { state: 'done', output: outputIn(outcome) }
    if (delay === undefined || round === max - 1) continue
    const record = run.records.get(`${turn.prefix}~delay`) ?? newRecord(`${turn.prefix}~delay`, 'waiting', run.clock.now())
    if (record.state === 'waiting') {
      record.dueMs ??= run.clock.now() + durationMs(delay)
      run.save(record)
      if ((await run.park(record, halt)) === 'halted') return { state: 'cancelled' }
      record.state = 'done'
      run.save(record)
    }
  }
  return { state: 'failed', error: wireOf(tooManyRounds(path, max)) }
}

async function walkSubChain(walk: Walk, compiled: CompiledStep, path: string, frame: Frame, halt: Halt): Promise<Outcome> {
  const sub = compiled.sub!
  const { input, mistakes } = acceptInput(sub.definition, fill(compiled.main!, scopeOf(frame, walk.run)))
  if (mistakes.length > 0) return { state: 'failed', error: wireOf(invalidInput(sub.definition.name, mistakes)) }
  const inner = chainFrame(sub, `${path}/`, input)
  const { timeout } = sub.definition
  if (timeout === undefined) return walkFrame(walk, inner, halt)
  return within(walk, `${path}/`, durationMs(timeout), halt, (part) => walkFrame(walk, inner, part))
}
