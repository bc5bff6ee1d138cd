import type { Bus, BusHooks, CallSpan } from '@switchyard/bus'
import type { ChainSpan } from '@switchyard/chain'
import { isPluginsFault } from '@switchyard/registry'
import { BREAKER_CODES } from '@switchyard/resilience'
import type { Decided } from '@switchyard/router'
import type { State } from '@switchyard/state'
import type { Span } from '@switchyard/trace'
import type { Counter, Histogram, Metrics } from '@switchyard/trace/metrics'

/** Feeds the instruments of a process from its rooms. */
export interface Metering {
  readonly hooks: BusHooks
  /** Also hears of breakers and dead letters. */
  attach(bus: Bus): void
  watchState(state: State): void
  decided(decision: Pick<Decided, 'outcome' | 'parts'>, tookMs: number): void
  /** Something else than the router made a decision, or may. */
  fellBack(by: 'model' | 'elsewhere'): void
  corrected(): void
  /** A model that we asked ourselves. */
  asked(consulted: { readonly model: string; readonly costUsd: number; readonly refused?: string }, tookMs: number): void
  /** What a person's next call of a command is thought to take, to be compared with what it does. */
  expect(command: string, expected: Expectation): void
  chain(span: ChainSpan): void
  /** Of agents and models, ours and others'. */
  spans(spans: readonly Span[]): void
  storeFailed(): void
  heartbeatLost(plugin: string): void
  close(): void
}

/** Undefined where nothing is known of it yet. */
interface Expectation {
  readonly durationMs: number | undefined
  readonly costUsd: number
}

/** All that is counted of calls of one method; bound once, so that a call costs some additions. */
interface MethodMeter {
  readonly plugin: string
  readonly breaker: string | undefined
  readonly messages: Counter
  readonly ok: Counter
  readonly ms: Histogram
}

const MAX_KNOWN = 4_096
const MAX_EXPECTED = 100

export interface MeteringOptions {
  readonly metrics: Metrics
  /** The name of the breaker that stands before a method. */
  readonly breakerOf: (method: string) => string | undefined
}

