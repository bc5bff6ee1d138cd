import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createFakeClock } from '@switchyard/contracts/testing'
import { command, crdt, definePlugin, defineState, defineTopic, on } from '@switchyard/plugin-kit'
import type { AlertNotice } from '@switchyard/trace/alerts'
import { readLogs } from '@switchyard/trace/logs'
import { INSTRUMENTS, isHistogram, type MetricPoint, prometheusText } from '@switchyard/trace/metrics'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { defaultConfig } from './config.ts'
import { openYard } from './open-yard.ts'
import type { Yard, YardOptions } from './yard.ts'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'observe-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

const happened = defineTopic('plugin/shop/happened', z.object({ note: z.string() }))
const lost = { ...defineTopic('plugin/shop/lost', z.object({ note: z.string() })), durable: true } as const
const stock = defineState('shop/stock', { fields: { counts: crdt.map(z.number()) } })
const anything = z.record(z.string(), z.unknown())
const read = { effect: 'read', input: anything, output: anything } as const
const examples = ['do the thing', 'do it now', 'go and do it']

const shop = definePlugin({
  name: 'shop',
  version: '1.0.0',
  summary: 'Sells',
  guard: { breaker: { failures: 3 }, retry: { maxRetries: 1, delayMs: 1 } },
  publishes: [happened, lost],
  listens: [
    on(happened, ({ note }) => {
      if (note === 'fail') throw new Error('the handler failed')
    }),
  ],
  state: { exports: [stock] },
  commands: {
    count: command({
      ...read,
      summary: 'Count what is in stock',
      examples: ['count the stock', 'how much is in stock', 'what do we have'],
      run: () => ({ count: 3 }),
    }),
    smash: command({
      ...read,
      summary: 'Break',
      examples,
      run: () => {
        throw new Error('broken')
      },
    }),
    tell: command({
      ...read,
      summary: 'Tell',
      examples,
      async run({ note }, ctx) {
        ctx.log.warn('telling', { note })
        await ctx.publish(happened, { note: String(note) })
        return {}
      },
    }),
    store: command({
      ...read,
      summary: 'Store',
      examples,
      async run(_input, ctx) {
        const { counts } = await ctx.state.open(stock)
        await counts.set('apples', 1)
        return { apples: counts.get('apples') }
      },
    }),
  },
})

const open = (options: Partial<YardOptions> = {}): Promise<Yard> => openYard(dir, { plugins: [shop], ...options })

const amount = (points: readonly MetricPoint[], name: string, labels: Readonly<Record<string, string>> = {}): number =>
  points
    .filter((point) => point.name === name && Object.entries(labels).every(([label, value]) => point.labels[label] === value))
    .reduce((sum, point) => sum + (isHistogram(point) ? point.count : point.value), 0)

