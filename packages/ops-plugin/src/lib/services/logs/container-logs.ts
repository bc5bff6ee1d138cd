import { createEngine, engineMessage } from '../engine.ts'
import { createLineSplitter } from './collect.ts'
import { type LogEntry, levelOf, timeOf } from './entry.ts'
import type { LogQuery } from './scan.ts'

/** Reads a container's output from the engine. Resolves to why that could not be, or to nothing. */
export async function readContainerLogs(
  socket: string | undefined,
  container: string,
  { sinceMs, untilMs }: LogQuery,
  onEntry: (entry: LogEntry) => void,
  { signal, nowMs, follow = false }: { signal: AbortSignal; nowMs: number; follow?: boolean },
): Promise<string | undefined> {
  if (socket === undefined) return 'no socket of a container engine was found: name it as "engine"'
  const asked = new URLSearchParams({ stdout: '1', stderr: '1', timestamps: '1' })
  if (follow) {
    asked.set('follow', '1')
    asked.set('tail', '0')
  }
  // Whole seconds are what every engine understands; the rest is left out by the collector.
  if (sinceMs !== undefined) asked.set('since', String(Math.floor(sinceMs / 1_000)))
  if (untilMs !== undefined) asked.set('until', String(Math.ceil(untilMs / 1_000)))
  const demultiplexer = createDemultiplexer((line) => onEntry(entryOf(line, container, nowMs)))
  try {
    const path = `/containers/${encodeURIComponent(container)}/logs?${asked}`
    const answer = await createEngine(socket).call('GET', path, { signal, onData: demultiplexer.add })
    demultiplexer.end()
    if (answer.status === 404) return `there is no container "${container}"`
    return answer.status === 200 ? undefined : `the engine answered ${engineMessage(answer)}`
  } catch (error) {
    if (signal.aborted) return undefined
    const { code, message } = error as NodeJS.ErrnoException
    return `the engine at ${socket} cannot be asked: ${code ?? message}`
  }
}

function entryOf(line: string, container: string, nowMs: number): LogEntry {
  const space = line.indexOf(' ')
  const atMs = timeOf(line.slice(0, 40), nowMs)
  const text = atMs === undefined || space === -1 ? line : line.slice(space + 1)
  return { atMs, level: levelOf(text), text: text.trimEnd(), source: container }
}

const HEADER_BYTES = 8

/** Output comes in frames of a header (which stream, how many bytes) and bytes; that of a container with a terminal comes as it is. */
export function createDemultiplexer(onLine: (line: string) => void): { add(chunk: Buffer): void; end(): void } {
  const streams = [0, 1, 2].map(() => createLineSplitter(onLine))
  let isFramed: boolean | undefined
  let header = Buffer.alloc(0)
  let stream = 0
  let missing = 0
  return {
    add(chunk) {
      isFramed ??= chunk.length >= 4 && chunk[0]! <= 2 && chunk[1] === 0 && chunk[2] === 0 && chunk[3] === 0
      if (!isFramed) return streams[0]!.add(chunk)
      for (let rest = chunk; rest.length > 0; ) {
        if (missing === 0) {
          const wanted = HEADER_BYTES - header.length
          header = Buffer.concat([header, rest.subarray(0, wanted)])
          rest = rest.subarray(wanted)
          if (header.length < HEADER_BYTES) return
          stream = Math.min(header[0]!, 2)
          missing = header.readUInt32BE(4)
          header = Buffer.alloc(0)
          continue
        }
        const part = rest.subarray(0, missing)
        streams[stream]!.add(part)
        missing -= part.length
        rest = rest.subarray(part.length)
      }
    },
    end: () => {
      for (const one of streams) one.end()
    },
  }
}
