import type { CompiledStep } from './compiled.ts'
import { type AskStep, durationMs, type WaitStep } from './definition.ts'
import { badStep, refused, timedOut, wrongAnswer } from './errors.ts'
import { type Frame, type Outcome, scopeOf } from './frame.ts'
import { textOf } from './functions.ts'
import type { Halt } from './halt.ts'
import { wireOf } from './invoke.ts'
import { newRecord, type StepRecord } from './journal.ts'
import { NOTHING, outputOf } from './output.ts'
import type { Run } from './run.ts'
import { fill } from './template.ts'
import { tellWait } from './trace.ts'
import type { Walk } from './walk.ts'

/** What a person answered. */
export interface Answer {
  readonly value: unknown
  readonly by?: string
}

/** Waits for a time or an event. */
export function walkWait(walk: Walk, compiled: CompiledStep, path: string, frame: Frame, halt: Halt): Promise<Outcome> {
  const { run } = walk
  const { wait, timeout } = compiled.step as WaitStep
  const isEvent = typeof wait === 'object' && 'event' in wait
  const limitMs = timeout === undefined ? undefined : durationMs(timeout)

  return walkWaiting(run, path, halt, begin, async (record, why) => {
    if (why === 'answer') return finish(run, record, record.answer ?? 'null')
    return isLimit(record) ? fail(run, record, timedOut(path, limitMs!)) : finish(run, record, 'null')
  })

  function begin(record: StepRecord): unknown {
    if (typeof wait === 'string') record.dueMs = record.startedMs + durationMs(wait)
    else if (isEvent) {
      record.topic = wait.event
      record.input = JSON.stringify(fill(compiled.main!, scopeOf(frame, run)))
      record.dueMs ??= limitMs === undefined ? null : record.startedMs + limitMs
      walk.listen(wait.event)
    } else {
      const moment = fill(compiled.main!, scopeOf(frame, run))
      record.dueMs = typeof moment === 'string' ? Date.parse(moment) : Number.NaN
      if (Number.isNaN(record.dueMs)) return badStep(path, `it must wait until a moment, ISO 8601: it is ${JSON.stringify(moment)}`)
    }
    if (limitMs !== undefined && (record.dueMs ?? 0) > record.startedMs + limitMs) record.dueMs = record.startedMs + limitMs
    return undefined
  }

  /** Whether what it waited for is the end of its time, not the time itself. */
  function isLimit({ dueMs, startedMs }: StepRecord): boolean {
    if (isEvent || limitMs === undefined || dueMs !== startedMs + limitMs) return isEvent
    return typeof wait !== 'string' || durationMs(wait) > limitMs
  }
}

/** Waits for a person. */
export function walkAsk(walk: Walk, compiled: CompiledStep, path: string, frame: Frame, halt: Halt): Promise<Outcome> {
  const { run } = walk
  const step = compiled.step as AskStep
  const limitMs = step.timeout === undefined ? undefined : durationMs(step.timeout)

  return walkWaiting(
    run,
    path,
    halt,
    begin,
    async (record, why) => {
      if (why !== 'answer') return fail(run, record, timedOut(path, limitMs!))
      const answer = JSON.parse(record.answer!) as Answer
      if ((step.answer ?? 'approval') === 'approval' && step.choices === undefined && answer.value !== true)
        return fail(run, record, refused(path, answer.by))
      return finish(run, record, JSON.stringify({ value: answer.value, by: answer.by ?? null }))
    },
    askNow,
  )

  function begin(record: StepRecord): undefined {
    record.input = JSON.stringify(questionOf(step, textOf(fill(compiled.main!, scopeOf(frame, run)))))
    record.dueMs = limitMs === undefined ? null : run.clock.now() + limitMs
  }

  function askNow(record: StepRecord): () => void {
    return putNow(walk, path, JSON.parse(record.input!) as Question, (said) => acceptAnswer(step, path, said))
  }
}