describe('what a yard counts', { timeout: 60_000 }, () => {
  it('comes from its rooms: calls, errors, breakers, messages, decisions, state', async () => {
    await using yard = await open()
    await yard.call('shop.count', {})
    await yard.call('shop.tell', { note: 'fail' })
    await yard.call('shop.tell', { note: 'fine' })
    await yard.call('shop.store', {})
    for (let call = 0; call < 5; call++) await yard.call('shop.smash', {}).catch(() => {})
    yard.decide('count the stock')
    yard.decide('what is the meaning of all this nonsense')
    yard.routing.correct('how many apples', 'shop.count')
    const points = yard.metrics()
    expect(amount(points, 'plugin_calls_total', { plugin: 'shop', outcome: 'ok' })).toBe(4)
    expect(amount(points, 'plugin_calls_total', { outcome: 'failed' })).toBe(3)
    expect(amount(points, 'plugin_calls_total', { outcome: 'refused' })).toBe(2)
    expect(amount(points, 'errors_total', { code: 'HANDLER_ERROR' })).toBe(3)
    expect(amount(points, 'plugin_call_ms', { plugin: 'shop' })).toBe(7)
    expect(amount(points, 'breaker_failures_total', { breaker: 'shop' })).toBe(3)
    expect(amount(points, 'breaker_opens_total', { breaker: 'shop' })).toBe(1)
    expect(amount(points, 'breaker_rejected_total', { breaker: 'shop' })).toBe(2)
    expect(amount(points, 'breaker_state', { breaker: 'shop' })).toBe(2)
    expect(amount(points, 'degradation_level')).toBe(2)
    expect(amount(points, 'bus_messages_total', { topic: 'shop.count' })).toBe(1)
    expect(amount(points, 'bus_messages_total', { topic: 'plugin/shop/happened', kind: 'event' })).toBe(2)
    expect(amount(points, 'bus_handler_errors_total')).toBe(1)
    expect(amount(points, 'bus_delivery_ms')).toBe(2)
    expect(amount(points, 'state_ops_total', { op: 'write', namespace: 'shop/stock' })).toBe(1)
    expect(amount(points, 'state_ops_total', { op: 'read', namespace: 'shop/stock' })).toBe(1)
    expect(amount(points, 'state_doc_bytes', { namespace: 'shop/stock' })).toBeGreaterThan(0)
    expect(amount(points, 'router_decisions_total')).toBe(2)
    expect(amount(points, 'router_decision_ms')).toBe(2)
    expect(amount(points, 'router_confidence')).toBeGreaterThan(0)
    expect(amount(points, 'router_corrections_total')).toBe(1)
    for (const { name } of points) expect(Object.keys(INSTRUMENTS)).toContain(name)
  })

  it('is added up over processes that come and go', async () => {
    for (let run = 0; run < 3; run++) {
      await using yard = await open()
      await yard.call('shop.count', {})
    }
    await using last = await open()
    expect(amount(last.metrics(), 'plugin_calls_total', { plugin: 'shop', outcome: 'ok' })).toBe(3)
  })

  it('compares what a request was thought to take with what it took', async () => {
    {
      await using yard = await open()
      await yard.call('shop.count', {})
    }
    await using yard = await open()
    expect(yard.decide('count the stock').parts[0]?.command).toBe('shop.count')
    await new Promise((resolve) => setImmediate(resolve))
    await yard.call('shop.count', {})
    expect(amount(yard.metrics(), 'router_estimate_error', { what: 'duration' })).toBe(1)
  })

  it('counts agents and models by the spans of others', async () => {
    await using yard = await open()
    yard.traces.add({
      traceId: 'a'.repeat(32),
      spanId: 'b'.repeat(16),
      name: 'claude_code.llm_request',
      kind: 'client',
      startMs: 1,
      durationMs: 1_500,
      lane: 'claude-code',
      scope: 'com.anthropic.claude_code.tracing',
      attributes: { model: 'opus', input_tokens: 1_200, output_tokens: 80, cost_usd: 0.25 },
    })
    await yard.traces.flush()
    const points = yard.metrics()
    expect(amount(points, 'agent_tokens_total', { model: 'opus', direction: 'input' })).toBe(1_200)
    expect(amount(points, 'agent_cost_usd', { agent: 'claude-code' })).toBe(0.25)
    expect(amount(points, 'budget_spent_usd')).toBe(0.25)
    expect(amount(points, 'agent_success_ratio', { agent: 'claude-code' })).toBe(1)
    expect(amount(points, 'agent_duration_ms')).toBe(1)
  })

  it('costs an unused yard nothing at its end', async () => {
    {
      await using yard = await open()
      yard.plans()
    }
    await using next = await open()
    expect(amount(next.metrics(), 'plugin_calls_total')).toBe(0)
    expect(readdirSync(join(dir, '.switchyard'))).not.toContain('logs')
  })
})

describe('what a yard logs', () => {
  it('says in which trace, span and request, also of what fails', async () => {
    {
      await using yard = await open()
      const asking = yard.begin({ name: 'tell them', from: 'mcp' })
      await yard.call('shop.tell', { note: 'x' }, { headers: { traceparent: asking.headers.traceparent, sessionId: 'session-1' } })
      await yard.call('shop.smash', {}, { headers: { traceparent: asking.headers.traceparent } }).catch(() => {})
      asking.end()
    }
    const lines = readLogs(join(dir, '.switchyard', 'logs'))
    const told = lines.find(({ message }) => message === 'telling')
    expect(told).toMatchObject({
      level: 'warn',
      plugin: 'shop',
      requestId: 'session-1',
      fields: { note: 'x' },
      traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
    })
    const failed = lines.find(({ message }) => message === 'shop.smash threw')
    expect(failed).toMatchObject({
      traceId: told?.traceId,
      fields: { error: { message: 'broken', stack: expect.stringContaining('observe.test') } },
    })
  })
})