export function createMetering({ metrics, breakerOf }: MeteringOptions): Metering {
  const methods = new Map<string, MethodMeter>()
  const topics = new Map<string, Counter>()
  const stops: (() => void)[] = []
  const openedAt = new Map<string, number>()
  /** Names of chains that run here, by their ids, which are all that their steps know. */
  const chainNames = new Map<string, string>()
  const expected = new Map<string, Expectation & { readonly spentUsd: number }>()
  let spentUsd = 0

  function methodMeter(kind: CallSpan['kind'], method: string): MethodMeter {
    let meter = methods.get(method)
    if (meter === undefined) {
      const dot = method.indexOf('.')
      const plugin = dot === -1 ? (kind === 'request' ? 'requests' : method) : method.slice(0, dot)
      meter = {
        plugin,
        breaker: breakerOf(method),
        messages: metrics.counter('bus_messages_total', { topic: method, kind }),
        ok: metrics.counter('plugin_calls_total', { plugin, outcome: 'ok' }),
        ms: metrics.histogram('plugin_call_ms', { plugin }),
      }
      if (methods.size < MAX_KNOWN) methods.set(method, meter)
    }
    return meter
  }

  function called({ kind, subject, code, durationMs, attempts, answer }: CallSpan): void {
    const { plugin, breaker, messages, ok, ms } = methodMeter(kind, subject)
    messages.add()
    if (expected.size > 0 && code === undefined) compare(subject, durationMs)
    if (attempts > 1) metrics.counter('retry_attempts_total', { plugin }).add(attempts - 1)
    if (answer === 'cache' || answer === 'stale') metrics.counter('cache_hits_total', { plugin }).add()
    if (code === undefined) {
      ok.add()
      ms.observe(durationMs)
      return
    }
    const isOurs = isPluginsFault(code)
    metrics.counter('plugin_calls_total', { plugin, outcome: isOurs ? 'failed' : 'refused' }).add()
    metrics.counter('errors_total', { plugin, code }).add()
    if (isOurs) ms.observe(durationMs)
    if (code.startsWith('STORE_')) storeFailed()
    if (breaker === undefined) return
    if (code === 'CIRCUIT_OPEN') metrics.counter('breaker_rejected_total', { breaker }).add()
    else if (BREAKER_CODES.has(code)) metrics.counter('breaker_failures_total', { breaker }).add()
  }

  function compare(method: string, durationMs: number): void {
    const expectation = expected.get(method)
    if (expectation === undefined) return
    expected.delete(method)
    if (expectation.durationMs !== undefined) estimated('duration', expectation.durationMs, durationMs)
    estimated('cost', expectation.costUsd, spentUsd - expectation.spentUsd)
  }

  function estimated(what: 'cost' | 'duration', before: number, after: number): void {
    if (after > 0) metrics.histogram('router_estimate_error', { what }).observe(Math.abs(before - after) / after)
  }

  function storeFailed(): void {
    metrics.counter('store_failures_total').add()
  }

  function look(bus: Bus): void {
    const { subscriptions, pending, expired, dropped, repliesDropped, deduplicated, caches } = bus.snapshot()
    metrics.gauge('bus_pending_requests').set(pending)
    metrics.counter('bus_expired_total').upTo(expired + subscriptions.reduce((sum, one) => sum + one.expired, 0))
    metrics.counter('bus_dropped_total').upTo(dropped + subscriptions.reduce((sum, one) => sum + one.dropped, 0))
    metrics.counter('bus_late_responses_total').upTo(repliesDropped)
    metrics.counter('bus_deduplicated_total').upTo(deduplicated)
    for (const { identity, pattern, waiting, oldestMs, fill } of subscriptions) {
      const subscription = `${identity} ${pattern}`
      metrics.gauge('bus_queue_depth', { subscription }).set(waiting)
      metrics.gauge('bus_queue_oldest_ms', { subscription }).set(oldestMs)
      metrics.gauge('bus_queue_fill_ratio', { subscription }).set(fill)
    }
    for (const { name, lag, oldestMs } of bus.durable?.stats().subscriptions ?? []) {
      metrics.gauge('bus_queue_depth', { subscription: name }).set(lag)
      metrics.gauge('bus_queue_oldest_ms', { subscription: name }).set(oldestMs)
    }
    for (const [cache, { entries, oldestMs, newestMs }] of Object.entries(caches)) {
      metrics.gauge('cache_entries', { cache }).set(entries)
      if (entries === 0) continue
      metrics.gauge('cache_oldest_ms', { cache }).set(oldestMs)
      metrics.gauge('cache_newest_ms', { cache }).set(newestMs)
    }
    let level = 0
    for (const { name, snapshot } of bus.breakers()) {
      const state = BREAKER_LEVELS[snapshot.state]
      metrics.gauge('breaker_state', { breaker: name }).set(state)
      level = Math.max(level, state)
    }
    metrics.gauge('degradation_level').set(level)
  }

  return {
    hooks: {
      called,
      published({ message }) {
        let counter = topics.get(message.topic)
        if (counter === undefined) {
          counter = metrics.counter('bus_messages_total', { topic: message.topic, kind: 'event' })
          if (topics.size < MAX_KNOWN) topics.set(message.topic, counter)
        }
        counter.add()
      },
      delivered({ identity, pattern, durationMs, code }) {
        const subscription = `${identity} ${pattern}`
        metrics.histogram('bus_delivery_ms', { subscription }).observe(durationMs)
        if (code !== undefined) metrics.counter('bus_handler_errors_total', { subscription }).add()
      },
    },
    attach(bus) {
      stops.push(
        metrics.beforeCollect(() => look(bus)),
        bus.on('dead-letter', ({ subscription, topic }) =>
          metrics.counter('bus_dead_letters_total', { subscription: subscription === '' ? topic : subscription }).add(),
        ),
        bus.on('breaker', ({ name, from, to, at }) => {
          if (to === 'open' && from !== 'open') metrics.counter('breaker_opens_total', { breaker: name }).add()
          if (to === 'open' && !openedAt.has(name)) openedAt.set(name, at)
          const openedMs = openedAt.get(name)
          if (to !== 'closed' || openedMs === undefined) return
          metrics.histogram('breaker_recovery_ms', { breaker: name }).observe(at - openedMs)
          openedAt.delete(name)
        }),
        bus.on('durable', ({ type }) => (type === 'store-failed' ? storeFailed() : undefined)),
        bus.on('fault', ({ error }) => (codeOf(error).startsWith('STORE_') ? storeFailed() : undefined)),
      )
    },
    watchState(state) {
      stops.push(
        state.on('conflict', ({ namespace }) => metrics.counter('state_conflicts_total', { namespace }).add()),
        state.on('merged', ({ namespace, tookMs }) => metrics.histogram('state_merge_ms', { namespace }).observe(tookMs)),
        metrics.beforeCollect(() => {
          for (const { namespace, reads, writes } of state.uses()) {
            metrics.counter('state_ops_total', { op: 'read', namespace }).upTo(reads)
            metrics.counter('state_ops_total', { op: 'write', namespace }).upTo(writes)
          }
          for (const { namespace, bytes } of state.list()) metrics.gauge('state_doc_bytes', { namespace }).set(bytes)
        }),
      )
    },
    decided({ outcome, parts }, tookMs) {
      metrics.counter('router_decisions_total', { outcome }).add()
      metrics.histogram('router_decision_ms').observe(tookMs)
      for (const { confidence } of parts) metrics.histogram('router_confidence').observe(confidence)
      if (outcome === 'abstain') metrics.counter('router_abstain_total').add()
    },
    fellBack: (by) => metrics.counter('router_fallbacks_total', { by }).add(),
    corrected: () => metrics.counter('router_corrections_total').add(),
    asked({ model, costUsd, refused }, tookMs) {
      ran({ agent: 'router', model, costUsd, durationMs: tookMs, failed: refused !== undefined, tokens: {} })
    },
    expect(command, expectation) {
      if (expected.size < MAX_EXPECTED) expected.set(command, { ...expectation, spentUsd })
    },
    chain({ op, attributes, startMs, endMs, error }) {
      const id = String(attributes['switchyard.chain.id'])
      const name = attributes['switchyard.chain.name']
      if (op === 'chain') chainNames.set(id, String(name))
      if (endMs === undefined) return
      const chain = chainNames.get(id) ?? ''
      if (op === 'chain') chainNames.delete(id)
      if (op === 'chain') {
        const state = String(attributes['switchyard.chain.state'] ?? (error === undefined ? 'done' : 'failed'))
        metrics.histogram('chain_duration_ms', { chain, state }).observe(endMs - startMs)
      }
      if (op === 'compensate') {
        metrics.counter('chain_compensations_total', { chain, outcome: error === undefined ? 'done' : 'failed' }).add()
      }
      const attempts = Number(attributes['switchyard.attempts'] ?? 1)
      if (op === 'chain.step' && attempts > 1) {
        const command = String(attributes['switchyard.command'] ?? '')
        metrics.counter('retry_attempts_total', { plugin: command.split('.')[0] || 'chain' }).add(attempts - 1)
      }
    },
    spans(spans) {
      for (const span of spans) {
        const run = agentRunOf(span)
        if (run !== undefined) ran(run)
      }
    },
    storeFailed,
    heartbeatLost: (plugin) => metrics.counter('plugin_heartbeats_lost_total', { plugin }).add(),
    close() {
      for (const stop of stops.splice(0)) stop()
    },
  }

  function ran({ agent, model, costUsd, durationMs, failed, tokens }: AgentRun): void {
    metrics.counter('agent_runs_total', { agent, model, outcome: failed ? 'failed' : 'ok' }).add()
    metrics.histogram('agent_duration_ms', { agent }).observe(durationMs)
    for (const [direction, count] of Object.entries(tokens)) metrics.counter('agent_tokens_total', { agent, model, direction }).add(count)
    if (costUsd <= 0) return
    metrics.counter('agent_cost_usd', { agent, model }).add(costUsd)
    metrics.counter('budget_spent_usd').add(costUsd)
    spentUsd += costUsd
  }
}

