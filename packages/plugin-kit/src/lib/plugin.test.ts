import { isSwitchyardError } from '@switchyard/contracts'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { z } from 'zod'
import { type Command, type CommandRef, type Context, command, commandOf, definePlugin, defineTopic, on } from '../index.ts'

const finished = defineTopic('greet/finished', z.object({ name: z.string() }))

const greet = command({
  summary: 'Says hello to somebody',
  examples: ['say hello to ada'],
  effect: 'read',
  input: z.object({ name: z.string(), times: z.number().default(1) }),
  output: z.object({ text: z.string() }),
  async run({ name, times }, ctx) {
    await ctx.publish(finished, { name })
    return { text: `hello ${name}`.repeat(times) }
  },
})

const greeter = definePlugin({
  name: 'greeter',
  version: '1.0.0',
  summary: 'Greets people',
  publishes: [finished],
  listens: [on(finished, ({ name }) => void name.length)],
  commands: { greet },
})

describe('definePlugin()', () => {
  it('returns the definition, frozen', () => {
    expect(greeter.commands.greet).toBe(greet)
    expect(Object.isFrozen(greeter)).toBe(true)
    expect(Object.isFrozen(greeter.commands)).toBe(true)
  })

  it('names every mistake at once, each with its path', () => {
    const wrong = {
      name: 'Ops!',
      version: '1.0',
      summary: 'Wrong in many ways',
      colour: 'blue',
      dependencies: { 'No Name': '*', ops: 'newest', release: '>=1.2.0 <3.0.0' },
      publishes: [{ name: 'a//b', schema: z.string(), keep: true }],
      commands: {
        'Health Scan': greet,
        wipe: { ...greet, effect: 'destroy' },
        odd: { ...greet, input: undefined, timeout: 5 },
      },
    }
    let caught: unknown
    try {
      definePlugin(wrong as unknown as Parameters<typeof definePlugin>[0])
    } catch (error) {
      caught = error
    }
    if (!isSwitchyardError(caught, 'MANIFEST_INVALID')) throw new Error('expected MANIFEST_INVALID', { cause: caught })
    const mistakes = caught.data.mistakes as { path: string; message: string }[]
    expect(new Set(mistakes.map(({ path }) => path))).toEqual(
      new Set([
        'colour',
        'commands["Health Scan"]',
        'commands.odd.input',
        'commands.odd.timeout',
        'commands.wipe.plan',
        'dependencies.ops',
        'dependencies["No Name"]',
        'name',
        'publishes[0].keep',
        'publishes[0].name',
        'version',
      ]),
    )
    for (const { path, message } of mistakes) expect(caught.message).toContain(`${path}: ${message}`)
  })

  it('takes every version that semver does, and no other', () => {
    const versioned = (version: string) => () => definePlugin({ name: 'greeter', version, summary: 'Greets people', commands: {} })
    for (const version of ['0.0.1', '1.2.3-rc.1', '1.2.3+build.5', '1.2.3-rc.1+5']) expect(versioned(version)).not.toThrow()
    for (const version of ['1', 'v1.2.3', ' 1.2.3', '1.2.3+', '1.2.3+a+b', '01.2.3', '']) expect(versioned(version)).toThrow('version: ')
  })

  it('depends on no version of itself', () => {
    const wrong = { name: 'greeter', version: '1.0.0', summary: 'Greets people', dependencies: { greeter: '*' }, commands: {} }
    expect(() => definePlugin(wrong)).toThrow('dependencies.greeter: must be another plugin')
  })

  it('names a plugin whose name is no text at all', () => {
    const wrong = { name: Object.create(null), version: '1.0.0', summary: 'Is odd', commands: {} }
    expect(() => definePlugin(wrong)).toThrow('Cannot load plugin "unnamed"')
  })

  it('takes resources and prompts, and says what is wrong with either', () => {
    const input = z.object({ id: z.string(), full: z.boolean().default(false) })
    const show = command({
      summary: 'Show a guest',
      examples: [],
      effect: 'read',
      input,
      output: z.object({}),
      run: () => ({}),
      resource: { uri: 'greeter://guests/{id}' },
      rare: true,
    })
    const welcome = { name: 'welcome', summary: 'Welcome a guest', args: [{ name: 'guest', summary: 'Who it is' }], text: 'Greet {guest}' }
    const define = (commands: object, prompts: object[] = []) =>
      definePlugin({ name: 'greeter', version: '1.0.0', summary: 'Greets people', commands, prompts } as Parameters<typeof definePlugin>[0])
    expect(() => define({ show }, [welcome])).not.toThrow()

    const at = (uri: string): object => ({ show: { ...show, resource: { uri } } })
    expect(() => define(at('greeter://guests/{name}'))).toThrow('{name}, which is no field of the input')
    expect(() => define(at('greeter://guests'))).toThrow('must name the field "id" in its URI')
    expect(() => define(at('ops://guests/{id}'))).toThrow('commands.show.resource.uri: must begin with "greeter://"')
    expect(() => define(at('greeter://{?id}'))).toThrow('commands.show.resource.uri: must name each variable alone')
    expect(() =>
      define({ show, again: { ...show, input: z.object({ who: z.string() }), resource: { uri: 'greeter://guests/{who}' } } }),
    ).toThrow('commands.again.resource.uri: must be of another form')
    const plan = () => ({ summary: 'Does it', steps: [] })
    expect(() => define({ show: { ...show, effect: 'write', plan } })).toThrow(
      'commands.show.resource: belongs to a command whose effect is "read"',
    )

    expect(() => define({}, [{ ...welcome, text: 'Greet {guset}' }])).toThrow(/uses \{guset\}[\s\S]*must use its argument \{guest\}/)
    expect(() => define({}, [{ ...welcome, args: [...welcome.args, ...welcome.args] }])).toThrow(
      'prompts[0].args: must name each argument once',
    )
    expect(() => define({}, [welcome, welcome])).toThrow('prompts[1].name: must be of one prompt only')
  })

  it('takes a listener that knows another plugin by type alone', () => {
    const listener = on<typeof finished>('greet/finished', (payload) => {
      expectTypeOf(payload).toEqualTypeOf<{ name: string }>()
    })
    expect(listener.pattern).toBe('greet/finished')
  })
})

describe('commandOf()', () => {
  it('carries the other plugin’s input and output types without importing it', () => {
    const ref = commandOf<typeof greeter>('greeter')('greet')
    expect(ref).toEqual({ id: 'greeter.greet' })
    expectTypeOf(ref).toEqualTypeOf<CommandRef<{ name: string; times?: number | undefined }, { text: string }>>()
    const call = (ctx: Context) => ctx.call(ref, { name: 'ada' })
    expectTypeOf(call).returns.resolves.toEqualTypeOf<{ text: string }>()
    // @ts-expect-error a name that the plugin does not have
    commandOf<typeof greeter>('greeter')('leave')
  })
})

describe('command()', () => {
  it('wants a plan for what changes something, at compile time already', () => {
    // @ts-expect-error a write without a plan
    const write: Command = { ...greet, effect: 'write' }
    expect(write.plan).toBeUndefined()
  })
})
