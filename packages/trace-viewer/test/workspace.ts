import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BreakerRecord, createBus } from '@switchyard/bus'
import { createChains } from '@switchyard/chain'
import { createRedactor } from '@switchyard/contracts/redact'
import { crdt, defineState } from '@switchyard/plugin-kit'
import { createState } from '@switchyard/state'
import { openStore } from '@switchyard/store'
import { createTraceStore, type Span, type TraceStore } from '@switchyard/trace'
import { z } from 'zod'
import { createSource } from '../src/lib/create-source.ts'
import type { ViewerSource } from '../src/lib/source.ts'
import type { LogLine } from '../src/model/wire.ts'
import { deploy, manyRuns, spansOf, traceIdOf } from './sample-spans.ts'

/** The ids of runs that are always there. */
export const RUNS = { good: traceIdOf(1), failed: traceIdOf(2), waiting: traceIdOf(3), check: traceIdOf(4) }

/** A secret that neither its name nor its looks give away; the environment may hold it. */
export const KNOWN_SECRET = 'zebra crossing at noon'

/** A workspace with real stores, a bus, state and a chain in a temporary folder; spans are what a test gives it. */
export interface SampleWorkspace extends AsyncDisposable {
  readonly source: ViewerSource
  readonly traces: TraceStore
  readonly nowMs: number
  add(spans: readonly Span[]): Promise<void>
  /** What was delivered to the subscription that fails at first. */
  readonly delivered: readonly unknown[]
}

const board = defineState('deploy/current', {
  access: 'public',
  fields: { versions: crdt.map(z.string()), lead: crdt.register(z.string()), deploys: crdt.counter() },
})

