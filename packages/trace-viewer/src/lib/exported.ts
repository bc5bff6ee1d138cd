import type { Exported, SpanDetail } from '../model/wire.ts'
import { runUnknown } from './errors.ts'
import type { ViewerSource } from './source.ts'

/** Beyond so many spans their inputs and outputs are left out: a file of hundreds of megabytes helps nobody. */
const MAX_DETAILED = 20_000

/** All that is known of one run, for a file. @throws TRACE_UNKNOWN */
export async function exportedOf(source: ViewerSource, runId: string): Promise<Exported> {
  const trace = await source.trace(runId)
  if (trace === undefined) throw runUnknown(runId)
  const { ids } = trace.spans
  const details: Record<string, SpanDetail> = {}
  for (let at = 0; at < Math.min(ids.length, MAX_DETAILED * 16); at += 16) {
    const id = ids.slice(at, at + 16)
    const detail = await source.span(runId, id)
    if (detail !== undefined) details[id] = detail
  }
  const [decision, chain, logs, good] = await Promise.all([
    source.decision(runId),
    source.chain(runId),
    source.logs(runId),
    trace.good === undefined ? undefined : source.trace(trace.good),
  ])
  return {
    trace,
    details,
    logs,
    ...(decision !== undefined && { decision }),
    ...(chain !== undefined && { chain }),
    ...(good !== undefined && { good }),
  }
}
