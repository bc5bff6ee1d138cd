/** From the least to the most urgent. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const

export type LogLevel = (typeof LOG_LEVELS)[number]

/** From which level on lines are kept; `silent` keeps none. */
export type LeastLevel = LogLevel | 'silent'

/** One line of the log; secrets are gone from it. */
export interface LogLine {
  /** Wall time. */
  readonly atMs: number
  readonly level: LogLevel
  readonly message: string
  /** Who said it: a plugin, or a room of the yard. */
  readonly plugin: string
  readonly pid: number
  readonly traceId?: string
  readonly spanId?: string
  /** What belongs to one question of somebody: the call of an MCP client, else the trace. */
  readonly requestId?: string
  readonly fields?: Readonly<Record<string, unknown>>
}

export function isLeastLevel(text: unknown): text is LeastLevel {
  return text === 'silent' || LOG_LEVELS.some((level) => level === text)
}

/** Whether a line of this level is one of those from `least` on. */
export function isAtLeast(level: LogLevel, least: LeastLevel): boolean {
  return least !== 'silent' && LOG_LEVELS.indexOf(level) >= LOG_LEVELS.indexOf(least)
}

/** A line of a log file; undefined for what is none, be it that a full disk cut it. */
export function parseLogLine(text: string): LogLine | undefined {
  let raw: unknown
  try {
    raw = JSON.parse(text)
  } catch {
    return undefined
  }
  if (typeof raw !== 'object' || raw === null) return undefined
  const { time, level, msg, plugin, pid, trace_id, span_id, request_id, fields } = raw as Readonly<Record<string, unknown>>
  if (typeof time !== 'number' || typeof msg !== 'string' || typeof plugin !== 'string') return undefined
  const known = LOG_LEVELS.find((one) => one === level)
  if (known === undefined) return undefined
  return {
    atMs: time,
    level: known,
    message: msg,
    plugin,
    pid: typeof pid === 'number' ? pid : 0,
    ...(typeof trace_id === 'string' && { traceId: trace_id }),
    ...(typeof span_id === 'string' && { spanId: span_id }),
    ...(typeof request_id === 'string' && { requestId: request_id }),
    ...(typeof fields === 'object' && fields !== null && { fields: fields as Readonly<Record<string, unknown>> }),
  }
}
