import { runProgram } from '../program.ts'
import { createLineSplitter } from './collect.ts'
import { type Level, type LogEntry, levelOfPriority } from './entry.ts'
import type { LogQuery } from './scan.ts'

const MAX_ENTRIES = 200_000
const PRIORITIES: Readonly<Record<Level, number>> = { trace: 7, debug: 7, info: 6, warn: 4, error: 3, fatal: 2 }

/** Reads a unit's journal through journalctl. Resolves to why that could not be, or to nothing. */
export async function readJournal(
  unit: string,
  { level, sinceMs, untilMs }: LogQuery,
  onEntry: (entry: LogEntry) => void,
  { signal, follow = false }: { signal: AbortSignal; follow?: boolean },
): Promise<string | undefined> {
  const argv = ['journalctl', '--output=json', '--no-pager', '--quiet', `--unit=${unit}`]
  if (follow) argv.push('--follow', '--lines=0')
  else argv.push(`--lines=${MAX_ENTRIES}`)
  if (level !== undefined) argv.push(`--priority=${PRIORITIES[level]}`)
  if (sinceMs !== undefined) argv.push(`--since=@${(sinceMs / 1_000).toFixed(3)}`)
  if (untilMs !== undefined) argv.push(`--until=@${(untilMs / 1_000).toFixed(3)}`)
  const lines = createLineSplitter((line) => {
    const entry = parseJournalLine(line, unit)
    if (entry !== undefined) onEntry(entry)
  })
  const { exit, missing, stderr } = await runProgram(argv, { signal, onStdout: lines.add })
  lines.end()
  if (missing !== undefined) return `there is no journalctl on this machine (${missing})`
  if (exit === 0 || signal.aborted) return stderr.trim() === '' ? undefined : stderr.trim().slice(0, 300)
  return `journalctl ended with ${exit}: ${stderr.trim().slice(0, 300)}`
}

/** One line of `journalctl --output=json`; undefined for what is none. Fields that are no UTF-8 come as arrays of bytes. */
export function parseJournalLine(line: string, unit: string): LogEntry | undefined {
  try {
    const { __REALTIME_TIMESTAMP: time, PRIORITY: priority, MESSAGE: message } = JSON.parse(line) as Record<string, unknown>
    const text = typeof message === 'string' ? message : Array.isArray(message) ? Buffer.from(message as number[]).toString('utf8') : ''
    const level = priority === undefined ? undefined : levelOfPriority(Number(priority))
    return { atMs: time === undefined ? undefined : Math.floor(Number(time) / 1_000), level, text, source: unit }
  } catch {
    return undefined
  }
}
