import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { ChainDefinition, CommandFacts } from '../index.ts'
import { checkChain } from './check.ts'
import { libraryNames, libraryText, parseChain } from './library.ts'

const commands: Readonly<Record<string, CommandFacts>> = {
  'app.build': {
    plugin: 'app',
    effect: 'write',
    idempotent: true,
    input: z.object({ env: z.enum(['dev', 'prod']), level: z.int().optional() }),
    output: z.object({ version: z.string(), files: z.array(z.object({ path: z.string() })), note: z.string().optional() }),
    undo: () => ({ command: 'app.clean', input: {} }),
    timeoutMs: 10_000,
    costUsd: 2,
  },
  'app.clean': {
    plugin: 'app',
    effect: 'write',
    idempotent: true,
    input: z.object({ version: z.string().optional() }),
    output: z.object({}),
  },
  'app.look': {
    plugin: 'app',
    effect: 'read',
    idempotent: true,
    input: z.object({ path: z.string() }),
    output: z.object({ ok: z.boolean() }),
    timeoutMs: 1_000,
    costUsd: 1,
  },
  'app.once': { plugin: 'app', effect: 'write', idempotent: false },
}
const sub: ChainDefinition = {
  name: 'sub',
  input: { path: { type: 'string' } },
  steps: [{ id: 'look', call: 'app.look', input: { path: '${{ input.path }}' } }],
}
const loop: ChainDefinition = { name: 'loop', steps: [{ id: 'again', chain: 'outer' }] }
const check = (text: string) =>
  checkChain(text, {
    command: (id) => commands[id],
    mayCall: (id) => id !== 'app.once',
    chain: (name) => ({ sub, loop })[name],
  })
/** Problems as `line:column severity CODE`. */
const found = (text: string) => check(text).problems.map(({ line, column, severity, code }) => `${line}:${column} ${severity} ${code}`)

const HEAD = `name: outer
input:
  env: { type: string, enum: [dev, prod] }
  maybe: { type: string, optional: true }
steps:
  - id: build
    call: app.build
    input: { env: "\${{ input.env }}" }
`

