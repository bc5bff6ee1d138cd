import type { Clock } from '@switchyard/contracts'
import { createRedactor, type Redactor } from '@switchyard/contracts/redact'
import type { Logger } from 'pino'
import { createLiveLevel } from './live-level.ts'
import { createLogFile } from './log-file.ts'
import { isAtLeast, type LeastLevel, type LogLevel, type LogLine } from './log-line.ts'

export interface LogsOptions {
  /** Where the files are; made with the first line. */
  readonly folder: string
  readonly clock: Clock
  /** From which on lines are kept, unless somebody sets another while we run. @default 'info' */
  readonly level?: LeastLevel
  /** @default 8_388_608 (8 MiB) */
  readonly maxBytes?: number
  /** Files beside the current one. @default 5 */
  readonly generations?: number
  readonly redactor?: Redactor
  /** @default process.pid */
  readonly pid?: number
  /** Hears every line that is kept, as it is kept; for exporters. What it throws is dropped. */
  readonly onLine?: (line: LogLine) => void
  /** Told once when lines cannot be written: logging fails nobody. */
  readonly onFault?: (error: unknown) => void
}

/** What a line belongs to. */
export interface LogPlace {
  readonly traceId?: string
  readonly spanId?: string
  readonly requestId?: string
}

type Say = (message: string, fields?: Readonly<Record<string, unknown>>) => void
/** The `log` of a plugin's context. */
export type LogWriter = Readonly<Record<LogLevel, Say>>

/** The log of one process. */
export interface Logs {
  of(plugin: string, place?: LogPlace): LogWriter
  /** Writes what is left. */
  close(): Promise<void>
}

/** A text of a field that is longer is cut, after secrets were taken out. */
const MAX_MESSAGE_CHARS = 8_192
const MAX_FIELDS_CHARS = 16_384
/** Lines that wait for pino to be loaded, which takes milliseconds. */
const MAX_WAITING = 10_000

/** Writes JSON lines, with what looks like a secret taken out. Loads its writer with the first line that is kept. */
export function createLogs({
  folder,
  clock,
  level = 'info',
  maxBytes = 8_388_608,
  generations = 5,
  redactor = createRedactor(),
  pid = process.pid,
  onLine,
  onFault,
}: LogsOptions): Logs {
  const least = createLiveLevel({ folder, level, clock })
  const file = createLogFile({ folder, maxBytes, generations, pid, now: clock.now })
  let loading: Promise<void> | undefined
  let logger: Logger | undefined
  let waiting: LogLine[] = []
  let unwritten = ''
  let isFlushing = false
  let hasFailed = false

  async function load(): Promise<void> {
    const { pino } = await import('pino')
    logger = pino(
      { level: 'trace', base: { pid }, timestamp: false, formatters: { level: (label) => ({ level: label }) } },
      {
        write(line) {
          unwritten += line
        },
      },
    )
    for (const line of waiting) write(line, logger)
    waiting = []
    flush()
  }

  function keep(line: LogLine): void {
    tell(line)
    if (logger === undefined) {
      if (waiting.length < MAX_WAITING) waiting.push(line)
      loading ??= load().catch(failed)
      return
    }
    write(line, logger)
    if (line.level === 'error') flush()
    else if (!isFlushing) {
      isFlushing = true
      setImmediate(flush)
    }
  }

  function flush(): void {
    isFlushing = false
    if (unwritten === '') return
    const lines = unwritten
    unwritten = ''
    try {
      file.append(lines)
    } catch (error) {
      failed(error)
    }
  }

  function failed(error: unknown): void {
    if (!hasFailed) onFault?.(error)
    hasFailed = true
  }

  function tell(line: LogLine): void {
    try {
      onLine?.(line)
    } catch {
      // Whoever watches must not disturb what is watched.
    }
  }

  return {
    of(plugin, place = {}) {
      const say =
        (level: LogLevel): Say =>
        (message, fields) => {
          if (!isAtLeast(level, least())) return
          const { traceId, spanId, requestId = traceId } = place
          keep({
            atMs: clock.now(),
            level,
            message: cut(redactor.text(String(message)), MAX_MESSAGE_CHARS),
            plugin,
            pid,
            ...(traceId !== undefined && { traceId }),
            ...(spanId !== undefined && { spanId }),
            ...(requestId !== undefined && { requestId }),
            ...(fields !== undefined && { fields: smallEnough(redactor.value(fields)) }),
          })
        }
      return { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') }
    },
    async close() {
      await loading
      flush()
      file.close()
    },
  }
}

function write({ level, atMs, message, plugin, traceId, spanId, requestId, fields }: LogLine, logger: Logger): void {
  logger[level]({ time: atMs, plugin, trace_id: traceId, span_id: spanId, request_id: requestId, fields }, message)
}

/** Data that is too large is kept as the beginning of its text. */
function smallEnough(fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const text = JSON.stringify(fields)
  return text.length <= MAX_FIELDS_CHARS ? fields : { cut: cut(text, MAX_FIELDS_CHARS) }
}

function cut(text: string, maxChars: number): string {
  return text.length <= maxChars ? text : `${text.slice(0, maxChars)}…`
}
