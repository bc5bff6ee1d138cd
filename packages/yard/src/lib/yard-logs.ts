import { join } from 'node:path'
import type { Clock, MessageHeaders } from '@switchyard/contracts'
import type { Redactor } from '@switchyard/contracts/redact'
import type { Log } from '@switchyard/plugin-kit'
import { parseTraceContext } from '@switchyard/trace'
import { createLogs, type LogLine } from '@switchyard/trace/logs'
import type { YardConfig } from './config.ts'

/** A logger for what speaks, and where it does so in a trace. */
export type LogOf = (plugin: string, headers?: MessageHeaders) => Log

export interface YardLogsOptions {
  readonly dataRoot: string
  /** Then nothing is written. */
  readonly memory: boolean
  readonly config: YardConfig['logs']
  readonly clock: Clock
  readonly redactor: Redactor
  /** Also hears of everything, whatever its level. */
  readonly beside: LogOf | undefined
  readonly onLine: (line: LogLine) => void
}

export interface YardLogs {
  readonly of: LogOf
  close(): Promise<void>
}

/** Where the files of a workspace's log are. */
export const logFolder = (dataRoot: string): string => join(dataRoot, 'logs')

export function createYardLogs({ dataRoot, memory, config, clock, redactor, beside, onLine }: YardLogsOptions): YardLogs {
  const { level, maxBytes, generations } = config
  const logs = memory
    ? undefined
    : createLogs({
        folder: logFolder(dataRoot),
        clock,
        level,
        maxBytes,
        generations,
        redactor,
        onLine,
        onFault: (error) => beside?.('yard').warn('cannot write the log', { error: String(error) }),
      })
  return {
    of(plugin, headers) {
      const besides = beside?.(plugin, headers)
      if (logs === undefined) return besides ?? silent
      const own = logs.of(plugin, placeOf(headers))
      if (besides === undefined) return own
      const both =
        (level: keyof Log): Log['info'] =>
        (message, fields) => {
          own[level](message, fields)
          besides[level](message, fields)
        }
      return { debug: both('debug'), info: both('info'), warn: both('warn'), error: both('error') }
    },
    close: async () => logs?.close(),
  }
}

function placeOf(headers: MessageHeaders | undefined): { traceId?: string; spanId?: string; requestId?: string } {
  if (headers === undefined) return {}
  const context = parseTraceContext(headers)
  const { sessionId } = headers
  return {
    ...(context !== undefined && { traceId: context.traceId, spanId: context.spanId }),
    ...(sessionId !== undefined && { requestId: sessionId }),
  }
}

const silent: Log = { debug() {}, info() {}, warn() {}, error() {} }
