/** What may ride along with an error; `data` crosses processes and is shown to people, so no secret belongs in it. */
export interface ErrorDetails {
  data?: Readonly<Record<string, unknown>>
  cause?: unknown
  /** The next command or action that mends it, shown to people on a line of its own. */
  next?: string
  /** Whether the same call may succeed later. The default is what the code says: see `RETRYABLE_CODES`. */
  retryable?: boolean
}

/** Codes that mean "later may work", unless an error says otherwise itself. */
const RETRYABLE_CODES: ReadonlySet<string> = new Set([
  'TIMEOUT',
  'NO_RESPONDER',
  'QUEUE_FULL',
  'PLUGIN_DOWN',
  'RATE_LIMITED',
  'CIRCUIT_OPEN',
  'LINK_LOST',
  'STORE_BUSY',
])

/**
 * The one error class. `code` is API and never changes its meaning; `message` is for people.
 * Recognise it with `isSwitchyardError`, never with `instanceof`: plugin servers are bundles of their own.
 */
export class SwitchyardError extends Error {
  override readonly name = 'SwitchyardError'
  readonly code: string
  readonly data: Readonly<Record<string, unknown>>
  readonly next: string | undefined
  readonly retryable: boolean

  constructor(code: string, message: string, { data = {}, cause, next, retryable = RETRYABLE_CODES.has(code) }: ErrorDetails = {}) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
    this.data = data
    this.next = next
    this.retryable = retryable
  }
}

/** True for a SwitchyardError of any bundle or process, with the given code if one is named. Never throws, whatever it is given. */
export function isSwitchyardError(error: unknown, code?: string): error is SwitchyardError {
  if (typeof error !== 'object' || error === null) return false
  try {
    const { name, code: found, message, data } = error as Partial<SwitchyardError>
    if (name !== 'SwitchyardError' || typeof found !== 'string' || typeof message !== 'string') return false
    return isRecord(data) && (code === undefined || found === code)
  } catch {
    return false
  }
}

/** How an error looks between processes. */
export interface WireError {
  code: string
  message: string
  data?: Readonly<Record<string, unknown>>
  next?: string
  retryable?: boolean
  stack?: string
  cause?: WireError
}

const MAX_CAUSES = 5

/** What a thrown value that is no error is cut to: it may be anything, a whole response with its headers included. */
const MAX_THROWN_LENGTH = 200

/**
 * Anything thrown, as plain data that keeps code, message, stack and cause. Never throws.
 * What is no SwitchyardError gets the code `HANDLER_ERROR`: a fault of the code that threw, not of its caller.
 */
export function toWireError(error: unknown, depth = 0): WireError {
  try {
    if (!(error instanceof Error) && !isSwitchyardError(error)) return { code: 'HANDLER_ERROR', message: messageOf(error) }
    const wire: WireError = { code: isSwitchyardError(error) ? error.code : 'HANDLER_ERROR', message: error.message }
    if (isSwitchyardError(error)) {
      if (Object.keys(error.data).length > 0) wire.data = error.data
      if (error.next !== undefined) wire.next = error.next
      wire.retryable = error.retryable
    }
    if (error.stack !== undefined) wire.stack = error.stack
    if (error.cause !== undefined && depth < MAX_CAUSES) wire.cause = toWireError(error.cause, depth + 1)
    return wire
  } catch {
    // Something that throws when looked at, such as a revoked proxy.
    return { code: 'HANDLER_ERROR', message: UNREADABLE }
  }
}

/**
 * The error that `toWireError` was given, as a SwitchyardError with the stack of where it was thrown. Never throws: it comes
 * from another process, so what is not of its type is dropped, and so are causes past the fifth.
 */
export function fromWireError(wire: unknown, depth = 0): SwitchyardError {
  const { code, message, data, next, retryable, stack, cause }: { [key in keyof WireError]?: unknown } = isRecord(wire) ? wire : {}
  const error = new SwitchyardError(
    typeof code === 'string' ? code : 'HANDLER_ERROR',
    typeof message === 'string' ? message : 'Cannot tell what failed as the other process sent no error that can be read',
    {
      ...(isRecord(data) && { data }),
      ...(typeof next === 'string' && { next }),
      ...(typeof retryable === 'boolean' && { retryable }),
      ...(isRecord(cause) && depth < MAX_CAUSES && { cause: fromWireError(cause, depth + 1) }),
    },
  )
  if (typeof stack === 'string') error.stack = stack
  return error
}

/** Anything thrown as a SwitchyardError; one that is one already is returned as it is. */
export function asSwitchyardError(error: unknown, code = 'HANDLER_ERROR'): SwitchyardError {
  if (isSwitchyardError(error)) return error
  return new SwitchyardError(code, messageOf(error), { cause: error })
}

const UNREADABLE = 'Cannot tell what was thrown as it cannot be read'

function messageOf(thrown: unknown): string {
  try {
    return thrown instanceof Error ? thrown.message : describeThrown(thrown)
  } catch {
    return UNREADABLE
  }
}

function describeThrown(thrown: unknown): string {
  if (thrown === undefined) return 'undefined was thrown'
  const text = typeof thrown === 'string' ? thrown : (jsonOf(thrown) ?? String(thrown))
  return text.length <= MAX_THROWN_LENGTH ? text : `${text.slice(0, MAX_THROWN_LENGTH)}…`
}

function jsonOf(thrown: unknown): string | undefined {
  try {
    return JSON.stringify(thrown)
  } catch {
    return Object.prototype.toString.call(thrown)
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
