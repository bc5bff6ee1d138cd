import type { AlertView, Reading } from './history.ts'
import type { AlertRule, Finding, Severity } from './rule.ts'

const SECOND_MS = 1_000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

/** Fewer calls say nothing of how a plugin is. */
const LEAST_CALLS = 20
const LEAST_BASELINE = 50
const LEAST_AGENT_RUNS = 8

export interface RuleOptions {
  /** What a day may cost. @default nothing is said of it */
  readonly budgetUsdPerDay?: number | undefined
}

/** Every series that a rule looks at. */
export const WATCHED: ReadonlySet<string> = new Set([
  'breaker_state',
  'plugin_calls_total',
  'plugin_call_ms',
  'errors_total',
  'state_conflicts_total',
  'bus_dead_letters_total',
  'bus_queue_fill_ratio',
  'budget_spent_usd',
  'chain_compensations_total',
  'chain_duration_ms',
  'plugin_heartbeats_lost_total',
  'router_decisions_total',
  'router_abstain_total',
  'router_corrections_total',
  'store_failures_total',
  'agent_runs_total',
])

/** The rules that come along. */
export function builtInRules({ budgetUsdPerDay }: RuleOptions = {}): readonly AlertRule[] {
  return [
    rule('breaker-open', 'A breaker is open', 'critical', {
      above: 1,
      below: 0,
      forMs: 0,
      clearForMs: 10 * SECOND_MS,
      first: 'See what failed: switchyard logs --plugin PLUGIN --since 15m',
      measure: (view) =>
        view.now('breaker_state').map(({ labels: [breaker = ''], value }) => ({
          subject: breaker,
          value,
          says: `The breaker of "${breaker}" is ${value > 1 ? 'open' : 'trying again'}: its calls are refused`,
        })),
    }),
    rule('high-error-rate', 'Many calls of a plugin fail', 'critical', {
      above: 0.1,
      below: 0.05,
      forMs: MINUTE_MS,
      clearForMs: 2 * MINUTE_MS,
      first: 'See which errors: switchyard metrics --text errors_total',
      measure: (view) =>
        shares(view.grown('plugin_calls_total', 5 * MINUTE_MS), 'failed', ['ok', 'failed'], LEAST_CALLS).map(({ subject, value }) => ({
          subject,
          value,
          says: `${percent(value)} of the calls of "${subject}" failed in the last 5 minutes`,
        })),
    }),
    rule('performance-degradation', 'A plugin has become slow', 'warning', {
      above: 0.3,
      below: 0.15,
      forMs: 5 * MINUTE_MS,
      clearForMs: 5 * MINUTE_MS,
      first: 'Compare a slow run with a good one: switchyard trace list, switchyard trace view',
      measure: slowness,
    }),
    rule('state-conflict', 'Writes of shared state overwrote one another', 'warning', {
      ...atOnce,
      clearForMs: 0,
      first: 'See both sides: switchyard state conflicts',
      measure: (view) =>
        sums(view.grown('state_conflicts_total', 5 * MINUTE_MS)).map(({ subject, value }) => ({
          subject,
          value,
          says: `${count(value, 'write')} of "${subject}" ${value === 1 ? 'was' : 'were'} overwritten by one that did not know it`,
        })),
    }),
    rule('dead-letter', 'A message was given up', 'warning', {
      ...atOnce,
      first: 'See them and send them again: switchyard trace view, "dead letters"',
      measure: (view) =>
        sums(view.grown('bus_dead_letters_total', 15 * MINUTE_MS)).map(({ subject, value }) => ({
          subject,
          value,
          says: `${count(value, 'message')} for "${subject}" ${value === 1 ? 'was' : 'were'} given up`,
        })),
    }),
    rule('queue-filling', 'A queue is nearly full', 'warning', {
      above: 0.8,
      below: 0.6,
      forMs: 30 * SECOND_MS,
      clearForMs: 30 * SECOND_MS,
      first: 'See how long its handler takes: switchyard metrics --text bus_delivery_ms',
      measure: (view) =>
        view.now('bus_queue_fill_ratio').map(({ labels: [subscription = ''], value }) => ({
          subject: subscription,
          value,
          says: `The queue of "${subscription}" is ${percent(value)} full`,
        })),
    }),
    rule('budget-overrun', 'A day costs more than it may', 'critical', {
      above: 1,
      below: 0.9,
      forMs: 0,
      clearForMs: MINUTE_MS,
      first: 'See who spent it: switchyard metrics --text agent_cost_usd',
      measure(view) {
        if (budgetUsdPerDay === undefined) return []
        const spent = total(view.grown('budget_spent_usd', DAY_MS))
        const says = `${usd(spent)} were spent in 24 hours, and ${usd(budgetUsdPerDay)} may be`
        return [{ subject: '', value: spent / budgetUsdPerDay, says }]
      },
    }),
    rule('compensation-failed', 'Something could not be taken back', 'critical', {
      ...atOnce,
      first: 'See what stands: switchyard chain list, switchyard chain show ID',
      measure: (view) =>
        sums(view.grown('chain_compensations_total', 15 * MINUTE_MS).filter(({ labels }) => labels[1] === 'failed')).map(
          ({ subject, value }) => ({ subject, value, says: `${count(value, 'step')} of the chain "${subject}" could not be taken back` }),
        ),
    }),
    rule('heartbeat-lost', 'A process that served plugins is gone', 'critical', {
      ...atOnce,
      first: 'See why it ended, then start it again: switchyard logs --since 15m, switchyard mcp',
      measure: (view) =>
        sums(view.grown('plugin_heartbeats_lost_total', 5 * MINUTE_MS)).map(({ subject, value }) => ({
          subject,
          value,
          says: `The process that served "${subject}" ended without saying so, and no other serves it`,
        })),
    }),
    rule('routing-drift', 'The router understands less than it did', 'warning', {
      above: 0.1,
      below: 0.05,
      forMs: 0,
      clearForMs: HOUR_MS,
      first: 'Measure it, and say what was meant: switchyard route eval, switchyard route --wrong TEXT --right COMMAND',
      measure: drift,
    }),
    rule('write-failure', 'The store refuses to write', 'critical', {
      ...atOnce,
      first: 'See whether the disk is full and the file whole: switchyard doctor',
      measure(view) {
        const value = total(view.grown('store_failures_total', 5 * MINUTE_MS))
        return [{ subject: '', value, says: `${count(value, 'write')} of the store failed in the last 5 minutes` }]
      },
    }),
    rule('validation-failure', 'Many calls have wrong input or output', 'warning', {
      above: 0.2,
      below: 0.1,
      forMs: 0,
      clearForMs: 5 * MINUTE_MS,
      first: 'See which fields: switchyard trace list VALIDATION',
      measure: invalid,
    }),
    rule('chain-failed', 'A chain failed', 'warning', {
      ...atOnce,
      first: 'See which step: switchyard chain list, switchyard chain show ID',
      measure: (view) =>
        sums(view.grown('chain_duration_ms#count', 15 * MINUTE_MS).filter(({ labels: [, state = ''] }) => FAILED_CHAIN.has(state))).map(
          ({ subject, value }) => ({ subject, value, says: `The chain "${subject}" failed ${value === 1 ? 'once' : `${value} times`}` }),
        ),
    }),
    rule('agent-failing', 'An agent fails often', 'warning', {
      above: 0.25,
      below: 0.1,
      forMs: 0,
      clearForMs: 10 * MINUTE_MS,
      first: 'See its runs: switchyard trace list',
      measure: (view) =>
        shares(
          view
            .grown('agent_runs_total', HOUR_MS)
            .map(({ labels: [agent = '', , outcome = ''], value }) => ({ labels: [agent, outcome], value })),
          'failed',
          ['ok', 'failed'],
          LEAST_AGENT_RUNS,
        ).map(({ subject, value }) => ({ subject, value, says: `${percent(value)} of the runs of "${subject}" failed in the last hour` })),
    }),
  ]
}

