import type { Span } from '../spans/span.ts'
import { decodeTraces } from './traces.ts'

export interface ImportedLines {
  readonly spans: number
  /** How many of them were new to whoever took them. */
  readonly fresh: number
  /** Lines, or spans in them, that could not be read; the first of their line numbers. */
  readonly rejected: number
  readonly firstRejectedLine?: number
}

/** Reads a file of OTLP JSON lines, one export a line, as OpenTelemetry's file exporter and `encodeTraces` write it. */
export async function importOtlpLines(
  lines: AsyncIterable<string>,
  take: (spans: readonly Span[]) => Promise<number>,
): Promise<ImportedLines> {
  let spans = 0
  let fresh = 0
  let rejected = 0
  let firstRejectedLine: number | undefined
  let number = 0
  for await (const line of lines) {
    number++
    if (line.trim() === '') continue
    const decoded = decodeLine(line)
    fresh += await take(decoded.spans)
    spans += decoded.spans.length
    rejected += decoded.rejected
    if (decoded.rejected > 0) firstRejectedLine ??= number
  }
  return { spans, fresh, rejected, ...(firstRejectedLine !== undefined && { firstRejectedLine }) }
}

function decodeLine(line: string): ReturnType<typeof decodeTraces> {
  try {
    return decodeTraces(JSON.parse(line))
  } catch {
    return { spans: [], rejected: 1 }
  }
}
