import type { AttributeValue, Span } from '@switchyard/trace'

/** Spans as a real deployment makes them, in any number, always the same for a seed. */

export interface Drawn {
  readonly name: string
  readonly lane: string
  /** Milliseconds after the beginning. */
  readonly at: number
  /** Absent: it still runs. */
  readonly took?: number
  readonly error?: { type: string; message?: string }
  readonly op?: string
  readonly attributes?: Readonly<Record<string, AttributeValue>>
  readonly events?: Span['events']
  readonly children?: readonly Drawn[]
}

const hex = (n: number, digits: number): string => n.toString(16).padStart(digits, '0')

/** The trace's id of a number. */
export const traceIdOf = (n: number): string => `${hex(n, 8)}${'5a'.repeat(12)}`

/** A tree as spans, with ids by the order in which they stand. */
export function spansOf(n: number, beganMs: number, root: Drawn): Span[] {
  const spans: Span[] = []
  draw(root, undefined)
  return spans

  function draw(
    { name, lane, at, took, error, op, attributes = {}, events, children = [] }: Drawn,
    parentSpanId: string | undefined,
  ): void {
    const spanId = hex(spans.length + 1, 16)
    spans.push({
      traceId: traceIdOf(n),
      spanId,
      ...(parentSpanId !== undefined && { parentSpanId }),
      name,
      kind: op === 'rpc.client' ? 'client' : op === 'rpc.server' ? 'server' : 'internal',
      startMs: beganMs + at,
      ...(took !== undefined && { durationMs: took }),
      ...(error !== undefined && { error }),
      attributes: { ...(op !== undefined && { 'switchyard.op': op }), ...attributes },
      ...(events !== undefined && { events }),
      lane,
    })
    for (const child of children) draw(child, spanId)
  }
}

const json = (value: unknown): string => JSON.stringify(value)

/** What the router does before anything runs. */
const routing = (): Drawn => ({
  name: 'route',
  lane: 'router',
  at: 1,
  took: 3.4,
  op: 'route',
  attributes: {
    'switchyard.router.outcome': 'routed',
    'switchyard.router.candidates': json([
      { part: 0, command: 'ops.health.scan', confidence: 0.94 },
      { part: 0, command: 'deploy.status', confidence: 0.11 },
      { part: 0, command: 'ops.issue.list', confidence: 0.03 },
      { part: 1, command: 'deploy.apply', confidence: 0.91 },
      { part: 1, command: 'release.cut', confidence: 0.08 },
    ]),
    'switchyard.router.why': json({
      parts: [
        {
          command: 'ops.health.scan',
          evidence: [
            { seen: 'check', as: 'the command’s own words', points: 2.41 },
            { seen: 'another word for health', as: 'meaning', points: 1.2 },
            { seen: 'the api', as: 'words', points: -0.36 },
          ],
          reread: [],
          actAbove: 0.6,
          wouldChange: 'Without “check” it would be deploy.status.',
        },
        {
          command: 'deploy.apply',
          evidence: [
            { seen: 'to deploy a service', as: 'what is asked', points: 3.1 },
            { seen: 'an env at the end', as: 'words', points: 0.9 },
          ],
          reread: [],
          actAbove: 0.6,
        },
      ],
    }),
  },
  children: [
    { name: 'classify', lane: 'router', at: 1.2, took: 0.6, op: 'classify' },
    { name: 'match', lane: 'router', at: 1.9, took: 1.7, op: 'match' },
    { name: 'decide', lane: 'router', at: 3.7, took: 0.5, op: 'decide' },
  ],
})

const call = (name: string, lane: string, at: number, took: number, more: Partial<Drawn> = {}): Drawn => ({
  name,
  lane,
  at,
  took,
  op: 'rpc.server',
  ...more,
})

export interface DeployOptions {
  readonly chainId?: string
  readonly fails?: boolean
  /** How slow it is, beside others. */
  readonly slow?: number
}

const DEPLOY_REQUEST = 'check the api, then deploy it to staging'

