import type { Cost } from './chain.ts'
import type { FrozenChain } from './compiled.ts'
import { overLimit, refused } from './errors.ts'
import type { Halt } from './halt.ts'
import { wireOf } from './invoke.ts'
import type { StepRecord } from './journal.ts'
import type { Run } from './run.ts'
import { isHeld, type Spending } from './spending.ts'
import { tellWait } from './trace.ts'
import { type Answer, acceptAnswer, putNow } from './wait-step.ts'
import type { Walk } from './walk.ts'

/** What a person is asked for a step that would be over a limit. */
export const questionOver = ({ definition }: FrozenChain['root'], { error }: StepRecord): string =>
  `${error!.message}. Go on, with as much again? A no ends it${definition.saga === false ? '' : ' and takes back what was done'}`

/**
 * Begins what stays within the chain's limits. What would not waits for a person: a yes begins it, and the limits count anew from there; a no
 * ends the chain as a person's cancelling does. Nothing is asked while what is at work may yet make room. Whether it begins.
 */
export async function admit(walk: Walk, spending: Spending, record: StepRecord, estimate: Cost, halt: Halt): Promise<boolean> {
  const { run } = walk
  if (!isHeld(record)) {
    for (;;) {
      if (halt.isHalted) return false
      const over = spending.over(estimate)
      if (over === undefined) {
        spending.begin(estimate)
        return true
      }
      if (!spending.isOpen()) {
        record.state = 'waiting'
        record.error = wireOf(overLimit(run.id, record.path, { over, limits: spending.limits, spent: spending.spent(), estimate }))
        run.save(record)
        break
      }
      await spending.news(halt)
      await run.mayBegin()
    }
  }
  if (!(await isAllowed(walk, record, halt))) {
    record.state = 'cancelled'
    spending.changed()
    return false
  }
  await run.mayBegin()
  spending.allowAgain()
  spending.begin(estimate)
  return true
}

/** Waits for a person's word. */
async function isAllowed(walk: Walk, record: StepRecord, halt: Halt): Promise<boolean> {
  const { run } = walk
  const { path } = record
  const question = { text: questionOver(run.frozen.root, record), choices: ['yes', 'no'] }
  tellWait(run, record, true)
  const woken = run.park(record, halt)
  const stop = putNow(walk, path, question, (said) => acceptAnswer({}, path, said))
  const why = await woken
  stop()
  if (why === 'halted') return false
  const { value, by } = JSON.parse(record.answer!) as Answer
  if (value !== true) {
    record.error = wireOf(refused(path, by))
    endByRefusal(run, record)
    return false
  }
  tellWait(run, { ...record, state: 'done', error: null }, true)
  record.answer = null
  record.startedMs = run.clock.now()
  return true
}

/** What was refused for its limits ends the whole chain, whatever a step around it does about failures. */
export function endByRefusal(run: Run, { error }: StepRecord): void {
  if (error?.code !== 'REFUSED') return
  run.error ??= error
  run.halt.halt()
}
