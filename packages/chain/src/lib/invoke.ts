import { toWireError, type WireError } from '@switchyard/contracts'
import type { ChainsOptions } from './chain.ts'
import { cancelled, mayNotCall, timedOut } from './errors.ts'
import type { Halt } from './halt.ts'
import { plain } from './json.ts'
import type { Run } from './run.ts'
import { headersFor, tell } from './trace.ts'

export interface Invocation {
  readonly op: 'chain.step' | 'compensate'
  readonly path: string
  readonly command: string
  readonly input: unknown
  readonly key: string
  readonly timeoutMs: number
  readonly attempt: number
  /** Gives it up when halted. */
  readonly halt: Halt
}

/** What every step needs of the outside, and where ids come from. */
export interface Surroundings {
  readonly options: ChainsOptions
  newSpanId(): string
}

/**
 * One call of a command under a deadline, as a span. It rejects as soon as the time is up or it is not wanted any more,
 * also when the callee goes on regardless.
 */
export async function invoke(run: Run, { options, newSpanId }: Surroundings, call: Invocation): Promise<unknown> {
  const { clock } = run
  const spanId = newSpanId()
  const span = spanOf(run, spanId, clock.now(), call)
  if (options.onEvent !== undefined) tell(run, span)
  // Made only when the callee looks, as most never do.
  let controller: AbortController | undefined
  let givenUpFor: unknown
  let giveUp: (reason: unknown) => void = () => {}
  const givenUp = new Promise<never>((_, reject) => {
    giveUp = (reason) => {
      givenUpFor = reason
      controller?.abort(reason)
      reject(reason)
    }
  })
  const forget = call.halt.onHalt(() => giveUp(cancelled(call.path)))
  const stopTimer = clock.after(call.timeoutMs, () => giveUp(timedOut(call.path, call.timeoutMs)))
  let error: WireError | undefined
  try {
    if (options.mayCall?.(call.command, run.plugin) === false) throw mayNotCall(call.command, run.plugin)
    const work = options.call(call.command, call.input, {
      idempotencyKey: call.key,
      timeoutMs: call.timeoutMs,
      get signal() {
        controller ??= new AbortController()
        if (givenUpFor !== undefined) controller.abort(givenUpFor)
        return controller.signal
      },
      headers: headersFor(run, spanId),
      plugin: run.plugin,
      ...(run.spending !== undefined && { pause: run.spending.pause }),
    })
    return await Promise.race([work, givenUp])
  } catch (thrown) {
    error = wireOf(thrown)
    throw thrown
  } finally {
    forget()
    stopTimer()
    if (options.onEvent !== undefined) tell(run, { ...span, endMs: clock.now(), ...(error !== undefined && { error }) })
  }
}

function spanOf(run: Run, spanId: string, startMs: number, { op, path, command, attempt }: Invocation): Parameters<typeof tell>[1] {
  return {
    op,
    spanId,
    parentSpanId: run.trace.spanId,
    name: `${op === 'chain.step' ? 'step' : op} ${path}`,
    startMs,
    attributes: {
      'switchyard.chain.id': run.id,
      'switchyard.step': path,
      'switchyard.command': command,
      ...(attempt > 1 && { 'switchyard.attempts': attempt }),
    },
  }
}

/** An error as the journal keeps it; stacks stay out of it, and data that is no JSON. */
export function wireOf(error: unknown): WireError {
  return kept(toWireError(error))
}

function kept({ stack: _, cause, data, ...wire }: WireError): WireError {
  const known = data === undefined ? undefined : jsonOrNothing(data)
  return { ...wire, ...(known !== undefined && { data: known }), ...(cause !== undefined && { cause: kept(cause) }) }
}

function jsonOrNothing<value>(value: value): value | undefined {
  try {
    return plain(value)
  } catch {
    return undefined
  }
}

/** Errors that say nothing about whether the command had its effect. */
const LEAVE_OPEN: ReadonlySet<string> = new Set([
  'TIMEOUT',
  'DEADLINE_EXCEEDED',
  'CANCELLED',
  'LINK_LOST',
  'PLUGIN_DOWN',
  'BUS_CLOSED',
  'STEP_UNCERTAIN',
])

/** Errors that are raised before a command begins. */
const PROVE_NOT_RUN: ReadonlySet<string> = new Set([
  'NO_RESPONDER',
  'UNKNOWN_METHOD',
  'UNKNOWN_COMMAND',
  'VALIDATION',
  'FORBIDDEN',
  'CIRCUIT_OPEN',
  'QUEUE_FULL',
  'RATE_LIMITED',
  'PAYLOAD_TOO_LARGE',
])

export const leavesOpen = ({ code }: WireError): boolean => LEAVE_OPEN.has(code)
export const provesNotRun = ({ code }: WireError): boolean => PROVE_NOT_RUN.has(code)
