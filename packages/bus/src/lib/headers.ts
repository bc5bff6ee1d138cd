import type { ExtraHeaders } from './envelope.ts'
import { invalid } from './errors.ts'

/** The trace's own header, and the others if there are any. */
export function splitHeaders(headers: ExtraHeaders | undefined): { traceparent: string | undefined; extra: ExtraHeaders | undefined } {
  if (headers === undefined) return { traceparent: undefined, extra: undefined }
  const { traceparent } = headers
  for (const name in headers) {
    if (name === 'traceparent') continue
    const { traceparent: _, ...extra } = headers
    return { traceparent, extra: Object.freeze(extra) }
  }
  return { traceparent, extra: undefined }
}

/** What goes on from a cause to what it causes: who asked, and the trace's own state. */
export function inherited(extra: ExtraHeaders | undefined): ExtraHeaders | undefined {
  if (extra === undefined) return undefined
  const { userId, sessionId, tracestate } = extra
  if (userId === undefined && sessionId === undefined && tracestate === undefined) return undefined
  return Object.freeze({
    ...(userId !== undefined && { userId }),
    ...(sessionId !== undefined && { sessionId }),
    ...(tracestate !== undefined && { tracestate }),
  })
}

/** @throws VALIDATION */
export function checkedHeaders(headers: Readonly<Record<string, string>>, base: ExtraHeaders | undefined, subject: string): ExtraHeaders {
  const entries: [string, string][] = base === undefined ? [] : Object.entries(base)
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || name === 'traceparent') continue
    if (typeof value !== 'string') throw invalid(`send "${subject}"`, `header "${name}" must be text: it is a ${typeof value}`)
    entries.push([name, value])
  }
  return Object.freeze(Object.fromEntries(entries))
}

/** @throws VALIDATION */
export function checkedPriority(priority: number | undefined, subject: string): number {
  if (priority === undefined) return 5
  if (!Number.isInteger(priority) || priority < 1 || priority > 10) {
    throw invalid(`send "${subject}"`, `priority must be an integer from 1 to 10: ${String(priority)}`)
  }
  return priority
}

/** @throws VALIDATION */
export function checkedDestination(destination: string | undefined, subject: string): string {
  if (destination === undefined) return '*'
  if (typeof destination !== 'string' || destination === '')
    throw invalid(`send "${subject}"`, 'destination must be a plugin\'s name or "*"')
  return destination
}

/** @throws VALIDATION */
export function checkedTimeout(timeoutMs: number, subject: string): number {
  if (typeof timeoutMs !== 'number' || Number.isNaN(timeoutMs)) {
    throw invalid(`send "${subject}"`, `timeoutMs must be a number of milliseconds: ${String(timeoutMs)}`)
  }
  return timeoutMs
}

/** An empty key would make one of all who have none. @throws VALIDATION */
export function checkedKey(key: string | undefined, subject: string): string | undefined {
  if (key === undefined || (typeof key === 'string' && key !== '')) return key
  throw invalid(`send "${subject}"`, 'idempotencyKey must be a text that is not empty')
}

/** @throws VALIDATION */
export function checkWindow(window: number | undefined, subject: string): void {
  if (window === undefined || (Number.isInteger(window) && window >= 1)) return
  throw invalid(`stream "${subject}"`, `window must be an integer from 1: ${String(window)}`)
}
