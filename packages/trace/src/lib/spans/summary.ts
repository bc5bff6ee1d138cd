import type { Run, RunState } from './run.ts'
import type { Span, SpanError } from './span.ts'

/** What is known of a run from the spans that were seen so far; two of them can be put together. */
export interface Summary {
  startMs: number
  endMs: number
  name: string
  /** How good a name it is, and from when, as a better one may come later. */
  nameRank: number
  nameMs: number
  from: Run['from']
  spans: number
  errors: number
  retries: number
  lanes: string[]
  costUsd: number
  waitedMs: number
  /** The last word on how it ended. */
  outcome?: { state: Ended; atMs: number; error?: SpanError }
  firstError?: SpanError
  /** Whether anything was done, and what was made of the request before that. */
  acted?: boolean
  decided?: 'decided' | 'unclear'
  /** What still runs, by span id. */
  open: Record<string, Open>
  approvedBy?: string
  planId?: string
  chainId?: string
  command?: string
}

type Ended = Exclude<RunState, 'running' | 'interrupted' | 'decided' | 'unclear'>

interface Open {
  readonly sinceMs: number
  /** The process that has it. */
  readonly owner: string
  /** A wait for a person goes on without any process. */
  readonly forPerson: boolean
}

const ENDED: ReadonlySet<unknown> = new Set<Ended>(['waiting', 'done', 'failed', 'undone'])
const MAX_LANES = 32
const MAX_OPEN = 200
const MAX_TEXT = 300

const emptySummary = (): Summary => ({
  startMs: Number.POSITIVE_INFINITY,
  endMs: Number.NEGATIVE_INFINITY,
  name: '',
  nameRank: 0,
  nameMs: 0,
  from: 'other',
  spans: 0,
  errors: 0,
  retries: 0,
  lanes: [],
  costUsd: 0,
  waitedMs: 0,
  open: {},
})

/** What spans of one trace add to what is known of it. */
export function summarize(spans: readonly Span[], owner: string, known: Summary = emptySummary()): Summary {
  for (const span of spans) add(known, span, owner)
  return known
}

function add(summary: Summary, span: Span, owner: string): void {
  const { spanId, startMs, durationMs, error, lane, attributes } = span
  const endMs = startMs + (durationMs ?? 0)
  const wasOpen = summary.open[spanId] !== undefined
  if (startMs < summary.startMs) summary.startMs = startMs
  if (endMs > summary.endMs) summary.endMs = endMs
  if (!wasOpen) summary.spans++
  if (!summary.lanes.includes(lane) && summary.lanes.length < MAX_LANES) summary.lanes.push(lane)
  name(summary, span)
  note(summary, span)
  for (const [attribute, field] of FACTS) {
    const value = attributes[attribute]
    if (typeof value === 'string') summary[field] ??= value.slice(0, MAX_TEXT)
  }
  const from = attributes['switchyard.from']
  if (from === 'cli' || from === 'mcp' || from === 'plugin') summary.from = from
  if (durationMs === undefined) {
    if (wasOpen || Object.keys(summary.open).length < MAX_OPEN)
      summary.open[spanId] = { sinceMs: startMs, owner, forPerson: isForPerson(span) }
    return
  }
  if (wasOpen) delete summary.open[spanId]
  if (isForPerson(span)) summary.waitedMs += durationMs
  if (Number(attributes['switchyard.attempts']) > 1) summary.retries++
  if (typeof attributes['switchyard.cost_usd'] === 'number') summary.costUsd += attributes['switchyard.cost_usd']
  if (error !== undefined) {
    summary.errors++
    summary.firstError ??= shortened(error)
  }
  const state = outcomeOf(span)
  if (state !== undefined && endMs >= (summary.outcome?.atMs ?? Number.NEGATIVE_INFINITY))
    summary.outcome = { state, atMs: endMs, ...(error !== undefined && { error: shortened(error) }) }
}

/** Whether it is doing, or only thinking of what to do. Spans of others are their doing. */
function note(summary: Summary, { name, attributes }: Span): void {
  const op = attributes['switchyard.op']
  if (op === 'plan' || (op === 'route' && attributes['switchyard.router.outcome'] === 'routed')) summary.decided = 'decided'
  else if (op === 'route') summary.decided ??= 'unclear'
  else if (op === undefined || (typeof op === 'string' && DOES.has(op) && !name.endsWith('#plan'))) summary.acted = true
}

const DOES: ReadonlySet<string> = new Set(['run', 'undo', 'chain', 'chain.step', 'compensate', 'rpc.client', 'rpc.server'])

