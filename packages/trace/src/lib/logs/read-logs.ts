import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs'
import type { Clock } from '@switchyard/contracts'
import { logFiles } from './log-file.ts'
import { isAtLeast, type LogLevel, type LogLine, parseLogLine } from './log-line.ts'

export interface LogFilter {
  readonly plugin?: string
  /** This level and the more urgent ones. */
  readonly level?: LogLevel
  /** A trace's id, or its first digits. */
  readonly trace?: string
  /** Wall time; at or after it. */
  readonly sinceMs?: number
  /** Before it. */
  readonly untilMs?: number
  /** Somewhere in the line, whatever its case. */
  readonly text?: string
  /** The last so many. @default 100 */
  readonly limit?: number
}

/** The last lines that fit, oldest first, of all processes that wrote to the folder. */
export function readLogs(folder: string, { limit = 100, ...filter }: LogFilter = {}): readonly LogLine[] {
  const fits = matcher(filter)
  const found: LogLine[] = []
  // Lines of several processes stand in the order of their writes, which is that of their times but for a moment.
  for (const path of logFiles(folder).toReversed()) {
    const lines = textOf(path).split('\n')
    for (let at = lines.length - 1; at >= 0 && found.length < limit; at--) {
      const line = fits(lines[at]!)
      if (line !== undefined) found.push(line)
    }
    if (found.length >= limit) break
  }
  return found.reverse().sort((a, b) => a.atMs - b.atMs)
}

const CHUNK_BYTES = 65_536

/** Tells lines that fit as they are written, from now on; the returned function ends it. Files that are put aside meanwhile are read to their end. */
export function followLogs(
  folder: string,
  filter: Omit<LogFilter, 'limit'>,
  tell: (line: LogLine) => void,
  { clock, pollMs = 200 }: { clock: Clock; pollMs?: number },
): () => void {
  const fits = matcher(filter)
  /** How far each file is read, and what of a line came so far, by its number on the disk, which stays when it is renamed. */
  const places = new Map<number, { bytes: number; part: string }>()
  let cancel: (() => void) | undefined
  look(true)

  function look(isFirst: boolean): void {
    for (const path of logFiles(folder)) readOn(path, isFirst)
    cancel = clock.after(pollMs, () => look(false))
  }

  function readOn(path: string, isFirst: boolean): void {
    let fd: number
    try {
      fd = openSync(path, 'r')
    } catch {
      return
    }
    try {
      const { ino, size } = fstatSync(fd)
      let place = places.get(ino)
      if (place === undefined || size < place.bytes) {
        place = { bytes: isFirst ? size : 0, part: '' }
        places.set(ino, place)
      }
      const chunk = Buffer.alloc(CHUNK_BYTES)
      while (place.bytes < size) {
        const read = readSync(fd, chunk, 0, Math.min(CHUNK_BYTES, size - place.bytes), place.bytes)
        if (read === 0) break
        place.bytes += read
        // Whole characters only matter within a line, and those of a half one are read again.
        const lines = (place.part + chunk.toString('latin1', 0, read)).split('\n')
        place.part = lines.pop()!
        for (const text of lines) {
          const line = fits(Buffer.from(text, 'latin1').toString('utf8'))
          if (line !== undefined) tell(line)
        }
      }
    } finally {
      closeSync(fd)
    }
  }

  return () => cancel?.()
}

/** Reads a line if it fits; looks at its text before it is parsed, as most do not. */
function matcher({ plugin, level, trace, sinceMs, untilMs, text }: Omit<LogFilter, 'limit'>): (text: string) => LogLine | undefined {
  const wanted = text?.toLowerCase()
  return (raw) => {
    if (raw === '' || (trace !== undefined && !raw.includes(trace)) || (plugin !== undefined && !raw.includes(plugin))) return undefined
    const line = parseLogLine(raw)
    if (line === undefined) return undefined
    if (plugin !== undefined && line.plugin !== plugin) return undefined
    if (level !== undefined && !isAtLeast(line.level, level)) return undefined
    if (trace !== undefined && line.traceId?.startsWith(trace) !== true) return undefined
    if (sinceMs !== undefined && line.atMs < sinceMs) return undefined
    if (untilMs !== undefined && line.atMs >= untilMs) return undefined
    if (wanted !== undefined && !`${line.message} ${JSON.stringify(line.fields ?? '')}`.toLowerCase().includes(wanted)) return undefined
    return line
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