/** Puts a step's question to whoever is at hand, until the returned function is called; that nobody is there is no failure. */
export function putNow(
  { run, options: { ask } }: Walk,
  path: string,
  { text, choices }: Pick<Question, 'text' | 'choices'>,
  accept: (said: string) => unknown,
): () => void {
  if (ask === undefined) return () => {}
  const controller = new AbortController()
  const asked = run.busy(ask({ text, ...(choices !== undefined && { choices }) }, controller.signal)).then((said) => {
    run.answered(path, JSON.stringify({ value: accept(said) }))
  })
  asked.catch(() => {})
  return () => controller.abort()
}

export interface Question {
  readonly text: string
  readonly answer: 'approval' | 'text' | 'number'
  readonly choices?: readonly string[]
}

function questionOf({ answer, choices }: AskStep, text: string): Question {
  return {
    text,
    answer: wantedBy({ answer, choices }),
    choices: choices ?? (answer === undefined ? ['yes', 'no'] : undefined),
  } as Question
}

/** What a step asks for: an approval unless it says otherwise. */
export const wantedBy = ({ answer, choices }: Pick<AskStep, 'answer' | 'choices'>): Question['answer'] =>
  answer ?? (choices === undefined ? 'approval' : 'text')

/** The answer if the step may be given it, also as a person types it. @throws CHAIN_ANSWER */
export function acceptAnswer({ answer, choices }: Pick<AskStep, 'answer' | 'choices'>, path: string, given: unknown): unknown {
  if (choices !== undefined) {
    if (!choices.includes(given as string)) throw wrongAnswer(path, `it must be one of ${choices.join(', ')}`, given)
    return given
  }
  const value = typeof given === 'string' ? answerTyped(answer, given.trim()) : given
  const type = answer === 'text' ? 'string' : answer === 'number' ? 'number' : 'boolean'
  const rule = { string: 'it must be a text', number: 'it must be a number', boolean: 'it must be yes or no' }[type]
  if (typeof value !== type || (type === 'number' && !Number.isFinite(value))) throw wrongAnswer(path, rule, given)
  return value
}

function answerTyped(answer: AskStep['answer'], text: string): unknown {
  if (answer === 'text') return text
  if (answer === 'number') return text === '' ? text : Number(text)
  return /^(y|yes|true)$/i.test(text) || (/^(n|no|false)$/i.test(text) ? false : text)
}

async function walkWaiting(
  run: Run,
  path: string,
  halt: Halt,
  begin: (record: StepRecord) => unknown,
  end: (record: StepRecord, why: 'answer' | 'due') => Promise<Outcome>,
  beside: (record: StepRecord) => () => void = () => () => {},
): Promise<Outcome> {
  let record = run.records.get(path)
  if (record?.state === 'done') return { state: 'done', output: outputOf({ text: record.output ?? 'null' }) }
  if (record?.state === 'failed') return { state: 'failed', error: record.error! }
  if (record?.state === 'cancelled' || (record === undefined && halt.isHalted)) return { state: 'cancelled' }
  if (record === undefined) {
    record = newRecord(path, 'waiting', run.clock.now())
    const mistake = begin(record)
    if (mistake !== undefined) return fail(run, record, mistake)
    run.save(record)
  } else if (record.topic !== null) begin(record)
  const forPerson = record.input !== null && record.topic === null
  tellWait(run, record, forPerson)
  const woken = run.park(record, halt)
  const stop = beside(record)
  const why = await woken
  stop()
  if (why !== 'halted') {
    const outcome = await end(record, why)
    tellWait(run, record, forPerson)
    return outcome
  }
  close(run, record, 'cancelled')
  tellWait(run, record, forPerson)
  return { state: 'cancelled' }
}

function finish(run: Run, record: StepRecord, output: string): Outcome {
  record.output = output
  record.undo = 'none'
  close(run, record, 'done')
  return { state: 'done', output: output === 'null' ? NOTHING : outputOf({ text: output }) }
}

function fail(run: Run, record: StepRecord, reason: unknown): Outcome {
  const error = wireOf(reason)
  record.error = error
  close(run, record, 'failed')
  return { state: 'failed', error }
}

function close(run: Run, record: StepRecord, state: 'done' | 'failed' | 'cancelled'): void {
  record.state = state
  record.seq = run.nextSeq()
  record.endedMs = run.clock.now()
  run.save(record)
}