const FACTS = [
  ['switchyard.approved.by', 'approvedBy'],
  ['switchyard.plan.id', 'planId'],
  ['switchyard.chain.id', 'chainId'],
  ['switchyard.command', 'command'],
] as const

function shortened({ type, message }: SpanError): SpanError {
  return message === undefined ? { type } : { type, message: message.slice(0, MAX_TEXT) }
}

/** Claude Code waits for a person under a name of its own. */
function isForPerson({ name, attributes }: Span): boolean {
  return attributes['switchyard.waits_for'] === 'person' || name === 'claude_code.tool.blocked_on_user'
}

/** The words of a person say most, then where a trace begins, then the chain that it runs. */
function name(summary: Summary, { name, startMs, parentSpanId, attributes }: Span): void {
  const op = attributes['switchyard.op']
  const rank = op === 'request' ? 4 : op === 'state.merge' ? 1 : parentSpanId === undefined ? 3 : op === 'chain' ? 2 : 1
  if (rank < summary.nameRank || (rank === summary.nameRank && startMs >= summary.nameMs)) return
  summary.name = name.slice(0, MAX_TEXT)
  summary.nameRank = rank
  summary.nameMs = startMs
}

/** What a span says of how its run ended; undefined where it is none that says so. */
function outcomeOf({ parentSpanId, error, attributes }: Span): Ended | undefined {
  const said = attributes['switchyard.outcome']
  if (ENDED.has(said)) return said as Ended
  const op = attributes['switchyard.op']
  if (op === 'undo') return error === undefined ? 'undone' : undefined
  if (op === 'state.merge') return undefined
  if (op !== 'request' && op !== 'run' && op !== 'chain' && parentSpanId !== undefined) return undefined
  return error === undefined ? 'done' : 'failed'
}

/** Two runs that turned out to be one. */
export function joined(one: Summary, other: Summary): Summary {
  const [first, second] = one.startMs <= other.startMs ? [one, other] : [other, one]
  const named = other.nameRank > one.nameRank || (other.nameRank === one.nameRank && other.nameMs < one.nameMs) ? other : one
  const last = (other.outcome?.atMs ?? 0) > (one.outcome?.atMs ?? 0) ? other : one
  const { name, nameRank, nameMs } = named
  return {
    ...second,
    ...first,
    name,
    nameRank,
    nameMs,
    startMs: first.startMs,
    endMs: Math.max(one.endMs, other.endMs),
    from: one.from === 'other' ? other.from : one.from,
    spans: one.spans + other.spans,
    errors: one.errors + other.errors,
    retries: one.retries + other.retries,
    lanes: [...new Set([...first.lanes, ...second.lanes])].slice(0, MAX_LANES),
    costUsd: one.costUsd + other.costUsd,
    waitedMs: one.waitedMs + other.waitedMs,
    open: { ...one.open, ...other.open },
    ...(last.outcome !== undefined && { outcome: last.outcome }),
  }
}

/** How it stands, as far as spans tell: whether its processes still live is for the reader to see. */
export function stateOf({ open, outcome, acted, decided }: Summary, isAlive: (owner: string) => boolean): RunState {
  const opens = Object.values(open)
  if (opens.some(({ forPerson }) => forPerson)) return 'waiting'
  if (opens.some(({ owner }) => isAlive(owner))) return 'running'
  const lastMs = Math.max(...opens.map(({ sinceMs }) => sinceMs), Number.NEGATIVE_INFINITY)
  if (lastMs >= (outcome?.atMs ?? Number.NEGATIVE_INFINITY) && opens.length > 0) return 'interrupted'
  const state = outcome?.state ?? 'done'
  return state === 'done' && acted !== true ? (decided ?? state) : state
}

export function runOf(traceId: string, summary: Summary, state: RunState): Run {
  const { name, from, startMs, endMs, spans, errors, retries, lanes, costUsd, waitedMs } = summary
  const { approvedBy, planId, chainId, command, outcome, firstError } = summary
  const error = state === 'failed' || state === 'undone' ? (outcome?.error ?? firstError) : undefined
  return {
    traceId,
    name,
    state,
    from,
    startMs,
    endMs,
    spans,
    errors,
    retries,
    lanes,
    costUsd,
    waitedMs,
    ...(error !== undefined && { error }),
    ...(approvedBy !== undefined && { approvedBy }),
    ...(planId !== undefined && { planId }),
    ...(chainId !== undefined && { chainId }),
    ...(command !== undefined && { command }),
  }
}
