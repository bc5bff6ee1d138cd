/** What an instrument measures, and how several processes are one. */
export interface Instrument {
  /** `gauge`: as it is now. */
  readonly kind: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  readonly labels: readonly string[]
  /** Of a gauge: what several processes say together. @default 'max' */
  readonly together?: 'max' | 'min' | 'sum'
  /** Of a histogram: upper bounds, rising. */
  readonly bounds?: readonly number[]
}

const DURATIONS_MS = [1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000, 300_000]
const SHARES = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1]
const ERRORS = [0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10]

/** Every instrument of a workspace, by its name. No label holds what people typed, so that there are few series and no secrets. */
export const INSTRUMENTS = {
  router_decisions_total: { kind: 'counter', help: 'Requests in plain words that were decided on', labels: ['outcome'] },
  router_decision_ms: { kind: 'histogram', help: 'How long a decision took', labels: [], bounds: DURATIONS_MS },
  router_confidence: { kind: 'histogram', help: 'How sure the router was of the command it chose', labels: [], bounds: SHARES },
  router_fallbacks_total: { kind: 'counter', help: 'Decisions that something else than the router made', labels: ['by'] },
  router_abstain_total: { kind: 'counter', help: 'Decisions that chose no command', labels: [] },
  router_corrections_total: { kind: 'counter', help: 'Requests of which a person said that they mean something else', labels: [] },
  router_estimate_error: {
    kind: 'histogram',
    help: 'How far an estimate was from what happened, as a part of what happened',
    labels: ['what'],
    bounds: ERRORS,
  },

  plugin_calls_total: { kind: 'counter', help: 'Calls of commands, by how they ended', labels: ['plugin', 'outcome'] },
  plugin_call_ms: { kind: 'histogram', help: 'How long calls of commands took', labels: ['plugin'], bounds: DURATIONS_MS },
  errors_total: { kind: 'counter', help: 'Calls that failed, by the code of the error', labels: ['plugin', 'code'] },

  bus_messages_total: { kind: 'counter', help: 'Messages, calls and requests that were sent', labels: ['topic', 'kind'] },
  bus_delivery_ms: { kind: 'histogram', help: 'How long handlers of messages took', labels: ['subscription'], bounds: DURATIONS_MS },
  bus_handler_errors_total: { kind: 'counter', help: 'Handlers of messages that failed', labels: ['subscription'] },
  bus_queue_depth: { kind: 'gauge', help: 'Messages that wait for a subscription', labels: ['subscription'], together: 'sum' },
  bus_queue_fill_ratio: { kind: 'gauge', help: 'The part of the room of a subscription that is taken', labels: ['subscription'] },
  bus_queue_oldest_ms: {
    kind: 'gauge',
    help: 'How long the first of the messages that wait for a subscription has waited',
    labels: ['subscription'],
  },
  bus_deduplicated_total: {
    kind: 'counter',
    help: 'Calls that got the result of an earlier one with their idempotency key',
    labels: [],
  },
  bus_expired_total: { kind: 'counter', help: 'Messages that were not delivered in time', labels: [] },
  bus_dropped_total: { kind: 'counter', help: 'Messages for which a queue had no room', labels: [] },
  bus_dead_letters_total: { kind: 'counter', help: 'Messages that were given up', labels: ['subscription'] },
  bus_late_responses_total: { kind: 'counter', help: 'Answers that came after their call had ended', labels: [] },
  bus_pending_requests: { kind: 'gauge', help: 'Calls and requests that wait for an answer', labels: [], together: 'sum' },

  breaker_state: { kind: 'gauge', help: '0 closed, 1 half-open, 2 open', labels: ['breaker'] },
  breaker_failures_total: { kind: 'counter', help: 'Failures that a breaker counts', labels: ['breaker'] },
  breaker_opens_total: { kind: 'counter', help: 'How often a breaker opened', labels: ['breaker'] },
  breaker_recovery_ms: { kind: 'histogram', help: 'From its opening until it was closed again', labels: ['breaker'], bounds: DURATIONS_MS },
  breaker_rejected_total: { kind: 'counter', help: 'Calls that an open breaker refused', labels: ['breaker'] },

  agent_runs_total: { kind: 'counter', help: 'Runs of agents and models', labels: ['agent', 'model', 'outcome'] },
  agent_duration_ms: { kind: 'histogram', help: 'How long agents and models ran', labels: ['agent'], bounds: DURATIONS_MS },
  agent_cost_usd: { kind: 'counter', help: 'What agents and models cost', labels: ['agent', 'model'] },
  agent_success_ratio: { kind: 'gauge', help: 'The part of the runs of an agent that went well', labels: ['agent'] },
  agent_tokens_total: { kind: 'counter', help: 'Tokens that models read and wrote', labels: ['agent', 'model', 'direction'] },

  state_ops_total: { kind: 'counter', help: 'Reads and writes of shared state', labels: ['op', 'namespace'] },
  state_conflicts_total: { kind: 'counter', help: 'Writes that another one overwrote without knowing it', labels: ['namespace'] },
  state_merge_ms: {
    kind: 'histogram',
    help: 'How long a change of another process took to merge',
    labels: ['namespace'],
    bounds: DURATIONS_MS,
  },
  state_doc_bytes: { kind: 'gauge', help: 'What a namespace takes in the store', labels: ['namespace'] },

  retry_attempts_total: { kind: 'counter', help: 'Attempts after the first', labels: ['plugin'] },
  degradation_level: { kind: 'gauge', help: '0 all is well, 1 a breaker tries again, 2 a breaker is open', labels: [] },
  cache_hits_total: { kind: 'counter', help: 'Calls that were answered out of a cache', labels: ['plugin'] },
  cache_entries: { kind: 'gauge', help: 'Answers that a cache holds', labels: ['cache'], together: 'sum' },
  cache_oldest_ms: { kind: 'gauge', help: 'How long ago the first of the answers came that a cache holds', labels: ['cache'] },
  cache_newest_ms: {
    kind: 'gauge',
    help: 'How long ago the last of the answers came that a cache holds',
    labels: ['cache'],
    together: 'min',
  },
  chain_duration_ms: {
    kind: 'histogram',
    help: 'How long chains took, waiting included',
    labels: ['chain', 'state'],
    bounds: DURATIONS_MS,
  },
  chain_compensations_total: { kind: 'counter', help: 'Steps that were taken back, or could not be', labels: ['chain', 'outcome'] },
  budget_spent_usd: { kind: 'counter', help: 'What runs cost as far as it is known', labels: [] },
  store_failures_total: { kind: 'counter', help: 'Writes that the store refused', labels: [] },
  plugin_heartbeats_lost_total: {
    kind: 'counter',
    help: 'Processes that ended without saying so, by the plugins they served',
    labels: ['plugin'],
  },
} as const satisfies Readonly<Record<string, Instrument>>

export type MetricName = keyof typeof INSTRUMENTS
type OfKind<kind extends Instrument['kind']> = {
  [name in MetricName]: (typeof INSTRUMENTS)[name]['kind'] extends kind ? name : never
}[MetricName]
export type CounterName = OfKind<'counter'>
export type GaugeName = OfKind<'gauge'>
export type HistogramName = OfKind<'histogram'>
/** The labels that a series of this name has, and no others. */
export type LabelsOf<name extends MetricName> = Readonly<Record<(typeof INSTRUMENTS)[name]['labels'][number], string>>

/** What is known of an instrument; undefined for a name that another version wrote. */
export function instrumentOf(name: string): Instrument | undefined {
  return Object.hasOwn(INSTRUMENTS, name) ? INSTRUMENTS[name as MetricName] : undefined
}