describe('what rings', () => {
  it('is told to the bus, a command and the log when a process ends, and once', async () => {
    const told: unknown[] = []
    const heard: AlertNotice[] = []
    const pager = definePlugin({
      name: 'pager',
      version: '1.0.0',
      summary: 'Rings',
      listens: [on(defineTopic('system/alert', z.custom<AlertNotice>()), (notice) => void heard.push(notice))],
      commands: {
        ring: command({
          ...read,
          effect: 'write',
          plan: () => ({ summary: 'Rings', steps: [] }),
          summary: 'Ring',
          examples,
          run(input) {
            told.push(input)
            return {}
          },
        }),
      },
    })
    const { alerts, ...config } = defaultConfig()
    const ring = { name: 'pager.ring', input: { text: '{severity} {subject}: {says}', where: ['{runbook}', '{nothing}'] } }
    const options = { plugins: [shop, pager], config: { ...config, alerts: { ...alerts, command: ring } } }
    for (let run = 0; run < 2; run++) {
      await using yard = await open(options)
      for (let call = 0; call < 4; call++) await yard.call('shop.smash', {}).catch(() => {})
    }
    expect(told).toEqual([
      {
        text: 'critical shop: The breaker of "shop" is open: its calls are refused',
        where: ['docs/runbooks/alerts.md#breaker-open', '{nothing}'],
      },
    ])
    expect(heard.map(({ rule, news }) => [rule, news])).toEqual([['breaker-open', 'fired']])
    expect(readLogs(join(dir, '.switchyard', 'logs'), { plugin: 'alerts' })).toMatchObject([
      { level: 'warn', fields: { rule: 'breaker-open' } },
    ])
    await using yard = await open(options)
    expect((await yard.alerts()).list()).toMatchObject([{ rule: 'breaker-open', subject: 'shop', state: 'firing' }])
  })

  it('is looked at while a process stays, which also serves Prometheus', async () => {
    const probe = createServer()
    await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', () => resolve()))
    const { port } = probe.address() as AddressInfo
    await new Promise((resolve) => probe.close(resolve))
    const clock = createFakeClock(Date.now())
    await using yard = await open({ meet: true, clock, config: { ...defaultConfig(), metrics: { port } } })
    await yard.call('shop.count', {})
    clock.advance(1_000)
    await expect
      .poll(async () => (await fetch(`http://127.0.0.1:${port}/metrics`).catch(() => undefined))?.text(), { timeout: 20_000 })
      .toContain('plugin_calls_total{plugin="shop",outcome="ok"} 1')
    for (let call = 0; call < 4; call++) await yard.call('shop.smash', {}).catch(() => {})
    clock.advance(250)
    await expect.poll(async () => (await yard.alerts()).list().map(({ rule }) => rule), { timeout: 20_000 }).toEqual(['breaker-open'])
  }, 60_000)
})

describe('secrets that are planted everywhere', { timeout: 60_000 }, () => {
  it('appear in no byte of log, traces, metrics, alerts and bundle', async () => {
    const KNOWN = 'kn0wn-to-the-environment'
    const SHAPED = `${'ghp'}_${'a1B2'.repeat(9)}`
    const NAMED = 'named-only-hunter22'
    const planted = {
      password: NAMED,
      note: `token=${NAMED} and ${SHAPED} and ${KNOWN}`,
      nested: [{ apiKey: NAMED, [SHAPED]: KNOWN }],
      url: `https://ada:${NAMED}@host/x`,
    }
    const leaky = definePlugin({
      name: 'leaky',
      version: '1.0.0',
      summary: 'Leaks',
      publishes: [defineTopic('plugin/leaky/said', anything)],
      commands: {
        say: command({
          ...read,
          summary: 'Say',
          examples,
          async run(input, ctx) {
            ctx.log.error(`said ${JSON.stringify(input)}`, { input, error: new Error(`cannot use ${JSON.stringify(input)}`) })
            await ctx.publish(defineTopic('plugin/leaky/said', anything), input)
            return input
          },
        }),
        fail: command({
          ...read,
          summary: 'Fail',
          examples,
          run: (input) => {
            throw new Error(`could not log in with ${JSON.stringify(input)}`, { cause: new Error(SHAPED) })
          },
        }),
      },
    })
    let bundle = ''
    let metrics = ''
    {
      await using yard = await open({ plugins: [leaky], secrets: [KNOWN], asked: { name: `use ${planted.note}`, from: 'cli' } })
      yard.decide(`say ${planted.note}`)
      await yard.call('leaky.say', planted)
      for (let call = 0; call < 6; call++) await yard.call('leaky.fail', planted).catch(() => {})
      await yard.traces.flush()
      const [run] = yard.traces.runs().runs
      const alerts = await yard.alerts()
      await alerts.look()
      bundle = JSON.stringify(await yard.bundle(run!.traceId))
      metrics = prometheusText(yard.metrics()) + JSON.stringify(alerts.list())
    }
    const files = readdirSync(join(dir, '.switchyard'), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    expect(files.map(({ name }) => name)).toEqual(expect.arrayContaining(['switchyard.jsonl', 'trace.db', 'yard.db']))
    writeFileSync(join(dir, 'bundle.json'), bundle)
    const everything = [...files.map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'latin1')), bundle, metrics]
    expect(bundle).toContain('leaky.say')
    expect(everything.join('')).toContain('could not log in with')
    for (const secret of [NAMED, SHAPED, KNOWN]) for (const text of everything) expect(text.includes(secret), secret).toBe(false)
  })

  it('and a run that nobody traced cannot be bundled', async () => {
    await using yard = await open()
    await expect(yard.bundle('f'.repeat(32))).rejects.toMatchObject({ code: 'TRACE_UNKNOWN' })
  })
})
