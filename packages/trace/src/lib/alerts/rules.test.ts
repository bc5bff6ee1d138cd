import { createFakeClock } from '@switchyard/contracts/testing'
import { openStore } from '@switchyard/store'
import { describe, expect, it } from 'vitest'
import { createMetrics } from '../metrics/metrics.ts'
import { type AlertNotice, type AlertsOptions, createAlerts } from './alerts.ts'
import { builtInRules } from './rules.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** A workspace whose time is played: counts rise when told, and somebody looks every ten seconds. */
function played(options: Partial<AlertsOptions> = {}) {
  const clock = createFakeClock()
  const store = openStore({ path: ':memory:', clock })
  const metrics = createMetrics()
  const told: AlertNotice[] = []
  const alerts = createAlerts({ store, clock, read: metrics.collect, sinks: { log: (notice) => void told.push(notice) }, ...options })
  async function pass(ms: number, everyMs = 10 * SECOND): Promise<void> {
    for (let left = ms; left > 0; left -= everyMs) {
      clock.advance(Math.min(left, everyMs))
      await alerts.look()
    }
  }
  const news = (): string[] => told.splice(0).map(({ news, rule, subject }) => `${news} ${rule} ${subject}`.trim())
  return { clock, metrics, alerts, pass, news, told, store }
}

function calls({ metrics }: ReturnType<typeof played>, plugin: string, { ok = 0, failed = 0, ms = 10 }): void {
  metrics.counter('plugin_calls_total', { plugin, outcome: 'ok' }).add(ok)
  metrics.counter('plugin_calls_total', { plugin, outcome: 'failed' }).add(failed)
  for (let number = 0; number < ok + failed; number++) metrics.histogram('plugin_call_ms', { plugin }).observe(ms)
}