/** A request that becomes a chain: a check, a build, an approval, a release that may fail, and then what was done is undone. */
export function deploy({ chainId = 'chain-1', fails = false, slow = 1 }: DeployOptions): Drawn {
  const refused = { type: 'HEALTH_GATE', message: 'Cannot keep the release as /healthz must answer 200 for 5 s: it answered 503' }
  const built = 2_300 * slow
  const asked = 60 + built + 410
  const released = asked + 6_200
  const ended = released + (fails ? 2_900 : 1_800)
  const steps: Drawn[] = [
    call('check: ops.health.scan', 'chain', 12, 480 * slow, {
      op: 'step',
      children: [
        call('ops.health.scan', 'ops', 14, 470 * slow, {
          attributes: { 'switchyard.input': json({ project: '.' }), 'switchyard.output': json({ score: 91, status: 'pass', checks: 34 }) },
          children: [
            { name: 'read files', lane: 'ops', at: 20, took: 180 * slow },
            { name: 'git status', lane: 'ops', at: 205, took: 90 * slow },
            {
              name: 'publish ops/health/scanned',
              lane: 'ops',
              at: 478,
              took: 0,
              op: 'bus.publish',
              attributes: { 'messaging.destination.name': 'ops/health/scanned' },
            },
            {
              name: 'process ops/health/scanned',
              lane: 'release',
              at: 479,
              took: 4,
              op: 'bus.deliver',
              attributes: { 'messaging.destination.name': 'ops/health/scanned' },
            },
          ],
        }),
      ],
    }),
    call('build: deploy.image.build', 'chain', 60, built, {
      op: 'step',
      attributes: { 'switchyard.attempts': 2 },
      children: [
        call('deploy.image.build', 'deploy', 62, 700, {
          error: { type: 'TIMEOUT', message: 'Cannot build as the engine must answer within 700 ms' },
        }),
        call('deploy.image.build', 'deploy', 1_000, built - 980, {
          attributes: {
            'switchyard.attempts': 2,
            'switchyard.input': json({ service: 'api', context: './api', token: '[redacted]' }),
            'switchyard.output': json({ image: 'registry.local/api@sha256:9f2b', bytes: 48_210_344, layers: ['base', 'deps', 'app'] }),
            'switchyard.cost_usd': 0.0042,
          },
          children: [
            { name: 'pull base', lane: 'docker', at: 1_010, took: 380 },
            { name: 'build layers', lane: 'docker', at: 1_395, took: built - 1_500 },
          ],
        }),
      ],
    }),
    call('approve: “Deploy api 1.4.0 to staging?”', 'chain', asked, 6_100, {
      op: 'step',
      attributes: {
        'switchyard.waits_for': 'person',
        'switchyard.approved.by': 'ada',
        'switchyard.output': json({ approved: true, by: 'ada' }),
      },
      events: [
        { name: 'asked', atMs: 1 },
        { name: 'answered', atMs: 2, attributes: { by: 'ada' } },
      ].map((event, i) => ({ ...event, atMs: asked + i * 6_100 })),
    }),
    call('release: deploy.apply', 'chain', released, fails ? 1_900 : 1_700, {
      op: 'step',
      ...(fails && { error: refused }),
      children: [
        call('deploy.apply', 'deploy', released + 3, fails ? 1_890 : 1_690, {
          ...(fails && { error: refused }),
          attributes: { 'switchyard.input': json({ env: 'staging', service: 'api', image: 'registry.local/api@sha256:9f2b' }) },
          children: [
            { name: 'start new container', lane: 'docker', at: released + 20, took: 640 },
            {
              name: 'wait for /healthz',
              lane: 'deploy',
              at: released + 665,
              took: fails ? 1_210 : 900,
              ...(fails && { error: { type: 'HTTP_503', message: 'GET /healthz answered 503 after 1.2 s' } }),
            },
            ...(fails ? [] : [{ name: 'switch upstream', lane: 'caddy', at: released + 1_570, took: 90 }]),
          ],
        }),
      ],
    }),
    ...(fails
      ? [
          call('undo release: deploy.apply', 'chain', released + 1_920, 620, {
            op: 'undo',
            children: [
              call('deploy.undo', 'deploy', released + 1_925, 610, {
                children: [{ name: 'remove new container', lane: 'docker', at: released + 1_940, took: 590 }],
              }),
            ],
          }),
          call('undo build: deploy.image.build', 'chain', released + 2_560, 300, {
            op: 'undo',
            children: [call('deploy.image.remove', 'deploy', released + 2_563, 290)],
          }),
        ]
      : []),
  ]
  return {
    name: DEPLOY_REQUEST,
    lane: 'cli',
    at: 0,
    took: ended + 10,
    op: 'request',
    ...(fails && { error: refused }),
    attributes: {
      'switchyard.from': 'cli',
      'switchyard.request': DEPLOY_REQUEST,
      'switchyard.command': 'deploy.apply',
      'switchyard.chain.id': chainId,
      'switchyard.outcome': fails ? 'undone' : 'done',
    },
    children: [
      routing(),
      {
        name: 'chain check-then-deploy',
        lane: 'chain',
        at: 8,
        took: ended,
        op: 'chain',
        ...(fails && { error: refused }),
        children: steps,
      },
    ],
  }
}

