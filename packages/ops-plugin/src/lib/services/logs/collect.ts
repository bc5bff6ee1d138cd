import { isAtLeast, type LogEntry } from './entry.ts'
import type { LogQuery } from './scan.ts'

/** The last entries that match, of a source that hands over whole entries. */
export interface Collector {
  add(entry: LogEntry): void
  readonly matches: number
  entries(): readonly LogEntry[]
}

export function createCollector({ text, level, sinceMs, untilMs, limit }: LogQuery): Collector {
  const kept: LogEntry[] = []
  let matches = 0
  return {
    add(entry) {
      if (text !== undefined && !entry.text.includes(text)) return
      if (level !== undefined && !isAtLeast(entry.level, level)) return
      if (entry.atMs !== undefined && (entry.atMs < (sinceMs ?? 0) || entry.atMs > (untilMs ?? Number.POSITIVE_INFINITY))) return
      matches++
      kept.push(entry)
      if (kept.length > 2 * limit) kept.splice(0, kept.length - limit)
    },
    get matches() {
      return matches
    },
    entries: () => kept.slice(-limit),
  }
}

const MAX_LINE_CHARS = 64 * 1024

/** Cuts what comes in pieces into lines; one that never ends is handed over in parts of 64 kB. */
export function createLineSplitter(onLine: (line: string) => void): { add(chunk: Buffer): void; end(): void } {
  const decoder = new TextDecoder()
  let rest = ''
  const cut = (text: string): void => {
    const lines = text.split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) onLine(line)
    if (rest.length <= MAX_LINE_CHARS) return
    onLine(rest)
    rest = ''
  }
  return {
    add: (chunk) => cut(rest + decoder.decode(chunk, { stream: true })),
    end() {
      cut(rest + decoder.decode())
      if (rest !== '') onLine(rest)
      rest = ''
    },
  }
}