describe('the rules of alerts', () => {
  it('breaker-open: fires at once, stays while it tries again, and is over ten seconds after it was closed', async () => {
    const world = played()
    const state = world.metrics.gauge('breaker_state', { breaker: 'ops' })
    state.set(1)
    await world.pass(MINUTE)
    expect(world.news()).toEqual([])
    state.set(2)
    await world.pass(10 * SECOND)
    expect(world.told[0]).toMatchObject({ severity: 'critical', says: 'The breaker of "ops" is open: its calls are refused' })
    expect(world.news()).toEqual(['fired breaker-open ops'])
    state.set(1)
    await world.pass(MINUTE)
    state.set(2)
    await world.pass(MINUTE)
    expect(world.news()).toEqual([])
    state.set(0)
    await world.pass(10 * SECOND)
    expect(world.news()).toEqual([])
    await world.pass(10 * SECOND)
    expect(world.news()).toEqual(['resolved breaker-open ops'])
  })

  it('high-error-rate: above 10 % of at least 20 calls in 5 minutes, for a minute', async () => {
    const world = played()
    calls(world, 'few', { ok: 1, failed: 18 })
    calls(world, 'ops', { ok: 90, failed: 9 })
    calls(world, 'deploy', { ok: 80, failed: 20 })
    await world.pass(MINUTE)
    expect(world.news()).toEqual([])
    await world.pass(10 * SECOND)
    expect(world.told[0]?.says).toBe('20 % of the calls of "deploy" failed in the last 5 minutes')
    expect(world.news()).toEqual(['fired high-error-rate deploy'])
    await world.pass(8 * MINUTE)
    expect(world.news()).toEqual(['resolved high-error-rate deploy'])
  })

  it('performance-degradation: 30 % slower than in the day before, for 5 minutes', async () => {
    const world = played()
    for (let minute = 0; minute < 120; minute += 10) {
      calls(world, 'ops', { ok: 30, ms: 100 })
      calls(world, 'deploy', { ok: 30, ms: 100 })
      await world.pass(10 * MINUTE, MINUTE)
    }
    expect(world.news()).toEqual([])
    for (let minute = 0; minute < 12; minute++) {
      calls(world, 'ops', { ok: 30, ms: 120 })
      calls(world, 'deploy', { ok: 30, ms: 140 })
      await world.pass(MINUTE, 30 * SECOND)
    }
    expect(world.told[0]?.says).toMatch(/^Calls of "deploy" take 1[34]\d ms, and took 100 ms/)
    expect(world.news()).toEqual(['fired performance-degradation deploy'])
  })

  it('state-conflict: at the first, and over once none was seen for 5 minutes', async () => {
    const world = played()
    await world.pass(MINUTE)
    world.metrics.counter('state_conflicts_total', { namespace: 'deploy/current' }).add()
    await world.pass(10 * SECOND)
    expect(world.news()).toEqual(['fired state-conflict deploy/current'])
    world.metrics.counter('state_conflicts_total', { namespace: 'deploy/current' }).add()
    await world.pass(4 * MINUTE)
    expect(world.news()).toEqual([])
    await world.pass(2 * MINUTE)
    expect(world.news()).toEqual(['resolved state-conflict deploy/current'])
  })

  it('dead-letter: at the first', async () => {
    const world = played()
    world.metrics.counter('bus_dead_letters_total', { subscription: 'ops.events' }).add(2)
    await world.pass(10 * SECOND)
    expect(world.told[0]?.says).toBe('2 messages for "ops.events" were given up')
    expect(world.news()).toEqual(['fired dead-letter ops.events'])
  })

  it('queue-filling: above 80 % for 30 seconds, and until it was below 60 %', async () => {
    const world = played()
    const fill = world.metrics.gauge('bus_queue_fill_ratio', { subscription: 'ops plugin/**' })
    fill.set(0.85)
    await world.pass(20 * SECOND)
    fill.set(0.7)
    await world.pass(20 * SECOND)
    fill.set(0.85)
    await world.pass(30 * SECOND)
    expect(world.news()).toEqual([])
    await world.pass(10 * SECOND)
    expect(world.news()).toEqual(['fired queue-filling ops plugin/**'])
    fill.set(0.7)
    await world.pass(5 * MINUTE)
    expect(world.news()).toEqual([])
    fill.set(0.5)
    await world.pass(MINUTE)
    expect(world.news()).toEqual(['resolved queue-filling ops plugin/**'])
  })

  it('budget-overrun: above what a day may cost, where somebody said what that is', async () => {
    const silent = played()
    const world = played({ budgetUsdPerDay: 5 })
    for (const { metrics, pass } of [silent, world]) {
      metrics.counter('budget_spent_usd').add(4.99)
      await pass(10 * SECOND)
      metrics.counter('budget_spent_usd').add(0.5)
      await pass(10 * SECOND)
    }
    expect(silent.news()).toEqual([])
    expect(world.told[0]?.says).toBe('5.49 USD were spent in 24 hours, and 5.00 USD may be')
    expect(world.news()).toEqual(['fired budget-overrun'])
    await world.pass(DAY + HOUR, 10 * MINUTE)
    expect(world.news()).toEqual([
      'still budget-overrun',
      'still budget-overrun',
      'still budget-overrun',
      'still budget-overrun',
      'still budget-overrun',
      'resolved budget-overrun',
    ])
  })

  it('compensation-failed: at the first; what was taken back rings nobody', async () => {
    const world = played()
    world.metrics.counter('chain_compensations_total', { chain: 'ship', outcome: 'done' }).add(3)
    await world.pass(10 * SECOND)
    expect(world.news()).toEqual([])
    world.metrics.counter('chain_compensations_total', { chain: 'ship', outcome: 'failed' }).add()
    await world.pass(10 * SECOND)
    expect(world.news()).toEqual(['fired compensation-failed ship'])
  })

  it('heartbeat-lost: at the first', async () => {
    const world = played()
    world.metrics.counter('plugin_heartbeats_lost_total', { plugin: 'ops' }).add()
    await world.pass(10 * SECOND)
    expect(world.news()).toEqual(['fired heartbeat-lost ops'])
  })

  it('routing-drift: 10 points more than in the week before are not understood, or corrected', async () => {
    const world = played()
    const decide = (count: number, abstained: number, corrected = 0): void => {
      world.metrics.counter('router_decisions_total', { outcome: 'routed' }).add(count - abstained)
      world.metrics.counter('router_decisions_total', { outcome: 'abstain' }).add(abstained)
      world.metrics.counter('router_abstain_total').add(abstained)
      world.metrics.counter('router_corrections_total').add(corrected)
    }
    for (let day = 0; day < 5; day++) {
      decide(40, 2)
      await world.pass(DAY, HOUR)
    }
    decide(40, 4, 1)
    await world.pass(10 * SECOND)
    expect(world.news()).toEqual([])
    decide(40, 6, 6)
    await world.pass(10 * SECOND)
    expect(world.told[0]?.says).toMatch(/^\d\d % of the requests of a day were not understood or corrected, and 5 % in the week before$/)
    expect(world.news()).toEqual(['fired routing-drift'])
  })

  it('write-failure: at the first', async () => {
    const world = played()
    world.metrics.counter('store_failures_total').add()
    await world.pass(10 * SECOND)
    expect(world.news()).toEqual(['fired write-failure'])
  })

  it('validation-failure: above 20 % of at least 20 calls', async () => {
    const world = played()
    calls(world, 'ops', { ok: 70 })
    world.metrics.counter('plugin_calls_total', { plugin: 'ops', outcome: 'refused' }).add(30)
    world.metrics.counter('errors_total', { plugin: 'ops', code: 'VALIDATION' }).add(30)
    world.metrics.counter('errors_total', { plugin: 'deploy', code: 'VALIDATION' }).add(3)
    await world.pass(10 * SECOND)
    expect(world.news()).toEqual(['fired validation-failure ops'])
  })

  it('chain-failed: at the first that did not end well', async () => {
    const world = played()
    world.metrics.histogram('chain_duration_ms', { chain: 'ship', state: 'done' }).observe(1)
    await world.pass(10 * SECOND)
    expect(world.news()).toEqual([])
    world.metrics.histogram('chain_duration_ms', { chain: 'ship', state: 'undone' }).observe(1)
    await world.pass(10 * SECOND)
    expect(world.news()).toEqual(['fired chain-failed ship'])
  })

  it('agent-failing: above a quarter of at least 8 runs in an hour, over all its models', async () => {
    const world = played()
    for (const model of ['a', 'b']) {
      world.metrics.counter('agent_runs_total', { agent: 'scout', model, outcome: 'ok' }).add(3)
      world.metrics.counter('agent_runs_total', { agent: 'scout', model, outcome: 'failed' }).add(2)
    }
    await world.pass(10 * SECOND)
    expect(world.news()).toEqual(['fired agent-failing scout'])
  })

  it('are each tried here, and each has a section in the runbook of alerts', async () => {
    const { readFileSync } = await import('node:fs')
    const own = readFileSync(new URL(import.meta.url), 'utf8')
    const runbook = readFileSync(new URL('../../../../../docs/runbooks/alerts.md', import.meta.url), 'utf8')
    for (const { id, runbook: link } of builtInRules()) {
      expect(own).toContain(`it('${id}: `)
      expect(link).toBe(`docs/runbooks/alerts.md#${id}`)
      expect(runbook).toContain(`\n## ${id}\n`)
    }
  })
})