const COMMANDS = [
  'ops.health.scan',
  'ops.issue.create',
  'release.plan',
  'release.cut',
  'deploy.apply',
  'deploy.status',
  'ops.logs.search',
  'deploy.env.sync',
]
const WORDS = [
  'check the api',
  'open an issue for the slow login',
  'plan the next release',
  'cut a release',
  'deploy web to staging',
  'what is deployed where',
  'why is billing slow',
  'sync the env files',
]

/** Always the same numbers for a seed, in [0, 1). */
function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

/** Many small runs, of which one in twelve failed; the newest has the number `from`. */
export function* manyRuns(count: number, nowMs: number, from = 1_000): Generator<Span[]> {
  const random = seeded(7)
  for (let i = count - 1; i >= 0; i--) {
    const at = Math.floor(random() * COMMANDS.length)
    const command = COMMANDS[at]!
    const lane = command.split('.')[0]!
    const fails = random() < 1 / 12
    const took = 20 + random() ** 4 * 30_000
    const error = { type: random() < 0.5 ? 'TIMEOUT' : 'CIRCUIT_OPEN', message: 'Cannot go on' }
    yield spansOf(from + i, nowMs - 60_000 - i * 47_000, {
      name: WORDS[at]!,
      lane: 'cli',
      at: 0,
      took,
      op: 'request',
      ...(fails && { error }),
      attributes: {
        'switchyard.from': 'cli',
        'switchyard.command': command,
        ...(random() < 0.2 && { 'switchyard.approved.by': 'ada' }),
        ...(random() < 0.1 && { 'switchyard.cost_usd': 0.002 }),
      },
      children: [call(command, lane, 2, took - 4, fails ? { error } : {})],
    })
  }
}

/** One trace of so many spans: waves of calls that run beside one another, three levels deep. */
export function bigTrace(count: number, n: number, beganMs: number): Span[] {
  const random = seeded(11)
  const spans: Span[] = []
  const add = (
    parentSpanId: string | undefined,
    name: string,
    lane: string,
    startMs: number,
    durationMs: number,
    fails: boolean,
    op: string,
  ): string => {
    const spanId = hex(spans.length + 1, 16)
    spans.push({
      traceId: traceIdOf(n),
      spanId,
      ...(parentSpanId !== undefined && { parentSpanId }),
      name,
      kind: 'internal',
      startMs,
      durationMs,
      ...(fails && { error: { type: 'TIMEOUT', message: 'Cannot go on as it took too long' } }),
      attributes: { 'switchyard.op': op },
      lane,
    })
    return spanId
  }
  const totalMs = count * 0.6
  const root = add(undefined, `scan ${count.toLocaleString('en')} files`, 'cli', beganMs, totalMs, false, 'request')
  for (let at = 0; spans.length < count; ) {
    const stepMs = 20 + random() * 60
    const began = beganMs + (at % (totalMs * 0.97))
    const step = add(root, `scan batch ${Math.floor(at)}`, 'chain', began, stepMs, false, 'step')
    for (let call = 0; call < 10 && spans.length < count; call++) {
      const command = COMMANDS[Math.floor(random() * COMMANDS.length)]!
      const callMs = stepMs * (0.2 + random() * 0.7)
      const callAt = began + random() * (stepMs - callMs)
      const id = add(step, command, command.split('.')[0]!, callAt, callMs, random() < 0.002, 'rpc.server')
      for (let read = 0; read < 5 && spans.length < count; read++)
        add(id, 'read file', command.split('.')[0]!, callAt + (callMs / 5) * read, callMs / 6, false, 'read')
    }
    at += stepMs * 0.6
  }
  return spans
}
