import { type Block, isContinuation } from './blocks.ts'
import { isAtLeast, type Level, type LogEntry, levelOf, timeOf } from './entry.ts'

/** What is looked for; every part that is given must hold. */
export interface LogQuery {
  /** Fixed text, as it stands. */
  readonly text?: string | undefined
  /** The least level; entries that name none are left out. */
  readonly level?: Level | undefined
  readonly sinceMs?: number | undefined
  readonly untilMs?: number | undefined
  /** How many entries are kept: the last ones. */
  readonly limit: number
}

/** What came of a scan so far. */
export interface Scan {
  /** Looks through one block. True once nothing that follows can match. */
  add(block: Block): boolean
  readonly matches: number
  readonly bytes: number
  /** Whether any entry told its time. */
  readonly hasTimes: boolean
  /** The last matches, oldest first. */
  entries(): readonly LogEntry[]
}

const NEWLINE = 10
const HEAD_BYTES = 512
const MAX_ENTRY_BYTES = 16 * 1024
/** Writers of one log are not quite in step. */
const DISORDER_MS = 60_000

/** One pass over a log. Where only text is looked for, lines are found in the bytes and only the last matches become strings. */
export function createScan(source: string, query: LogQuery, nowMs: number): Scan {
  const { text, level, sinceMs, untilMs, limit } = query
  const needle = text === undefined || text === '' ? undefined : Buffer.from(text)
  const judgesHead = level !== undefined || sinceMs !== undefined || untilMs !== undefined
  const kept: LogEntry[] = []
  let matches = 0
  let bytesSeen = 0
  let lastMs: number | undefined

  return {
    add({ bytes }) {
      bytesSeen += bytes.length
      const found: [start: number, end: number, atMs: number | undefined][] = []
      const isOver = needle === undefined ? everyEntry(bytes, found) : everyHit(bytes, needle, found)
      for (const [start, end, atMs] of found.slice(-limit)) kept.push(entryOf(bytes, startOf(bytes, start), end, atMs))
      if (kept.length > limit) kept.splice(0, kept.length - limit)
      return isOver
    },
    get matches() {
      return matches
    },
    get bytes() {
      return bytesSeen
    },
    get hasTimes() {
      return lastMs !== undefined
    },
    entries: () => kept,
  }

  function everyHit(bytes: Buffer, wanted: Buffer, found: [number, number, number | undefined][]): boolean {
    for (let hit = bytes.indexOf(wanted); hit !== -1; ) {
      const end = endOf(bytes, hit)
      // Where an entry begins is looked up for the few that are kept, unless its beginning decides.
      const start = judgesHead ? startOf(bytes, hit) : hit
      const verdict = judgesHead ? judge(bytes, start, end) : 'match'
      if (verdict === 'over') return true
      if (verdict === 'match') {
        matches++
        found.push([start, end, undefined])
        if (found.length > 2 * limit) found.splice(0, found.length - limit)
      }
      hit = bytes.indexOf(wanted, end)
    }
    return false
  }

  function everyEntry(bytes: Buffer, found: [number, number, number | undefined][]): boolean {
    for (let start = 0; start < bytes.length; ) {
      const end = endOf(bytes, start)
      const verdict = judgesHead ? judge(bytes, start, end) : 'match'
      if (verdict === 'over') return true
      if (verdict === 'match') {
        matches++
        found.push([start, end, lastMs])
        if (found.length > 2 * limit) found.splice(0, found.length - limit)
      }
      start = end
    }
    return false
  }

  function judge(bytes: Buffer, start: number, end: number): 'match' | 'other' | 'over' {
    const head = bytes.toString('latin1', start, Math.min(end, start + HEAD_BYTES))
    if (sinceMs !== undefined || untilMs !== undefined) {
      const atMs = timeOf(head, nowMs)
      // What says no time was written after what did.
      lastMs = atMs ?? lastMs
      if (lastMs !== undefined) {
        if (untilMs !== undefined && lastMs > untilMs + DISORDER_MS) return 'over'
        if (lastMs < (sinceMs ?? 0) || lastMs > (untilMs ?? Number.POSITIVE_INFINITY)) return 'other'
      }
    }
    return level === undefined || isAtLeast(levelOf(head), level) ? 'match' : 'other'
  }

  function entryOf(bytes: Buffer, start: number, end: number, knownMs: number | undefined): LogEntry {
    const isLong = end - start > MAX_ENTRY_BYTES
    const whole = bytes.toString('utf8', start, isLong ? start + MAX_ENTRY_BYTES : end).trimEnd()
    const line = `${whole}${isLong ? ` … (${end - start} bytes)` : ''}`
    return { atMs: timeOf(line, nowMs) ?? knownMs, level: levelOf(line), text: line, source }
  }
}

/** Where the entry begins that a position lies in. */
function startOf(bytes: Buffer, position: number): number {
  let start = position === 0 ? 0 : bytes.lastIndexOf(NEWLINE, position - 1) + 1
  // A negative offset would count from the end.
  while (start > 1 && isContinuation(bytes, start)) start = bytes.lastIndexOf(NEWLINE, start - 2) + 1
  return start
}

/** Where the entry ends that a position lies in: behind its last line. */
function endOf(bytes: Buffer, position: number): number {
  for (let newline = bytes.indexOf(NEWLINE, position); newline !== -1; newline = bytes.indexOf(NEWLINE, newline + 1)) {
    if (newline + 1 >= bytes.length || !isContinuation(bytes, newline + 1)) return newline + 1
  }
  return bytes.length
}
