import { noRuns, runAmbiguous, runUnknown } from '../errors.ts'
import type { Run } from './run.ts'
import type { TraceStore } from './trace-store.ts'

/** The run of an id, of the first digits of one, or `last`. @throws TRACE_UNKNOWN, TRACE_AMBIGUOUS */
export function findRun(traces: Pick<TraceStore, 'run' | 'runs'>, id: string): Run {
  if (id === 'last') {
    const [last] = traces.runs({ limit: 1 }).runs
    if (last === undefined) throw noRuns()
    return last
  }
  const digits = id.toLowerCase()
  if (!/^[0-9a-f]{1,32}$/.test(digits)) throw runUnknown(id)
  const exact = digits.length === 32 ? traces.run(digits) : undefined
  if (exact !== undefined) return exact
  const found = traces.runs({ text: digits, limit: 1_000 }).runs.filter(({ traceId }) => traceId.startsWith(digits))
  if (found.length > 1)
    throw runAmbiguous(
      id,
      found.map(({ traceId }) => traceId),
    )
  if (found[0] === undefined) throw runUnknown(id)
  return found[0]
}
