/** Where in a trace something happens, as W3C trace context hands it on. */
export interface TraceContext {
  readonly traceId: string
  /** What comes next is a child of it. */
  readonly spanId: string
  /** Whether whoever began the trace wants it kept. */
  readonly recorded: boolean
  /** What others keep of their own in it; passed on as it is. */
  readonly traceState?: string
}

/** The two headers, or the variables or `_meta` keys of the same meaning. */
export interface TraceHeaders {
  readonly traceparent: string
  readonly tracestate?: string
}

const TRACEPARENT = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/
const MAX_STATE_MEMBERS = 32
const MAX_STATE_LENGTH = 512
const STATE_MEMBER = /^[a-z0-9][a-z0-9_\-*/@]{0,255}=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/

/** The context that a caller hands over; undefined where it is none, as the standard wants a new trace then. */
export function parseTraceContext(headers: { readonly traceparent?: unknown; readonly tracestate?: unknown }): TraceContext | undefined {
  const { traceparent, tracestate } = headers
  const [, version, traceId, spanId, flags, rest] = (typeof traceparent === 'string' && TRACEPARENT.exec(traceparent.trim())) || []
  if (traceId === undefined || spanId === undefined || (version === '00' && rest !== undefined)) return undefined
  const recorded = (Number.parseInt(flags!, 16) & 1) === 1
  const traceState = parseTraceState(tracestate)
  return { traceId, spanId, recorded, ...(traceState !== undefined && { traceState }) }
}

/** What a `tracestate` holds, without empty members; undefined where a single one is wrong, as the standard wants all of it gone then. */
export function parseTraceState(text: unknown): string | undefined {
  if (typeof text !== 'string') return undefined
  const members = text.split(',').flatMap((member) => (member.trim() === '' ? [] : [member.trim()]))
  const isSound = members.length > 0 && members.length <= MAX_STATE_MEMBERS && members.every((member) => STATE_MEMBER.test(member))
  const names = new Set(members.map((member) => member.slice(0, member.indexOf('='))))
  if (!isSound || names.size < members.length) return undefined
  // Those at the end were touched longest ago.
  while (members.join(',').length > MAX_STATE_LENGTH) members.pop()
  return members.length === 0 ? undefined : members.join(',')
}

const traceparentOf = ({ traceId, spanId, recorded }: TraceContext): string => `00-${traceId}-${spanId}-${recorded ? '01' : '00'}`

/** How a context is handed on. */
export function headersOf(context: TraceContext): TraceHeaders {
  const traceparent = traceparentOf(context)
  return context.traceState === undefined ? { traceparent } : { traceparent, tracestate: context.traceState }
}

/** A new id of 8 or 16 bytes in hex, never all zero. */
export function newId(bytes: 8 | 16, random: () => number): string {
  let id = ''
  for (let at = 0; at < bytes; at += 4)
    id += Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0')
  return /^0+$/.test(id) ? `${id.slice(1)}1` : id
}
