import { type ChainReport, parseChain } from '@switchyard/chain'
import { SwitchyardError, type WireError } from '@switchyard/contracts'
import { definePlugin } from '@switchyard/plugin-kit'
import type { DecisionEvaluation } from '@switchyard/router'
import type { PlannedRun, Replayed } from '@switchyard/yard'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { outlineOf } from '../lib/outline.ts'
import { renderChain } from './chain.ts'
import { renderConfig } from './config.ts'
import { renderDecision, renderMeasured, renderOffers, renderReplayed, renderWhy } from './decision.ts'
import { renderFindings } from './doctor.ts'
import { errorDocument, renderError } from './error.ts'
import { type Look, paint, plain } from './look.ts'
import { renderPlannedParts } from './parts.ts'
import { renderKept, renderPlanList, renderPlans } from './plan.ts'
import { renderPlugins } from './plugins.ts'
import { renderValue } from './value.ts'

const look: Look = { columns: 80, color: false }

const planned: PlannedRun = {
  id: 'p-4kq7w2m',
  command: 'deploy.apply',
  input: { service: 'api' },
  effect: 'write',
  plan: {
    summary:
      'Put version 1.4.0 of api on staging, one machine after another, and go back by itself if it is not healthy within two minutes',
    steps: [
      { does: 'change', target: 'compose.yaml', detail: '- image: api:1.3.0\n+ image: api:1.4.0' },
      { does: 'remove', target: 'container api-1' },
    ],
    warnings: ['The migration 0042 cannot be taken back, so an undo leaves the new column where it is'],
  },
  createdAt: '2026-11-21T09:30:00.000Z',
  state: 'waiting',
  undoable: false,
}