describe('createAlerts()', () => {
  it('tells nothing while muted, and tells what still fires once the mute is over', async () => {
    const world = played()
    world.alerts.mute({ rule: 'breaker-open', subject: 'ops', untilMs: world.clock.now() + MINUTE, why: 'known' })
    for (const breaker of ['ops', 'deploy']) world.metrics.gauge('breaker_state', { breaker }).set(2)
    await world.pass(50 * SECOND)
    expect(world.news()).toEqual(['fired breaker-open deploy'])
    expect(world.alerts.list().map(({ subject, isMuted }) => [subject, isMuted])).toEqual([
      ['deploy', false],
      ['ops', true],
    ])
    await world.pass(20 * SECOND)
    expect(world.news()).toEqual(['fired breaker-open ops'])
    expect(world.alerts.mutes()).toEqual([])
  })

  it('mutes a whole rule until somebody takes it back, and tells no end of what was never told', async () => {
    const world = played()
    world.alerts.mute({ rule: 'breaker-open', subject: '' })
    const state = world.metrics.gauge('breaker_state', { breaker: 'ops' })
    state.set(2)
    await world.pass(MINUTE)
    state.set(0)
    await world.pass(MINUTE)
    expect(world.news()).toEqual([])
    expect(world.alerts.unmute('breaker-open')).toBe(true)
    expect(world.alerts.unmute('breaker-open')).toBe(false)
    expect(() => world.alerts.mute({ rule: 'nothing', subject: '' })).toThrow(expect.objectContaining({ code: 'ALERT_UNKNOWN' }))
  })

  it('says again what goes on firing, after four hours', async () => {
    const world = played()
    world.metrics.gauge('breaker_state', { breaker: 'ops' }).set(2)
    await world.pass(9 * HOUR, 10 * MINUTE)
    expect(world.news()).toEqual(['fired breaker-open ops', 'still breaker-open ops', 'still breaker-open ops'])
  })

  it('tells once, of however many processes', async () => {
    const world = played()
    const told: string[] = []
    const sinks = { log: ({ rule }: AlertNotice) => void told.push(rule) }
    const others = Array.from({ length: 3 }, () =>
      createAlerts({ store: world.store, clock: world.clock, read: world.metrics.collect, sinks }),
    )
    world.metrics.gauge('breaker_state', { breaker: 'ops' }).set(2)
    await Promise.all(others.map(({ look }) => look()))
    expect(told).toEqual(['breaker-open'])
  })

  it('takes thresholds, times and severity from the workspace, or no rule at all', async () => {
    const world = played({
      settings: { 'queue-filling': { above: 0.4, forMs: 0, severity: 'critical' }, 'breaker-open': { off: true } },
    })
    world.metrics.gauge('bus_queue_fill_ratio', { subscription: 'q' }).set(0.5)
    world.metrics.gauge('breaker_state', { breaker: 'ops' }).set(2)
    await world.pass(10 * SECOND)
    expect(world.told[0]).toMatchObject({ severity: 'critical', above: 0.4 })
    expect(world.news()).toEqual(['fired queue-filling q'])
    expect(world.alerts.rules.find(({ id }) => id === 'queue-filling')?.below).toBeCloseTo(0.3)
  })

  it('harms no sink with the failure of another, and says which failed', async () => {
    const told: string[] = []
    const faults: string[] = []
    const world = played({
      sinks: {
        broken: () => Promise.reject(new Error('no')),
        whole: ({ rule }) => void told.push(rule),
      },
      onFault: (sink) => faults.push(sink),
    })
    world.metrics.gauge('breaker_state', { breaker: 'ops' }).set(2)
    await world.pass(10 * SECOND)
    expect(told).toEqual(['breaker-open'])
    expect(faults).toEqual(['broken'])
    expect(await world.alerts.test()).toEqual({ broken: expect.any(Error), whole: undefined })
    expect(world.alerts.news()).toHaveLength(1)
  })

  it('looks no oftener than every ten seconds where many processes end', async () => {
    const world = played()
    await world.alerts.lookSometimes()
    world.metrics.gauge('breaker_state', { breaker: 'ops' }).set(2)
    await world.alerts.lookSometimes()
    expect(world.news()).toEqual([])
    world.clock.advance(10 * SECOND)
    await world.alerts.lookSometimes()
    expect(world.news()).toEqual(['fired breaker-open ops'])
  })

  it('keeps few samples of what is long ago', async () => {
    const world = played()
    world.metrics.counter('store_failures_total').add()
    await world.pass(3 * HOUR, 10 * SECOND)
    const { count } = world.store.prepare('SELECT count(*) AS count FROM alert_sample').get<{ count: number }>()!
    expect(count).toBeLessThan(420)
    expect(count).toBeGreaterThan(350)
  })
})