/** For what must not happen even once, and is over when it was not seen for as long as the rule looks back. */
const atOnce = { above: 0, below: 0, forMs: 0, clearForMs: MINUTE_MS } as const

const FAILED_CHAIN: ReadonlySet<string> = new Set(['failed', 'undone', 'compensation_failed'])

function rule(id: string, title: string, severity: Severity, rest: Omit<AlertRule, 'id' | 'title' | 'severity' | 'runbook'>): AlertRule {
  return { id, title, severity, runbook: `docs/runbooks/alerts.md#${id}`, ...rest }
}

function slowness(view: AlertView): readonly Finding[] {
  const mean = (fromMs: number, toMs: number, least: number): ReadonlyMap<string, number> => {
    const counts = new Map(sums(view.grown('plugin_call_ms#count', fromMs, toMs)).map(({ subject, value }) => [subject, value]))
    const found = sums(view.grown('plugin_call_ms#sum', fromMs, toMs)).filter(({ subject }) => (counts.get(subject) ?? 0) >= least)
    return new Map(found.map(({ subject, value }) => [subject, value / counts.get(subject)!]))
  }
  const usual = mean(DAY_MS, 10 * MINUTE_MS, LEAST_BASELINE)
  return [...mean(10 * MINUTE_MS, 0, LEAST_CALLS)].flatMap(([subject, ms]) => {
    const before = usual.get(subject)
    if (before === undefined || before === 0) return []
    const says = `Calls of "${subject}" take ${Math.round(ms)} ms, and took ${Math.round(before)} ms in the day before`
    return [{ subject, value: ms / before - 1, says }]
  })
}