export async function openSampleWorkspace({ nowMs = Date.now() }: { nowMs?: number } = {}): Promise<SampleWorkspace> {
  const dir = mkdtempSync(join(tmpdir(), 'switchyard-viewer-'))
  const store = openStore({ path: join(dir, 'yard.db') })
  const traces = createTraceStore({ path: join(dir, 'traces.db') })
  const bus = createBus({ store, durable: [{ topics: 'deploy/**' }] })
  const state = createState({ bus, store, definitions: [board], imports: { ops: ['deploy/current'] } })
  const delivered: unknown[] = []

  const current = await state.connect('deploy', { why: () => RUNS.good }).open(board)
  await current.versions.set('api', '1.3.2')
  await current.versions.set('api', '1.4.0')
  await current.versions.set('web', '2.0.1')
  await current.lead.set(KNOWN_SECRET)
  await current.lead.set('ada')
  await current.deploys.increment()

  let refuses = true
  const buried = new Promise<void>((resolve) => bus.on('dead-letter', () => resolve()))
  bus.connect('ops').subscribe(
    'deploy/finished',
    (message) => {
      if (refuses) throw new Error('Cannot write the record as the disk is full')
      delivered.push(message)
    },
    { name: 'records', maxDeliveries: 1 },
  )
  await bus
    .connect('deploy')
    .publish('deploy/finished', { env: 'staging', service: 'api', ok: true, by: KNOWN_SECRET, apiToken: 'sk-very-secret-0123456789' }, {
      headers: { traceparent: `00-${RUNS.good}-0000000000000001-01` },
    } as never)
  await buried
  refuses = false

  const chains = createChains({
    store,
    call: async (command) => {
      if (command === 'deploy.apply')
        throw Object.assign(new Error('Cannot keep the release as /healthz must answer 200 for 5 s: it answered 503'), {
          name: 'SwitchyardError',
          code: 'HEALTH_GATE',
          data: {},
        })
      return { ok: true }
    },
    command: (id) => ({ plugin: id.split('.')[0]!, effect: id.endsWith('scan') ? 'read' : 'write', idempotent: true }),
  })
  const report = await chains.run({
    name: 'check-then-deploy',
    saga: true,
    steps: [
      {
        id: 'checks',
        parallel: [
          { id: 'health', call: 'ops.health.scan' },
          { id: 'leaks', call: 'deploy.env.scan' },
        ],
      },
      { id: 'build', call: 'deploy.image.build', undo: { call: 'deploy.image.remove' } },
      { id: 'migrate', call: 'deploy.migrate', undo: { call: 'deploy.migrate-back' } },
      { id: 'release', call: 'deploy.apply', undo: { call: 'deploy.undo' } },
      { id: 'announce', call: 'ops.issue.create', undo: false },
    ],
  })

  const add = async (spans: readonly Span[]): Promise<void> => {
    for (const [i, span] of spans.entries()) {
      traces.add(span)
      if (i % 5_000 === 4_999) await traces.flush()
    }
    await traces.flush()
  }
  await add([...manyRuns(40, nowMs - 900_000)].flat())
  await add(spansOf(1, nowMs - 900_000, deploy({ chainId: 'chain-0' })))
  await add(
    spansOf(4, nowMs - 600_000, {
      name: 'ops.health.scan',
      lane: 'cli',
      at: 0,
      took: 412,
      op: 'run',
      attributes: { 'switchyard.from': 'cli', 'switchyard.command': 'ops.health.scan' },
      children: [{ name: 'ops.health.scan', lane: 'ops', at: 3, took: 405, op: 'rpc.server' }],
    }),
  )
  await add(spansOf(2, nowMs - 300_000, deploy({ chainId: report.id, fails: true, slow: 1.6 })))
  await add(
    spansOf(3, nowMs - 60_000, {
      name: 'roll payments back to 2.3.0',
      lane: 'cli',
      at: 0,
      took: 90,
      op: 'request',
      attributes: { 'switchyard.from': 'cli', 'switchyard.command': 'deploy.rollback', 'switchyard.outcome': 'waiting' },
      children: [
        { name: 'plan: deploy.rollback', lane: 'deploy', at: 10, took: 70, op: 'rpc.server' },
        { name: 'approve: “Roll payments back?”', lane: 'chain', at: 85, op: 'step', attributes: { 'switchyard.waits_for': 'person' } },
      ],
    }),
  )

  const asked = (name: string, outcome: string, at: number): Span[] =>
    spansOf(at, nowMs - 30_000 - at, {
      name,
      lane: 'cli',
      at: 0,
      took: 24,
      op: 'request',
      attributes: { 'switchyard.from': 'cli' },
      children: [{ name: 'route', lane: 'router', at: 4, took: 12, op: 'route', attributes: { 'switchyard.router.outcome': outcome } }],
    })
  await add([...asked('bake me a cake', 'abstain', 5), ...asked('route deploy the shop', 'routed', 6)])

  const source = createSource({
    traces,
    logs: (id) => logsOf(id, nowMs),
    chain: async (id) => chains.show(id),
    bus: { durable: bus.durable, breakers: () => breakersAt(nowMs) },
    state: async () => state,
    version: '0.0.0',
    reader: 'ops',
    redactor: createRedactor({ known: [KNOWN_SECRET] }),
  })
  return {
    source,
    traces,
    nowMs,
    add,
    delivered,
    async [Symbol.asyncDispose]() {
      await chains.close()
      await traces.close()
      await state.close()
      await bus.close()
      store.close()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

function logsOf(id: string, nowMs: number): LogLine[] {
  if (id !== RUNS.failed) return []
  const at = nowMs - 300_000
  return [
    { atMs: at + 500, level: 'info', message: 'scanned 34 checks', plugin: 'ops', spanId: '0000000000000008', fields: { score: 91 } },
    { atMs: at + 770, level: 'warn', message: 'the engine did not answer, trying again', plugin: 'deploy', spanId: '000000000000000e' },
    {
      atMs: at + 12_300,
      level: 'error',
      message: 'GET /healthz answered 503',
      plugin: 'deploy',
      spanId: '0000000000000016',
      fields: { url: 'http://127.0.0.1:8080/healthz', tries: 6 },
    },
    { atMs: at + 12_400, level: 'info', message: 'taking back what was done', plugin: 'chain' },
  ]
}

type Change = BreakerRecord['changes'][number]

function breakersAt(nowMs: number): BreakerRecord[] {
  const ago = (minutes: number): number => nowMs - minutes * 60_000
  const change = (minutes: number, from: Change['from'], to: Change['to'], reason: Change['reason'], errorCode?: string): Change => ({
    name: 'deploy',
    from,
    to,
    reason,
    at: ago(minutes),
    ...(errorCode !== undefined && { errorCode }),
  })
  return [
    {
      name: 'deploy',
      snapshot: { state: 'half-open', forced: false, at: ago(1), trips: 2, failures: [ago(21), ago(20.5), ago(20), ago(6), ago(5.5)] },
      changes: [
        change(58, 'open', 'closed', 'reset'),
        change(20, 'closed', 'open', 'failures', 'HEALTH_GATE'),
        change(15, 'open', 'half-open', 'cooled-down'),
        change(12, 'half-open', 'closed', 'recovered'),
        change(5.5, 'closed', 'open', 'failures', 'TIMEOUT'),
        change(1, 'open', 'half-open', 'cooled-down'),
      ],
    },
    { name: 'ops', snapshot: { state: 'closed', forced: false, at: ago(58), trips: 0, failures: [] }, changes: [] },
  ]
}