describe('checkChain()', () => {
  it('finds nothing in a chain that is right', () => {
    const result = check(`${HEAD}  - id: each
    forEach: "\${{ steps.build.output.files }}"
    do:
      - id: look
        call: app.look
        input: { path: "\${{ item.path }}" }
  - id: part
    chain: sub
    input: { path: "\${{ steps.build.output.version }}" }
    when: "\${{ length(steps.each.output) > 0 && input.env == 'prod' }}"
output: { first: "\${{ steps.each.output[0].ok }}" }
`)
    expect(result.problems).toEqual([])
    expect(result.definition?.name).toBe('outer')
  })

  it.for([
    ['a step that is not there', 'value: "${{ steps.biuld.output }}"', '10:17 error REFERENCE'],
    ['a step that has not run', 'value: "${{ steps.later.output }}"\n  - id: later\n    value: 1', '10:17 error REFERENCE'],
    ['a field that the output does not have', 'value: "a ${{ steps.build.output.vesion }}"', '10:19 error REFERENCE'],
    ['a name that means nothing', 'value: ${{ item }}', '10:16 error REFERENCE'],
    ['a wrong type', 'call: app.look\n    input: { path: "${{ steps.build.output.files }}" }', '11:20 error TYPE'],
    ['a literal of the wrong type', 'call: app.look\n    input: { path: 5 }', '11:20 error TYPE'],
    ['a value that the enum does not have', 'call: app.build\n    input: { env: moon }', '11:19 error TYPE'],
    ['a field that is missing', 'call: app.look\n    input: {}', '11:12 error MISSING_FIELD'],
    ['a field that nobody takes', 'call: app.look\n    input: { path: a, pth: b }', '11:28 error UNKNOWN_FIELD'],
    ['a value that may be null', 'call: app.look\n    input: { path: "${{ input.maybe }}" }', '11:20 warning MAYBE_NULL'],
    ['a command that is not there', 'call: app.biuld', '10:11 error UNKNOWN_COMMAND'],
    ['a command that may not be called', 'call: app.once\n    undo: false\n    compensateOnFailure: false', '10:11 error PERMISSION'],
    ['no undo for what is changed', 'call: app.clean', '9:5 warning NO_UNDO'],
    ['an expression that is none', 'value: "${{ 1 + }}"', '10:19 error EXPRESSION'],
    ['a function that is not there', 'value: "${{ now() }}"', '10:17 error FUNCTION'],
    ['a function with the wrong type', 'value: "${{ lower(steps.build.output) }}"', '10:17 error TYPE'],
    ['an order that is none', 'value: "${{ steps.build.output < 5 }}"', '10:36 error TYPE'],
    ['a condition that is never true', 'value: 1\n    when: "${{ input.env == \'staging\' }}"', '11:11 warning UNREACHABLE'],
    ['an id that is there twice', 'value: 1\n  - id: build\n    value: 2', '11:9 error DUPLICATE_ID'],
    ['a chain that is part of itself', 'chain: loop', '10:12 error CYCLE'],
    ['a chain that is not there', 'chain: nowhere', '10:12 error UNKNOWN_CHAIN'],
    ['a quorum that cannot be', 'mode: quorum\n    quorum: 3\n    parallel: [{ id: a, value: 1 }]', '11:13 error QUORUM'],
    ['a wait without an end', 'wait: { event: a/b }', '9:5 warning WAITS_FOREVER'],
    ['a loop over no list', 'forEach: "${{ input.env }}"\n    do: [{ id: a, value: 1 }]', '10:14 error TYPE'],
    ['a key that is none', 'call: app.look\n    inpt: {}', '11:11 error SHAPE'],
    ['a step of no kind', 'cal: app.look', '9:5 error SHAPE'],
    ['half a fallback', 'value: 1\n    onError: fallback', '9:5 error FALLBACK'],
    [
      'a step that sees into a loop',
      'forEach: [1]\n    do: [{ id: inner, value: 1 }]\n  - id: out\n    value: "${{ steps.inner.output }}"',
      '13:17 error REFERENCE',
    ],
    [
      'a step that looks at the one beside it',
      'parallel:\n      - { id: a, value: 1 }\n      - { id: b, value: "${{ steps.a.output }}" }',
      '12:30 error REFERENCE',
    ],
  ] as const)('finds %s', ([, step, problem]) => {
    expect(found(`${HEAD}  - id: next\n    ${step}\n`)).toContain(problem)
  })

  it('points to the mistake in YAML that cannot be read, and in JSON', () => {
    expect(found('name: a\nsteps: [\n')).toEqual([expect.stringMatching(/^\d+:\d+ error SYNTAX$/)])
    expect(found('{\n  "name": "a",\n  "steps": [{ "id": "one", "value": "${{ input.no }}" }]\n}')).toEqual(['3:42 error REFERENCE'])
  })

  it('refuses a text that grows without bound', () => {
    const bomb = `a: &a [1,1,1,1,1,1,1,1,1]\n${['b', 'c', 'd', 'e', 'f', 'g'].map((name, index) => `${name}: &${name} [${Array(9).fill(`*${'abcdef'[index]}`)}]`).join('\n')}`
    expect(check(bomb).problems).toMatchObject([{ code: 'SYNTAX', message: expect.stringMatching(/alias/) }])
    expect(check(`name: ${'x'.repeat(1_100_000)}`).problems).toMatchObject([{ code: 'SYNTAX' }])
  })

  it('refuses sub-chains that grow without bound, at once', () => {
    const doubled = (level: number): ChainDefinition => ({
      name: `level-${level}`,
      steps: ['left', 'right'].map((id) => (level === 0 ? { id, value: 1 } : { id, chain: `level-${level - 1}` })),
    })
    const { problems, worstCase } = checkChain(doubled(60), {
      command: () => undefined,
      chain: (name) => doubled(Number(name.replace('level-', ''))),
    })
    expect(problems.map(({ code }) => code)).toEqual(['TOO_MANY_STEPS'])
    expect(worstCase).toBeUndefined()
  })

  it.for([
    ['keys that occur twice', 'name: x\nname: y', 2, 1],
    ['merge keys', 'name: x\nsteps:\n  - value: 1\n    <<: { id: a }', 4, 9],
    ['an older YAML, which has merge keys and more', '%YAML 1.1\n---\nname: x\nsteps:\n  - value: 1\n    <<: { id: a }', 1, 1],
    ['nesting without bound', `name: x\nsteps: ${'['.repeat(20_000)}${']'.repeat(20_000)}`, 2, expect.any(Number)],
    ['several documents', 'name: x\n---\nname: y', 2, 1],
  ] as const)('refuses %s and says where', ([, text, line, column]) => {
    const { problems, definition } = checkChain(text, { command: () => undefined })
    expect(problems).toContainEqual(expect.objectContaining({ severity: 'error', line, column }))
    expect(definition).toBeUndefined()
  })

  it('says what it takes at worst', () => {
    const steps = `name: worst
saga: false
steps:
  - id: look
    call: app.look
    input: { path: a }
    retry: { attempts: 3, delay: 1s }
  - id: all
    parallel:
      - { id: a, call: app.build, input: { env: dev } }
      - { id: b, call: app.look, input: { path: b } }
  - { id: pause, wait: 1m }
`
    expect(check(steps).worstCase).toEqual({ durationMs: 3 * 1_000 + 3_000 + 10_000 + 60_000, costUsd: 3 + 2 + 1 })
    expect(check(`${steps}  - { id: go, ask: Go? }\n`).worstCase?.durationMs).toBeUndefined()
    expect(check(`${steps}timeout: 10s\n`).worstCase?.durationMs).toBe(10_000)
  })

  it('accepts a thousand steps in no time', () => {
    const steps = Array.from({ length: 1_000 }, (_, index) => ({
      id: `s${index}`,
      call: 'app.look',
      input: { path: index === 0 ? 'a' : `\${{ steps.s${index - 1}.state }}` },
    }))
    expect(checkChain({ name: 'long', steps }, { command: (id) => commands[id] }).problems).toEqual([])
  })
})

