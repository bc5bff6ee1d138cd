import { asSwitchyardError, type ErrorDetails, fromWireError, SwitchyardError, toWireError } from '@switchyard/contracts'

/**
 * Without a stack: these errors are made by timers and gates, where a stack names nobody, and an open breaker may refuse a
 * million calls a second.
 */
function quietError(code: string, message: string, details: ErrorDetails): SwitchyardError {
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = 0
  const error = new SwitchyardError(code, message, details)
  Error.stackTraceLimit = limit
  return error
}

/** `retryAfterMs` is undefined for a breaker that was opened by hand. */
export const circuitOpen = (name: string, retryAfterMs: number | undefined): SwitchyardError =>
  retryAfterMs === undefined
    ? quietError('CIRCUIT_OPEN', `Cannot call "${name}" as its breaker was opened by hand`, {
        data: { name },
        next: 'it stays so until somebody resets it',
      })
    : quietError('CIRCUIT_OPEN', `Cannot call "${name}" as its breaker is open: retry after ${retryAfterMs} ms`, {
        data: { name, retryAfterMs },
        next: `try again in ${Math.ceil(retryAfterMs / 1_000)} s: it failed too often`,
      })

export const timedOut = (name: string, timeoutMs: number): SwitchyardError =>
  quietError('TIMEOUT', `Cannot finish "${name}" as it must answer within ${timeoutMs} ms`, {
    data: { name, timeoutMs },
    next: 'see whether what it waits for is well, or allow it more time with timeoutMs',
  })

/** `cause` is the failure that was being retried, if any. */
export const deadlineExceeded = (name: string, cause?: SwitchyardError): SwitchyardError =>
  quietError('DEADLINE_EXCEEDED', `Cannot finish "${name}" as its deadline has passed`, { data: { name }, cause })

export const cancelled = (name: string, cause: unknown): SwitchyardError =>
  quietError('CANCELLED', `Cannot finish "${name}" as it was cancelled`, { data: { name }, cause })

export const guardClosed = (name: string): SwitchyardError =>
  quietError('CANCELLED', `Cannot call "${name}" as its guard is closed`, { data: { name } })

export const queueFull = (name: string, maxQueue: number): SwitchyardError =>
  quietError('QUEUE_FULL', `Cannot call "${name}" as at most ${maxQueue} calls may wait`, {
    data: { name, maxQueue },
    next: 'try again when it has less to do',
  })

/** A setting that cannot be, and where. */
export interface OptionMistake {
  readonly path: string
  readonly message: string
}

export const invalidOptions = (mistakes: readonly OptionMistake[]): SwitchyardError =>
  new SwitchyardError(
    'VALIDATION',
    `Cannot use these guard options: ${mistakes.map(({ path, message }) => `${path} ${message}`).join('; ')}`,
    {
      data: { mistakes },
    },
  )

/** The failure itself, when nothing could stand in for it: same code, so that callers decide as they would have. */
export const refused = (name: string, primary: SwitchyardError, failed: readonly FailedAlternative[]): SwitchyardError =>
  quietError(primary.code, `Cannot answer for "${name}" as it failed, and so did ${listed(failed)}: ${primary.message}`, {
    data: { ...primary.data, alternatives: failed },
    cause: primary,
    retryable: primary.retryable,
    ...(primary.next !== undefined && { next: primary.next }),
  })

export interface FailedAlternative {
  name: string
  code: string
  message: string
}

const listed = (failed: readonly FailedAlternative[]): string => failed.map(({ name }) => `"${name}"`).join(', ')

/** Anything a call threw, as a SwitchyardError that is also an Error of this realm, which p-retry insists on. */
export function toError(thrown: unknown): SwitchyardError {
  try {
    const error = asSwitchyardError(thrown)
    return error instanceof Error ? error : fromWireError(toWireError(error))
  } catch {
    // Something that throws when looked at, such as a revoked proxy.
    return new SwitchyardError('HANDLER_ERROR', 'Cannot tell what was thrown as it cannot be read')
  }
}

/** Codes that say the guarded thing is unwell; all others say something about the call. */
export const BREAKER_CODES: ReadonlySet<string> = new Set([
  'TIMEOUT',
  'HANDLER_ERROR',
  'NO_RESPONDER',
  'QUEUE_FULL',
  'BACKPRESSURE',
  'PLUGIN_DOWN',
  'SANDBOX_VIOLATION',
  'RESOURCE_LIMIT',
])

/** Codes that leave open whether the call had its effect. */
export const AMBIGUOUS_CODES: ReadonlySet<string> = new Set(['TIMEOUT', 'LINK_LOST'])

/** Whether another answer may stand in: the thing is unwell or late, rather than the request wrong or no longer wanted. */
export const mayDegrade = (error: SwitchyardError): boolean =>
  error.retryable || BREAKER_CODES.has(error.code) || error.code === 'DEADLINE_EXCEEDED'
