import type { LogLevel, LogLine } from '@switchyard/trace/logs'
import { type Look, paint, plain } from './look.ts'

const COLOURS: Readonly<Record<LogLevel, 'dim' | 'cyan' | 'yellow' | 'red'>> = { debug: 'dim', info: 'cyan', warn: 'yellow', error: 'red' }

export function renderLogs(lines: readonly LogLine[], look: Look): string {
  return lines.length === 0 ? 'No line fits' : lines.map((line) => renderLogLine(line, look)).join('\n')
}

/** Time, level, who, what, its data, and of which run. */
export function renderLogLine({ atMs, level, plugin, message, fields, traceId }: LogLine, look: Look): string {
  const time = paint(look, 'dim', new Date(atMs).toISOString().slice(5, 19).replace('T', ' '))
  const data = fields === undefined ? '' : ` ${JSON.stringify(fields, firstFrame)}`
  const run = traceId === undefined ? '' : paint(look, 'dim', ` [${traceId.slice(0, 8)}]`)
  return `${time} ${paint(look, COLOURS[level], level.padEnd(5))} ${plain(plugin)}: ${plain(message + data).replace(/[\n\t]+/g, ' ')}${run}`
}

/** Of a stack, where it happened; the rest is in the file. */
function firstFrame(key: string, value: unknown): unknown {
  if (key !== 'stack' || typeof value !== 'string') return value
  return value
    .split('\n')
    .find((line) => line.trimStart().startsWith('at '))
    ?.trim()
}