function drift(view: AlertView): readonly Finding[] {
  const missed = (fromMs: number, toMs: number, least: number): number | undefined => {
    const decisions = total(view.grown('router_decisions_total', fromMs, toMs))
    if (decisions < least) return undefined
    const wrong = total(view.grown('router_abstain_total', fromMs, toMs)) + total(view.grown('router_corrections_total', fromMs, toMs))
    return Math.min(1, wrong / decisions)
  }
  const now = missed(DAY_MS, 0, LEAST_CALLS)
  const before = missed(8 * DAY_MS, DAY_MS, LEAST_BASELINE)
  if (now === undefined || before === undefined) return []
  const says = `${percent(now)} of the requests of a day were not understood or corrected, and ${percent(before)} in the week before`
  return [{ subject: '', value: now - before, says }]
}

function invalid(view: AlertView): readonly Finding[] {
  const calls = new Map(sums(view.grown('plugin_calls_total', 15 * MINUTE_MS)).map(({ subject, value }) => [subject, value]))
  return sums(view.grown('errors_total', 15 * MINUTE_MS).filter(({ labels }) => labels[1] === 'VALIDATION')).flatMap(
    ({ subject, value }) => {
      const all = calls.get(subject) ?? 0
      if (all < LEAST_CALLS) return []
      const share = value / all
      return [
        { subject, value: share, says: `${percent(share)} of the calls of "${subject}" had wrong input or output in the last 15 minutes` },
      ]
    },
  )
}

interface Amount {
  readonly subject: string
  readonly value: number
}

/** By the first label. */
function sums(readings: readonly Reading[]): readonly Amount[] {
  const found = new Map<string, number>()
  for (const {
    labels: [subject = ''],
    value,
  } of readings)
    found.set(subject, (found.get(subject) ?? 0) + value)
  return [...found].map(([subject, value]) => ({ subject, value }))
}

/** The part of what has the second label `wanted` among those that have one of `of`; of what there is enough of. */
function shares(readings: readonly Reading[], wanted: string, of: readonly string[], least: number): readonly Amount[] {
  const counted = readings.filter(({ labels }) => of.includes(labels[1] ?? ''))
  const parts = new Map(sums(counted.filter(({ labels }) => labels[1] === wanted)).map(({ subject, value }) => [subject, value]))
  return sums(counted).flatMap(({ subject, value }) => (value < least ? [] : [{ subject, value: (parts.get(subject) ?? 0) / value }]))
}

function total(readings: readonly Reading[]): number {
  return readings.reduce((sum, { value }) => sum + value, 0)
}

const percent = (part: number): string => `${Math.round(part * 100)} %`
const usd = (amount: number): string => `${amount.toFixed(2)} USD`
const count = (number: number, what: string): string => `${number} ${what}${number === 1 ? '' : 's'}`
