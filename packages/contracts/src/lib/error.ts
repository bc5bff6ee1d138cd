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

/** True for a SwitchyardError of any bundle or process, with the given code if one is named. */
export function isSwitchyardError(error: unknown, code?: string): error is SwitchyardError {
  if (typeof error !== 'object' || error === null) return false
  if (!('name' in error) || error.name !== 'SwitchyardError' || !('code' in error)) return false
  return code === undefined || error.code === code
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

/**
 * Anything thrown, as plain data that keeps code, message, stack and cause.
 * What is no SwitchyardError gets the code `HANDLER_ERROR`: a fault of the code that threw, not of its caller.
 */
export function toWireError(error: unknown, depth = 0): WireError {
  if (!(error instanceof Error) && !isSwitchyardError(error)) return { code: 'HANDLER_ERROR', message: describeThrown(error) }
  const wire: WireError = { code: isSwitchyardError(error) ? error.code : 'HANDLER_ERROR', message: error.message }
  if (isSwitchyardError(error)) {
    if (Object.keys(error.data).length > 0) wire.data = error.data
    if (error.next !== undefined) wire.next = error.next
    wire.retryable = error.retryable
  }
  if (error.stack !== undefined) wire.stack = error.stack
  if (error.cause !== undefined && depth < MAX_CAUSES) wire.cause = toWireError(error.cause, depth + 1)
  return wire
}

/** The error that `toWireError` was given, as a SwitchyardError with the stack of where it was thrown. */
export function fromWireError(wire: WireError): SwitchyardError {
  const error = new SwitchyardError(wire.code, wire.message, {
    ...(wire.data !== undefined && { data: wire.data }),
    ...(wire.next !== undefined && { next: wire.next }),
    ...(wire.retryable !== undefined && { retryable: wire.retryable }),
    ...(wire.cause !== undefined && { cause: fromWireError(wire.cause) }),
  })
  if (wire.stack !== undefined) error.stack = wire.stack
  return error
}

/** Anything thrown as a SwitchyardError; one that is one already is returned as it is. */
export function asSwitchyardError(error: unknown, code = 'HANDLER_ERROR'): SwitchyardError {
  if (isSwitchyardError(error)) return error
  return new SwitchyardError(code, error instanceof Error ? error.message : describeThrown(error), { cause: error })
}

function describeThrown(thrown: unknown): string {
  if (typeof thrown === 'string') return thrown
  if (thrown === undefined) return 'undefined was thrown'
  try {
    return JSON.stringify(thrown) ?? String(thrown)
  } catch {
    return Object.prototype.toString.call(thrown)
  }
}
