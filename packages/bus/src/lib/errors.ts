import { asSwitchyardError, type SwitchyardError as BusError, SwitchyardError } from '@switchyard/contracts'

export const busClosed = (action: string, what: 'bus' | 'handle' | 'draining' = 'bus'): BusError =>
  new SwitchyardError(
    'BUS_CLOSED',
    what === 'draining' ? `Cannot ${action} as the bus takes nothing new while it drains` : `Cannot ${action} as the ${what} is closed`,
  )

export const invalid = (action: string, rule: string, data?: Readonly<Record<string, unknown>>): BusError =>
  new SwitchyardError('VALIDATION', `Cannot ${action} as ${rule}`, data === undefined ? {} : { data })

export const invalidTopic = (action: string, topic: unknown): BusError =>
  invalid(action, `a topic is segments between slashes, none empty, without wildcards and at most 512 characters: ${quote(topic)}`)

export const invalidPattern = (action: string, pattern: unknown): BusError =>
  invalid(action, `a pattern is whole segments, "*" for one and "**" for any number, at most 512 characters: ${quote(pattern)}`)

export const forbidden = (identity: string, action: string): BusError =>
  new SwitchyardError('FORBIDDEN', `Cannot ${action} as the grant of "${identity}" must allow it`, { data: { identity } })

export const expired = (topic: string): BusError =>
  new SwitchyardError('EXPIRED', `Cannot publish to "${topic}" as its time to live must be above 0`, { data: { topic } })

export const tooLarge = (subject: string, maxBytes: number): BusError =>
  new SwitchyardError('PAYLOAD_TOO_LARGE', `Cannot send "${subject}" as its payload must be at most ${maxBytes} bytes of JSON`, {
    data: { subject, maxBytes },
  })

export const queueFull = (topic: string, identities: readonly string[]): BusError =>
  new SwitchyardError('QUEUE_FULL', `Cannot publish to "${topic}" as every subscriber must have room: ${identities.join(', ')}`, {
    data: { topic, identities },
  })

export const tooManyPending = (maxPending: number): BusError =>
  new SwitchyardError('QUEUE_FULL', `Cannot call as at most ${maxPending} calls may be under way`, { data: { maxPending } })

export const noResponder = (subject: string, destination?: string): BusError =>
  new SwitchyardError(
    'NO_RESPONDER',
    `Cannot ask "${subject}" as ${destination === undefined ? 'somebody' : `"${destination}"`} must answer it: nobody does`,
    {
      data: { subject },
    },
  )

export const unknownMethod = (method: string, known: readonly string[]): BusError =>
  new SwitchyardError(
    'UNKNOWN_METHOD',
    `Cannot call "${method}" as its plugin must serve it${known.length === 0 ? '' : `: it serves ${known.join(', ')}`}`,
    {
      data: { method },
    },
  )

export const timedOut = (subject: string, timeoutMs: number): BusError =>
  new SwitchyardError('TIMEOUT', `Cannot wait for "${subject}" any longer as it must answer within ${Math.round(timeoutMs)} ms`, {
    data: { subject, timeoutMs },
  })

export const deadlineExceeded = (subject: string): BusError =>
  new SwitchyardError('DEADLINE_EXCEEDED', `Cannot wait for "${subject}" any longer as the caller's own time is up`, { data: { subject } })

export const cancelled = (subject: string, reason?: unknown): BusError =>
  new SwitchyardError('CANCELLED', `Cannot finish "${subject}" as its caller gave it up`, {
    data: { subject },
    ...(reason !== undefined && { cause: reason }),
  })

export const handlerTimedOut = (topic: string, timeoutMs: number): BusError =>
  new SwitchyardError('TIMEOUT', `Cannot wait for the handler of "${topic}" any longer as it must settle within ${timeoutMs} ms`, {
    data: { topic, timeoutMs },
  })

export const duplicateMethod = (method: string): BusError =>
  new SwitchyardError('DUPLICATE_METHOD', `Cannot serve "${method}" as this handle must not serve it already`, { data: { method } })

export const serverClosed = (subject: string): BusError =>
  new SwitchyardError('PLUGIN_DOWN', `Cannot finish "${subject}" as its server closed`, { data: { subject } })

export const linkLost = (subject: string): BusError =>
  new SwitchyardError('LINK_LOST', `Cannot tell how "${subject}" ended as the process that served it is gone`, { data: { subject } })

export const streamsOnly = (method: string): BusError =>
  invalid(`call "${method}"`, 'a method that yields values must be read with stream()', { method })

export const badResult = (subject: string, cause: unknown): BusError =>
  new SwitchyardError('HANDLER_ERROR', `Cannot return what "${subject}" gave as a result must be plain JSON data`, {
    data: { subject },
    cause,
  })

/** What a handler threw, with the place where it was thrown. */
export function handlerError(thrown: unknown): BusError {
  const error = asSwitchyardError(thrown)
  if (error === thrown) return error
  try {
    if (thrown instanceof Error && thrown.stack !== undefined) error.stack = thrown.stack
  } catch {
    // Something that throws when looked at, such as a revoked proxy.
  }
  return error
}

function quote(value: unknown): string {
  if (typeof value !== 'string') return `a ${typeof value}`
  return value.length > 80 ? `"${value.slice(0, 80)}" and ${value.length - 80} characters more` : `"${value}"`
}