describe('the library of chains', () => {
  it.for(libraryNames().map((name) => [name]))('%s has a right shape, and what it lacks are commands alone', ([name]) => {
    const text = libraryText(name!)!
    expect(parseChain(text).name).toBe(name)
    const { problems, missingCommands } = checkChain(text, { command: () => undefined })
    expect(problems.filter(({ code }) => code !== 'UNKNOWN_COMMAND')).toEqual([])
    expect(missingCommands.length).toBeGreaterThan(2)
  })
})

describe('checkChain() of what is secret', () => {
  const token = z.string().meta({ secret: true })
  const commands: Readonly<Record<string, CommandFacts>> = {
    'app.login': {
      plugin: 'app',
      effect: 'read',
      idempotent: true,
      input: z.object({ user: z.string(), token: token.optional(), more: z.object({ keys: z.array(token) }).optional() }),
    },
    'app.issue': { plugin: 'app', effect: 'read', idempotent: true, output: z.object({ token }) },
  }
  const secrets = (...steps: ChainDefinition['steps']) =>
    checkChain({ name: 'secrets', steps }, { command: (id) => commands[id] })
      .problems.filter(({ code }) => code === 'SECRET')
      .map(({ path }) => path.join('.'))
  const login = (input: Record<string, unknown>) => ({ id: 'login', call: 'app.login', input: { user: 'ada', ...input } })

  it('refuses to give it to a step, as text, by reference and deep inside', () => {
    expect(secrets(login({ token: 'hunter2' }))).toEqual(['steps.0.input.token'])
    expect(secrets({ id: 'who', value: 'x' }, login({ token: '${{ steps.who.output }}' }))).toEqual(['steps.1.input.token'])
    expect(secrets(login({ more: { keys: ['a'] } }))).toEqual(['steps.0.input.more.keys'])
    expect(secrets({ id: 'all', value: {} }, login({ more: '${{ steps.all.output }}' }))).toEqual(['steps.1.input.more.keys'])
    expect(
      secrets(
        { id: 'other', value: 1 },
        { ...login({}), call: 'app.issue', undo: { call: 'app.login', input: { user: 'a', token: 'b' } } },
      ),
    ).toEqual(['steps.1.call', 'steps.1.undo.input.token'])
  })

  it('refuses a part that does', () => {
    const part: ChainDefinition = { name: 'part', steps: [login({ token: 'hunter2' })] }
    const whole: ChainDefinition = { name: 'whole', steps: [{ id: 'sub', chain: 'part' }] }
    const { problems } = checkChain(whole, { command: (id) => commands[id], chain: (name) => (name === 'part' ? part : undefined) })
    expect(problems.map(({ code, path }) => [code, path.join('.')])).toEqual([['SECRET', 'steps.0.chain']])
  })

  it('refuses a step that returns it, and nothing else', () => {
    expect(secrets({ id: 'issue', call: 'app.issue' })).toEqual(['steps.0.call'])
    expect(secrets(login({}))).toEqual([])
  })
})