describe('at 80 columns', () => {
  it('what can be done where nothing fits: each command of a few, and of many their plugins', () => {
    const offer = (plugin: string, at: number) => ({ command: `${plugin}.do-${at}`, summary: `Do ${at}`, say: `please do ${at}` })
    const many = Array.from({ length: 30 }, (_, at) => offer(at < 29 ? 'ops' : 'release', at))
    expect(renderOffers(many.slice(0, 2), look)).toBe('ops.do-0  Do 0: "please do 0"\nops.do-1  Do 1: "please do 1"')
    expect(renderOffers(many, look)).toBe(
      [
        'ops      29 commands, "please do 0", "please do 1", "please do 2"',
        'release  1 command, "please do 29"',
        '',
        'All of them: switchyard plugins',
      ].join('\n'),
    )
  })

  it('a request of several parts', () => {
    const parts = [
      { text: 'check the api', command: 'ops.monitor.check', input: { service: ['api', 'web'] } },
      { text: 'deploy it to staging', command: 'deploy.apply', input: { env: 'staging', version: '${{ steps.part1.output.version }}' } },
      { text: 'bring it back', command: 'deploy.rollback', input: { token: 'hunter2' } },
      { text: 'deploy the worker', command: 'deploy.apply', input: {} },
    ]
    const error = { code: 'HOST_GONE', message: 'Cannot reach web-1', retryable: true } as unknown as WireError
    const text = renderPlannedParts(
      parts,
      [
        { path: 'part1', does: 'calls ops.monitor.check' },
        {
          path: 'part2',
          does: 'calls deploy.apply',
          when: "steps.part1.output.status == 'HEALTHY'",
          needs: ['steps.part1.output.version'],
        },
        { path: 'part3', does: 'calls deploy.rollback', when: "steps.part2.state == 'failed'", error },
        { path: 'part4', does: 'calls deploy.apply', onlyAfter: 'part1', plan: planned.plan },
      ],
      look,
    )
    expect(text).toBe(`1  check the api
   ops.monitor.check  service api, web
2  deploy it to staging
   only if status of 1 is HEALTHY
   deploy.apply  env staging  version (version of 1)
   planned once there is version of 1
3  bring it back
   only if 2 fails
   deploy.rollback  token [redacted]
   as things stand: Cannot reach web-1
4  deploy the worker
   only if 1 fails
   deploy.apply
   Put version 1.4.0 of api on staging, one machine after another, and go back
   by itself if it is not healthy within two minutes
     change  compose.yaml
     remove  container api-1
   ! The migration 0042 cannot be taken back, so an undo leaves the new column
   where it is`)
  })

  it('a plan', () => {
    const steps = [{ command: 'ops.health.scan' }, { command: 'deploy.apply', planned }]
    expect(`\n${renderPlans(steps, look)}\n\n${renderKept(steps)}\n`).toBe(`
ops.health.scan  changes nothing

deploy.apply  p-4kq7w2m
Put version 1.4.0 of api on staging, one machine after another, and go back by
itself if it is not healthy within two minutes
  change  compose.yaml
          - image: api:1.3.0
          + image: api:1.4.0
  remove  container api-1
  ! The migration 0042 cannot be taken back, so an undo leaves the new column
  where it is

Nothing was done. To do it:
  switchyard approve p-4kq7w2m
`)
  })

  it('a chain that was taken back, with what took its time', () => {
    const definition = parseChain('name: ship\nsteps:\n  - { id: build, call: x.build }\n  - { id: push, call: x.push }\n')
    const message = 'Cannot push the image as the registry must answer within ten seconds: nothing came back'
    const error = { name: 'SwitchyardError', code: 'TIMEOUT', message, data: {} } as WireError
    const step = { attempts: 1, startedMs: 0 }
    const report: ChainReport = {
      id: 'c-4kq7w2m',
      name: 'ship',
      state: 'undone',
      startedMs: 0,
      endedMs: 90_000,
      error,
      definition,
      input: {},
      steps: [
        { ...step, path: 'build', state: 'done', endedMs: 61_500, undoState: 'done' },
        { ...step, path: 'push', state: 'failed', startedMs: 61_500, endedMs: 72_900, error },
      ],
      done: [],
      undone: ['build'],
      notUndone: [],
      failed: ['push'],
      neverStarted: [],
      skipped: [],
      degraded: [],
      waitsFor: [],
      traceId: '0',
    }
    const shown = renderChain(definition, report, look)
    expect(`\n${shown}\n`).toBe(`
c-4kq7w2m  ship  undone
↶ ├─ build: x.build  62 s
✗ └─ push: x.push  11.4 s
      Cannot push the image as the registry must answer within ten seconds:
      nothing came back

Undone: build
`)
    // Where the chain was ended from outside, that stands alone. What went wrong in several steps is said once.
    const ended = { ...report, error: { ...error, message: `Cannot finish, ${message}` } }
    expect(renderChain(definition, ended, look).split('\n').slice(5, 8)).toEqual([
      '',
      'Cannot finish, Cannot push the image as the registry must answer within ten',
      'seconds: nothing came back',
    ])
    const [build, push] = report.steps
    const both = { ...report, steps: [{ ...build!, error }, push!] }
    expect(renderChain(definition, both, look).match(/Cannot push/g)).toHaveLength(1)
    const next = { ...report, error: { ...error, next: 'docker login' } }
    expect(renderChain(definition, next, look)).toMatch(/\n→ docker login$/)
  })

  it('a plan of what only reads', () => {
    const steps = [{ command: 'ops.health.scan' }]
    expect(renderPlans(steps, look)).toBe('ops.health.scan  changes nothing')
    expect(renderKept(steps)).toBe('Nothing was done. To do it:\n  run it again without --dry-run')
  })

  it('the list of plans', () => {
    expect(`\n${renderPlanList([planned, { ...planned, id: 'p-2222222', state: 'done', undoable: true }], [], look)}\n`).toBe(`
plan       state           made              command       would
p-4kq7w2m  waiting         2026-11-21 09:30  deploy.apply  Put version 1.4.0 of
                                                           api on staging, one
                                                           machine after
                                                           another, and go back
                                                           by itself if it is
                                                           not healthy within
                                                           two minutes
p-2222222  done, undoable  2026-11-21 09:30  deploy.apply  Put version 1.4.0 of
                                                           api on staging, one
                                                           machine after
                                                           another, and go back
                                                           by itself if it is
                                                           not healthy within
                                                           two minutes
`)
    expect(renderPlanList([], [], look)).toBe('No plans yet. A command that changes something makes one.')
  })

  it('a decision', () => {
    const decision = {
      request: 'deploy the api',
      outcome: 'ask' as const,
      question: 'What is the env?',
      refused: [],
      strategy: 'single' as const,
      parts: [
        {
          text: 'deploy the api',
          command: 'deploy.apply',
          confidence: 0.914,
          args: { service: { value: 'api', from: [11, 14] as const } },
          after: [],
          missing: ['env'],
          alternatives: [{ command: 'deploy.check', confidence: 0.05 }],
        },
      ],
    }
    expect(`\n${renderDecision(decision, look)}\n`).toBe(`
"deploy the api"
deploy.apply  91 %  best
deploy.check  5 %
with service api
missing env

What is the env?
`)
  })

  it('shows what was done wrongly in the width of the terminal', () => {
    const text = 'a request that is so long that it would not leave any room for what it means and what it was read as'
    const share = { share: 1, precision: 1, exact: 1 }
    const measured = {
      name: 'workspace',
      n: 1,
      counts: { single: 1, compound: 0, outOfScope: 0 },
      accuracy: 0,
      top3: 0,
      args: null,
      compound: null,
      acted: share,
      oos: { notActed: null },
      wronglySplit: null,
      destroyedUnasked: 0,
      latencyUs: { p50: 1, p95: 1, p99: 1 },
      misses: [
        { text, expected: 'notes.add', got: 'notes.drop, notes.list', acted: true },
        { text: 'asked about', expected: 'a', got: 'b', acted: false },
      ],
    } as unknown as DecisionEvaluation
    const shown = renderMeasured(measured, look)
    expect(shown).toContain('  meant   notes.add\n  read as notes.drop, notes.list')
    expect(shown).not.toContain('asked about')
    expect(Math.max(...shown.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(look.columns)
  })

  it('breaks what a plugin says of itself at the width of the terminal', () => {
    const summary = 'Says so much of itself that it does not fit into a line of eighty columns, nor into two, as it goes on and on and on'
    const lines = renderPlugins([{ name: 'talker', version: '1.0.0', summary, commands: [] }], look).split('\n')
    expect(lines.length).toBeGreaterThan(1)
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(look.columns)
    expect(lines.map((line) => line.trim()).join(' ')).toBe(`talker 1.0.0  ${summary}`)
  })

  it('plugins', () => {
    const wipe = {
      summary: 'Throw everything away that was kept for longer than the limit says, and all that hangs on it',
      examples: [],
      effect: 'destroy' as const,
      input: z.object({}),
      output: z.object({}),
      plan: () => ({ summary: '', steps: [] }),
      run: () => ({}),
    }
    const plugin = definePlugin({ name: 'attic', version: '1.0.0', summary: 'Keeps old things', commands: { wipe, 'box.wipe': wipe } })
    expect(`\n${renderPlugins([outlineOf(plugin)], look)}\n`).toBe(`
attic 1.0.0  Keeps old things
  attic wipe      destroy  Throw everything away that was kept for longer than
                           the limit says, and all that hangs on it
  attic box wipe  destroy  Throw everything away that was kept for longer than
                           the limit says, and all that hangs on it
`)
  })

  it('what is decided otherwise than before', () => {
    const again = { request: 'paint the lamp red', before: ['lamp.paint'], after: ['lamp.paint'] } as const
    const changed: readonly Replayed[] = [
      { ...again, outcomes: ['routed', 'routed'], args: [[{ colour: 'red' }], [{ shade: 'red' }]] },
      { ...again, request: 'colour it', outcomes: ['routed', 'ask'] },
      { request: 'warm my buns', before: [], after: ['bakery.look'], outcomes: ['abstain', 'routed'] },
    ]
    expect(`\n${renderReplayed(changed, look, 'Of 9 requests these are read otherwise')}\n`).toBe(`
Of 9 requests these are read otherwise:
"paint the lamp red"
  was lamp.paint with colour "red"
  is  lamp.paint with shade "red"
"colour it"
  was lamp.paint
  is  lamp.paint (asked about)
"warm my buns"
  was nothing
  is  bakery.look
`)
  })

  it('how plugins are, where something is known of it', () => {
    const outline = { name: 'attic', version: '1.0.0', summary: 'Keeps old things', commands: [] }
    const figures = { runs: 12, failures: 5, latencyMs: 1_240, errorRate: 0.6, success: 0.7 }
    const process = { pid: 4711, plugins: ['attic'], sinceMs: 0, heardMs: 0, state: 'ready' } as const
    const dead = { ...process, pid: 4712, state: 'down', reason: 'process 4712 ended without a word' } as const
    const health = { state: 'degraded', reason: '60 % of its latest calls failed', sign: 'runs' } as const
    const idle = { health: { state: 'ready' }, figures: { ...figures, runs: 0 }, processes: [] } as const
    expect(
      `\n${renderPlugins(
        [
          { ...outline, health, figures, processes: [process, dead] },
          { ...outline, ...idle },
        ],
        look,
      )}\n`,
    ).toBe(`
attic 1.0.0  Keeps old things
  degraded, as 60 % of its latest calls failed: 12 runs, 5 failed, 1.2 s each;
  process 4711 serves it; process 4712 ended without a word

attic 1.0.0  Keeps old things
`)
  })

  it('settings and findings', () => {
    expect(
      renderConfig(
        [
          { key: 'logLevel', value: 'info', origin: { from: 'project', path: '/app/switchyard.config.json', line: 3 } },
          { key: 'store.busyTimeoutMs', value: 5, origin: { from: 'environment', variable: 'SWITCHYARD_STORE_BUSY_TIMEOUT_MS' } },
        ],
        look,
      ).split('\n'),
    ).toEqual([
      'setting              set by                            value',
      'logLevel             switchyard.config.json:3          info',
      'store.busyTimeoutMs  SWITCHYARD_STORE_BUSY_TIMEOUT_MS  5',
    ])
    expect(
      renderFindings(
        [
          { check: 'Node', state: 'ok', found: '26.10.0' },
          { check: 'data folder', state: 'warning', found: 'can be read by others', mend: 'chmod 700 .switchyard' },
        ],
        look,
      ).split('\n'),
    ).toEqual(['✓ Node         26.10.0', '! data folder  can be read by others', '               → chmod 700 .switchyard'])
  })
})

describe('renderValue()', () => {
  it('prefers the text that a command gives itself', () => expect(renderValue({ text: 'all well\n', score: 3 }, look)).toBe('all well'))

  it('makes tables of flat objects and lines of keys', () => {
    const value = { score: 88, empty: [], none: null, checks: [{ id: 'a', ok: true }, { id: 'bcd' }], deep: { er: { x: [1, 2] } } }
    expect(`\n${renderValue(value, look)}\n`).toBe(`
score: 88
empty: none
none: -
checks:
  id   ok
  a    true
  bcd  -
deep:
  er:
    x:
      - 1
      - 2
`)
  })

  it.each([
    [[], 'none'],
    [{}, 'nothing'],
    ['text', 'text'],
    [undefined, '-'],
    [[{ a: { b: 1 } }], '- a:\n    b: 1'],
  ])('shows %j', (value, text) => expect(renderValue(value, look)).toBe(text))
})

describe('text of others', () => {
  it('cannot steer the terminal', () => {
    expect(plain('a\u001b[31mred\u001b[0m\u0007\u009b2Jb\nc\td')).toBe('ared2Jb\nc\td')
    expect(renderValue({ '\u001b[2Jkey': '\u001b]0;title\u0007' }, look)).toBe('key: ]0;title')
  })

  it('cannot do so from a table, a finding or a decision either', () => {
    const evil = 'a\u001b[2J\nb\u202ec'
    const findings = renderFindings([{ check: 'store', state: 'failed', found: evil, mend: evil }], look)
    const list = renderPlanList([{ ...planned, command: evil, plan: { ...planned.plan, summary: evil } }], [], look)
    const setting = renderConfig([{ key: 'plugins', value: [evil], origin: { from: 'default' } }], look)
    const part = {
      text: evil,
      command: 'a.b',
      confidence: 1,
      args: { path: { value: '\u009b2J', from: [0, 1] as const }, token: { value: 'hunter2', from: [1, 2] as const } },
      after: [],
      missing: [],
      alternatives: [],
    }
    const decision = renderDecision({ request: evil, outcome: 'routed', parts: [part], refused: [], strategy: 'single' }, look)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
    expect(findings + list + setting + decision).not.toMatch(/[\u001b\u009b\u202e]/)
    expect(list).toContain('waiting  2026-11-21 09:30  a bc')
    expect(decision).toContain('token [redacted]')
  })

  it('is coloured only where colours are wanted', () => {
    expect(paint(look, 'red', 'x')).toBe('x')
    expect(paint({ ...look, color: true }, 'red', 'x')).toBe('\u001b[31mx\u001b[39m')
  })
})

describe('an error', () => {
  const error = new SwitchyardError('TIMEOUT', 'Cannot wait as it took too long', { next: 'switchyard doctor', cause: new Error('secret') })

  it('is its message and the next step', () => {
    expect(renderError(error, look)).toBe('✗ Cannot wait as it took too long\n→ switchyard doctor')
    expect(renderError(new TypeError('odd'), look)).toBe('✗ odd')
    expect(renderError('thrown', look)).toBe('✗ thrown')
  })

  it('is a document without stack and cause', () => {
    expect(errorDocument(error)).toEqual({
      error: { code: 'TIMEOUT', message: 'Cannot wait as it took too long', next: 'switchyard doctor', retryable: true },
    })
  })
})

describe('renderWhy()', () => {
  it('names what no plugin here covers, also where none covers anything', () => {
    const classification = {
      domains: ['frontend', 'ui'],
      contexts: [],
      patterns: [],
      complexity: 'simple',
      urgency: 5,
      minutes: 10,
    } as const
    const estimate = { durationMs: 0, costUsd: 0, parts: [], success: 1 }
    expect(renderWhy({ estimate, explanation: { parts: [], plugins: [], classification } }, look)).toBe(
      'Nobody covers frontend, ui\n\nsimple, urgency 5 of 10; frontend, ui',
    )
  })
})