const BREAKER_LEVELS = { closed: 0, 'half-open': 1, open: 2 } as const

interface AgentRun {
  readonly agent: string
  readonly model: string
  readonly costUsd: number
  readonly durationMs: number
  readonly failed: boolean
  /** By direction. */
  readonly tokens: Readonly<Record<string, number>>
}

/** A span that says what model ran, in OpenTelemetry's words or in those of Claude Code. */
function agentRunOf({ attributes, durationMs, error, lane }: Span): AgentRun | undefined {
  const text = (...names: readonly string[]): string | undefined =>
    names.map((name) => attributes[name]).find((value) => typeof value === 'string')
  const number = (...names: readonly string[]): number => {
    const found = names.map((name) => attributes[name]).find((value) => value !== undefined)
    return Number.isFinite(Number(found)) ? Number(found ?? 0) : 0
  }
  const model = text('gen_ai.response.model', 'gen_ai.request.model', 'model')
  if (durationMs === undefined || model === undefined) return undefined
  const directions = { input: ['gen_ai.usage.input_tokens', 'input_tokens'], output: ['gen_ai.usage.output_tokens', 'output_tokens'] }
  const tokens = Object.entries(directions).map(([direction, names]) => [direction, number(...names)] as const)
  return {
    agent: text('gen_ai.agent.name', 'agent.name', 'subagent_type') ?? lane,
    model,
    costUsd: number('switchyard.cost_usd', 'gen_ai.usage.cost', 'cost_usd'),
    durationMs,
    failed: error !== undefined,
    tokens: Object.fromEntries(tokens.filter(([, count]) => count > 0)),
  }
}

function codeOf(error: unknown): string {
  const { code } = (error ?? {}) as { code?: unknown }
  return typeof code === 'string' ? code : ''
}
