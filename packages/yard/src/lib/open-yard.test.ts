import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { isSwitchyardError } from '@switchyard/contracts'
import { createFakeClock } from '@switchyard/contracts/testing'
import { command, definePlugin, defineTopic, on, type Question } from '@switchyard/plugin-kit'
import { openStore } from '@switchyard/store'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { defaultConfig, openYard, type Yard } from '../index.ts'

const written = defineTopic('notes/written', z.object({ name: z.string() }))
const secret = defineTopic('notes/secret', z.string())

let dir: string
let yard: Yard
let heard: unknown[]
let asked: Question[]

const read = command({
  summary: 'Shows a note',
  examples: ['show me the note about milk', 'what does the note say', 'read the note'],
  effect: 'read',
  input: z.object({ name: z.string() }),
  output: z.object({ text: z.string() }),
  run: ({ name }, { workspace }) => ({ text: readFileSync(join(workspace, name), 'utf8') }),
})

const write = command({
  summary: 'Writes a note',
  examples: ['write a note that says buy milk', 'note down that the sky is blue', 'keep a note'],
  effect: 'write',
  input: z.object({ name: z.string(), text: z.string().default('empty') }),
  output: z.object({ name: z.string() }),
  plan: ({ name }, { workspace }) => ({
    summary: `Write ${name}`,
    steps: [{ does: existsSync(join(workspace, name)) ? 'change' : 'create', target: name }],
  }),
  async run({ name, text }, ctx) {
    writeFileSync(join(ctx.workspace, name), text)
    ctx.progress({ message: 'written', done: 1, total: 1 })
    await ctx.publish(written, { name })
    return { name }
  },
  undo: ({ name }) => ({ command: 'notes.remove', input: { name } }),
})

const remove = command({
  summary: 'Removes a note for good',
  examples: ['throw the note away', 'delete my note', 'remove that note'],
  effect: 'destroy',
  input: z.object({ name: z.string() }),
  output: z.object({ name: z.string() }),
  plan: ({ name }) => ({ summary: `Remove ${name}`, steps: [{ does: 'remove', target: name }] }),
  run({ name }, { workspace }) {
    rmSync(join(workspace, name))
    return { name }
  },
})

const odd = command({
  summary: 'Does what it should not',
  examples: ['misbehave in some way'],
  effect: 'read',
  input: z.object({ how: z.enum(['output', 'undeclared', 'stranger', 'ask', 'data', 'payload']) }),
  output: z.object({ answer: z.string() }),
  async run({ how }, ctx) {
    if (how === 'undeclared') await ctx.publish(secret, 'psst')
    if (how === 'payload') await ctx.publish(written, { name: 5 as unknown as string })
    if (how === 'stranger') await ctx.call('stranger.greet', {})
    if (how === 'data') return { answer: ctx.dataDir }
    if (how === 'ask') return { answer: await ctx.ask({ text: 'Really?', choices: ['yes', 'no'] }) }
    return { answer: 42 as unknown as string }
  },
})

const notes = definePlugin({
  name: 'notes',
  version: '1.0.0',
  summary: 'Keeps notes',
  publishes: [written],
  commands: { read, write, remove, odd },
})

const stranger = definePlugin({
  name: 'stranger',
  version: '1.0.0',
  summary: 'Is called by nobody who did not say so',
  listens: [on(written, (payload, { source, topic }) => void heard.push({ payload, source, topic }))],
  commands: {
    greet: command({
      summary: 'Greets whoever asks',
      examples: ['greet me kindly'],
      effect: 'read',
      input: z.object({}),
      output: z.object({}),
      run: () => ({}),
    }),
  },
})

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'yard-'))
  heard = []
  asked = []
  const ask = async (question: Question) => {
    asked.push(question)
    return 'yes'
  }
  yard = await openYard(dir, { plugins: [notes, stranger], ask })
})

afterEach(async () => {
  await yard.close()
  rmSync(dir, { recursive: true })
})

const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'resolved',
    (error: unknown) => (isSwitchyardError(error) ? error.code : error),
  )

/** Something to wait for. */
function door(): { opened: Promise<void>; open: () => void } {
  let open = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open }
}

describe('openYard()', () => {
  it('runs a command of a plugin over the bus, with defaults filled in', async () => {
    await yard.call('notes.write', { name: 'a.txt' })
    expect(await yard.call('notes.read', { name: 'a.txt' })).toEqual({ text: 'empty' })
  })

  it('lets one plugin hear what another published, and from whom', async () => {
    await yard.call('notes.write', { name: 'a.txt' })
    await expect.poll(() => heard).toEqual([{ payload: { name: 'a.txt' }, source: 'notes', topic: 'notes/written' }])
  })

  it('passes progress on', async () => {
    const seen: unknown[] = []
    await yard.call('notes.write', { name: 'a.txt' }, { onProgress: (progress) => seen.push(progress) })
    expect(seen).toEqual([{ message: 'written', done: 1, total: 1 }])
  })

  it('refuses input that does not fit, naming every mistake, before anything ran', async () => {
    const refused = yard.call('notes.write', { name: 1, text: 2 })
    await expect(refused).rejects.toMatchObject({ code: 'VALIDATION', message: expect.stringMatching(/name: .*; text: /) })
    expect(heard).toEqual([])
  })

  it('calls a result that breaks its own schema the handler’s fault', async () => {
    const message = expect.stringContaining('must fit its output schema: answer: ')
    await expect(yard.call('notes.odd', { how: 'output' })).rejects.toMatchObject({ code: 'HANDLER_ERROR', message })
  })

  it('refuses an event that the plugin does not declare, and one that breaks its schema', async () => {
    expect(await codeOf(yard.call('notes.odd', { how: 'undeclared' }))).toBe('FORBIDDEN')
    expect(await codeOf(yard.call('notes.odd', { how: 'payload' }))).toBe('VALIDATION')
  })

  it('refuses a call to a plugin that the caller does not name in touches', async () => {
    expect(await codeOf(yard.call('notes.odd', { how: 'stranger' }))).toBe('FORBIDDEN')
  })

  it('puts a plugin’s question to the person', async () => {
    expect(await yard.call('notes.odd', { how: 'ask' })).toEqual({ answer: 'yes' })
    expect(asked).toEqual([{ text: 'Really?', choices: ['yes', 'no'] }])
  })

  it('says NEEDS_ANSWER where nobody can answer', async () => {
    await using alone = await openYard(dir, { plugins: [notes], memory: true })
    expect(await codeOf(alone.call('notes.odd', { how: 'ask' }))).toBe('NEEDS_ANSWER')
  })

  it('gives a plugin a folder of its own', async () => {
    const { answer } = (await yard.call('notes.odd', { how: 'data' })) as { answer: string }
    expect(answer).toBe(join(dir, '.switchyard', 'plugins', 'notes'))
    expect(statSync(answer).mode & 0o777).toBe(0o700)
  })

  it('keeps its data folder to the user alone, and out of git', () => {
    spawnSync('git', ['init', '-q'], { cwd: dir })
    expect(statSync(join(dir, '.switchyard')).mode & 0o777).toBe(0o700)
    expect(spawnSync('git', ['status', '--porcelain'], { cwd: dir, encoding: 'utf8' }).stdout).toBe('')
  })

  it('names a command that nobody has', async () => {
    await expect(yard.call('notes.sing', {})).rejects.toMatchObject({ code: 'UNKNOWN_COMMAND' })
  })

  it('refuses two plugins of one name', async () => {
    expect(await codeOf(openYard(dir, { plugins: [notes, notes], memory: true }))).toBe('MANIFEST_INVALID')
  })

  it('lets no plugin go by the name of the person', async () => {
    const impostor = definePlugin({ name: 'person', version: '1.0.0', summary: 'Is nobody', commands: {} })
    expect(await codeOf(openYard(dir, { plugins: [impostor], memory: true }))).toBe('MANIFEST_INVALID')
  })

  it('writes nothing to disk in memory', async () => {
    const empty = mkdtempSync(join(tmpdir(), 'yard-memory-'))
    await using quiet = await openYard(empty, { plugins: [notes], memory: true })
    quiet.decide('write a note that says hello')
    expect(existsSync(join(empty, '.switchyard'))).toBe(false)
    rmSync(empty, { recursive: true })
  })
})

describe('openYard() with meet', () => {
  it('calls a plugin that lives in another process’s yard, within what its definition grants', async () => {
    await using other = await openYard(dir, { plugins: [stranger], meet: true })
    await using mine = await openYard(dir, { plugins: [notes], meet: true })
    await mine.call('notes.write', { name: 'm.txt' })
    await expect.poll(() => heard).toContainEqual({ payload: { name: 'm.txt' }, source: 'notes', topic: 'notes/written' })
    expect(await codeOf(mine.call('notes.odd', { how: 'stranger' }))).toBe('FORBIDDEN')
    expect(other.commands.has('notes.write')).toBe(false)
  })

  it('leaves a plugin to the process that serves it, and stands in where none does, deaf to what the plugin listens to', async () => {
    const heardBy: string[] = []
    const clock = (where: string) =>
      definePlugin({
        name: 'clock',
        version: '1.0.0',
        summary: 'Tells where it runs',
        listens: [on('notes/written', () => void heardBy.push(where))],
        commands: {
          where: command({
            summary: 'Tell where it runs',
            examples: [],
            effect: 'read',
            input: z.object({}),
            output: z.object({ where: z.string() }),
            run: () => ({ where }),
          }),
        },
      })
    await using mine = await openYard(dir, { plugins: [notes, stranger], standIns: [clock('here')], meet: true })
    {
      await using _other = await openYard(dir, { plugins: [clock('there')], meet: true })
      await expect.poll(() => mine.call('clock.where', {})).toEqual({ where: 'there' })
    }
    await expect.poll(() => mine.call('clock.where', {})).toEqual({ where: 'here' })
    await mine.call('notes.write', { name: 'stand-in.txt' })
    await expect.poll(() => heard).toContainEqual({ payload: { name: 'stand-in.txt' }, source: 'notes', topic: 'notes/written' })
    expect(heardBy).not.toContain('here')
  })
})

describe('plan() and approve()', () => {
  it('keep a plan under an id, do nothing before it is approved, and run it once', async () => {
    const planned = await yard.plan('notes.write', { name: 'b.txt', text: 'milk' })
    expect(planned).toMatchObject({ command: 'notes.write', effect: 'write', state: 'waiting', plan: { summary: 'Write b.txt' } })
    expect(existsSync(join(dir, 'b.txt'))).toBe(false)
    expect(await yard.approve(planned.id)).toEqual({ name: 'b.txt' })
    expect(readFileSync(join(dir, 'b.txt'), 'utf8')).toBe('milk')
    expect(await codeOf(yard.approve(planned.id))).toBe('PLAN_USED')
  })

  it('run no plan that is not true any more, and keep what would happen now instead', async () => {
    const { id } = await yard.plan('notes.write', { name: 'b.txt', text: 'milk' })
    writeFileSync(join(dir, 'b.txt'), 'somebody else’s')
    await expect(yard.approve(id)).rejects.toMatchObject({ code: 'PLAN_STALE', data: { plan: id } })
    expect(readFileSync(join(dir, 'b.txt'), 'utf8')).toBe('somebody else’s')
    expect(yard.plans().find((plan) => plan.id === id)).toMatchObject({ state: 'discarded' })
    const fresh = yard.plans().find(({ state }) => state === 'waiting')!
    expect(fresh.plan.steps).toEqual([{ does: 'change', target: 'b.txt' }])
    await yard.approve(fresh.id)
    expect(readFileSync(join(dir, 'b.txt'), 'utf8')).toBe('milk')
  })

  it('keep the plan over a restart', async () => {
    const { id } = await yard.plan('notes.write', { name: 'c.txt' })
    await yard.close()
    yard = await openYard(dir, { plugins: [notes, stranger] })
    await yard.approve(id)
    expect(yard.plans()).toMatchObject([{ id, state: 'done', undoable: true }])
  })

  it('say what failed', async () => {
    const { id } = await yard.plan('notes.remove', { name: 'nothing.txt' })
    await expect(yard.approve(id)).rejects.toMatchObject({
      code: 'HANDLER_ERROR',
      message: expect.stringMatching(/^Cannot finish "notes.remove" as its own code failed: ENOENT/),
    })
    expect(yard.plans()).toMatchObject([{ id, state: 'failed', undoable: false, error: { code: 'HANDLER_ERROR' } }])
  })

  it('refuse what only reads, what does not fit and what nobody planned', async () => {
    expect(await codeOf(yard.plan('notes.read', { name: 'a' }))).toBe('NOTHING_TO_PLAN')
    expect(await codeOf(yard.plan('notes.write', {}))).toBe('VALIDATION')
    expect(await codeOf(yard.approve('p-nothing'))).toBe('PLAN_UNKNOWN')
    expect(yard.plans()).toEqual([])
  })
})

describe('plan() and approve() of plugins that misbehave', () => {
  const careless = (definition: Partial<typeof write>) => {
    const commands = { write: { ...write, ...definition } as typeof write, remove }
    return openYard(dir, {
      plugins: [definePlugin({ name: 'notes', version: '1.0.0', summary: 'Misbehaves', publishes: [written], commands })],
    })
  }

  it('refuse a plan that does not say what would be done', async () => {
    await using odd = await careless({ plan: () => ({ summary: 'Something' }) as never })
    await expect(odd.plan('notes.write', { name: 'a' })).rejects.toMatchObject({
      code: 'HANDLER_ERROR',
      message: expect.stringContaining('steps: '),
    })
    expect(odd.plans()).toEqual([])
  })

  it('call a run done whose undo cannot be told', async () => {
    const undo = () => {
      throw new Error('no idea')
    }
    await using odd = await careless({ undo })
    const { id } = await odd.plan('notes.write', { name: 'g.txt' })
    expect(await odd.approve(id)).toEqual({ name: 'g.txt' })
    expect(odd.plans()).toMatchObject([{ id, state: 'done', undoable: false }])
  })

  it('give every plan an id of its own, however random the source', async () => {
    await using same = await openYard(dir, { plugins: [notes], random: () => 0.5 })
    const ids = [await same.plan('notes.write', { name: 'a' }), await same.plan('notes.write', { name: 'b' })].map(({ id }) => id)
    expect(new Set(ids).size).toBe(2)
  })
})

describe('approve() and undo() in a process that is killed', () => {
  /** What a process that is gone has left behind. */
  async function abandon(state: 'running' | 'undoing'): Promise<string> {
    const { id } = await yard.plan('notes.write', { name: 'h.txt' })
    if (state === 'undoing') await yard.approve(id)
    const { pid } = spawnSync(process.execPath, ['--version'])
    using store = openStore({ path: join(dir, '.switchyard', 'yard.db') })
    const leave = store.prepare('UPDATE yard_plan SET state = ?, runner = ? WHERE id = ?')
    store.transact(() => leave.run(state, `${hostname()} ${pid}`, id))
    return id
  }

  it('say that a run was interrupted, and do not start it again', async () => {
    const id = await abandon('running')
    expect(yard.plans()).toMatchObject([{ id, state: 'interrupted', undoable: false }])
    await expect(yard.approve(id)).rejects.toMatchObject({ code: 'PLAN_USED', next: expect.stringContaining('how far it came') })
  })

  it('let an undo that was interrupted be tried again', async () => {
    const id = await abandon('undoing')
    expect(yard.plans()).toMatchObject([{ id, state: 'done', undoable: true }])
    await yard.undo(id)
    expect(existsSync(join(dir, 'h.txt'))).toBe(false)
    expect(yard.plans()).toMatchObject([{ id, state: 'undone' }])
  })

  it('leave alone what a process that lives is at', async () => {
    const doors = [door(), door()]
    const walk = (at: number) =>
      command({
        summary: 'Walks through a door',
        examples: [],
        effect: 'write',
        input: z.object({}),
        output: z.object({}),
        plan: () => ({ summary: 'Walk', steps: [] }),
        run: () => doors[at]!.opened.then(() => ({})),
        ...(at === 0 && { undo: () => ({ command: 'walker.back', input: {} }) }),
      })
    const walker = definePlugin({ name: 'walker', version: '1.0.0', summary: 'Walks', commands: { walk: walk(0), back: walk(1) } })
    await using one = await openYard(dir, { plugins: [walker] })
    await using other = await openYard(dir, { plugins: [walker] })
    const { id } = await one.plan('walker.walk', {})
    const approved = one.approve(id)
    await expect.poll(() => other.plans()).toMatchObject([{ id, state: 'running' }])
    expect(await codeOf(other.approve(id))).toBe('PLAN_USED')
    doors[0]!.open()
    await approved
    const undone = one.undo(id)
    expect(other.plans()).toMatchObject([{ id, state: 'undoing', undoable: false }])
    expect(await codeOf(other.undo(id))).toBe('NOT_UNDOABLE')
    doors[1]!.open()
    await undone
    expect(other.plans()).toMatchObject([{ id, state: 'undone' }])
  })
})

describe('discard()', () => {
  it('takes a waiting plan away for good, and no other', async () => {
    const { id } = await yard.plan('notes.write', { name: 'i.txt' })
    yard.discard(id)
    expect(yard.plans()).toMatchObject([{ id, state: 'discarded', undoable: false }])
    expect(await codeOf(yard.approve(id))).toBe('PLAN_USED')
    expect(existsSync(join(dir, 'i.txt'))).toBe(false)
    expect(() => yard.discard(id)).toThrow(`Cannot discard "${id}" as it must be waiting: it is discarded`)
    expect(() => yard.discard('p-nothing')).toThrow('Cannot find the plan "p-nothing"')
  })
})

describe('undo()', () => {
  it('takes a run back by its command’s own undo, once', async () => {
    const { id } = await yard.plan('notes.write', { name: 'd.txt' })
    await yard.approve(id)
    await yard.undo(id)
    expect(existsSync(join(dir, 'd.txt'))).toBe(false)
    expect(await codeOf(yard.undo(id))).toBe('NOT_UNDOABLE')
  })

  it('can be tried again when it failed', async () => {
    const { id } = await yard.plan('notes.write', { name: 'e.txt' })
    await yard.approve(id)
    rmSync(join(dir, 'e.txt'))
    expect(await codeOf(yard.undo(id))).toBe('HANDLER_ERROR')
    writeFileSync(join(dir, 'e.txt'), 'back')
    await yard.undo(id)
    expect(existsSync(join(dir, 'e.txt'))).toBe(false)
  })

  it('says what has no way back', async () => {
    writeFileSync(join(dir, 'f.txt'), 'here')
    const { id } = await yard.plan('notes.remove', { name: 'f.txt' })
    expect(await codeOf(yard.undo(id))).toBe('NOT_UNDOABLE')
    await yard.approve(id)
    expect(await codeOf(yard.undo(id))).toBe('NOT_UNDOABLE')
  })
})

describe('guards', () => {
  const clock = createFakeClock()
  const turn = () => new Promise((resolve) => setImmediate(resolve))

  function stuck({ guard, ...own }: { guard?: Record<string, unknown>; timeoutMs?: number }) {
    const hang = command({
      summary: 'Never answers',
      examples: [],
      effect: 'write',
      input: z.object({}),
      output: z.object({}),
      plan: () => ({ summary: 'Hang', steps: [] }),
      run: (_input, { signal }) => new Promise<never>((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
      ...own,
    })
    const quick = { ...hang, run: () => ({}), timeoutMs: 10 } as typeof hang
    const outer = { ...hang, run: (_input, ctx) => ctx.call('stuck.hang', {}) as Promise<never>, timeoutMs: 1_000_000 } as typeof hang
    const commands = { hang, quick, outer }
    return definePlugin({ name: 'stuck', version: '1.0.0', summary: 'Hangs', ...(guard && { guard }), commands })
  }

  /** What a call came to after so long, or 'pending'. */
  async function outcomeAfter(ms: number, call: Promise<unknown>): Promise<unknown> {
    const code = codeOf(call)
    await turn()
    clock.advance(ms)
    await turn()
    return Promise.race([code, turn().then(() => 'pending')])
  }

  it('give every command its own time, however short or long that of another is', async () => {
    await using one = await openYard(dir, { plugins: [stuck({ timeoutMs: 600_000 })], memory: true, clock })
    await one.call('stuck.quick', {})
    const call = one.call('stuck.hang', {})
    expect(await outcomeAfter(599_000, call)).toBe('pending')
    expect(await outcomeAfter(1_100, call)).toBe('TIMEOUT')
  })

  it('give a command its time also when another command calls it', async () => {
    await using one = await openYard(dir, { plugins: [stuck({ timeoutMs: 600_000 })], memory: true, clock })
    const call = one.call('stuck.outer', {})
    expect(await outcomeAfter(599_000, call)).toBe('pending')
    expect(await outcomeAfter(1_100, call)).toBe('TIMEOUT')
  })

  it('open the breaker of a command that hangs', async () => {
    await using one = await openYard(dir, { plugins: [stuck({ timeoutMs: 100 })], memory: true, clock })
    const codes = []
    for (let call = 0; call < 6; call++) codes.push(await outcomeAfter(200, one.call('stuck.hang', {})))
    expect(codes).toEqual([...Array<string>(5).fill('TIMEOUT'), 'CIRCUIT_OPEN'])
  })

  it('take settings one by one from the plugin, the command and the configuration', async () => {
    const config = { ...defaultConfig(), guard: { 'stuck.hang': { breaker: { openMs: 5_000 }, timeoutMs: 50 } } }
    await using one = await openYard(dir, {
      plugins: [stuck({ guard: { breaker: { failures: 1 } }, timeoutMs: 20 })],
      config,
      memory: true,
      clock,
    })
    const call = one.call('stuck.hang', {})
    expect(await outcomeAfter(40, call)).toBe('pending')
    expect(await outcomeAfter(20, call)).toBe('TIMEOUT')
    await expect(one.call('stuck.hang', {})).rejects.toMatchObject({
      code: 'CIRCUIT_OPEN',
      data: { retryAfterMs: expect.closeTo(5_000, -2) },
    })
  })

  it('name every wrong setting of a plugin before it is opened', async () => {
    const opened = openYard(dir, { plugins: [stuck({ guard: { breaker: { failures: 0 }, retries: 3 } })], memory: true })
    await expect(opened).rejects.toMatchObject({
      code: 'MANIFEST_INVALID',
      data: { plugin: 'stuck', mistakes: [{ path: 'guard.retries' }, { path: 'guard.breaker.failures' }] },
    })
  })
})

describe('decide()', () => {
  it('finds the command that a request means, and asks for what is missing', () => {
    const decision = yard.decide('please show me the note')
    expect(decision.parts[0]?.command).toBe('notes.read')
    expect(decision).toMatchObject({ outcome: 'ask', asks: 'arguments', parts: [{ missing: ['name'] }] })
  })

  it('abstains from what no plugin does', () => {
    expect(yard.decide('what is the weather in Vienna tomorrow')).toMatchObject({ outcome: 'abstain', parts: [] })
  })

  it('decides the same with the model that was kept', async () => {
    const before = yard.decide('throw my note away')
    await yard.close()
    yard = await openYard(dir, { plugins: [notes, stranger] })
    expect(yard.decide('throw my note away')).toEqual(before)
  })
})

describe('decide() of other commands than the kept model knows', () => {
  it('learns again', async () => {
    yard.decide('throw my note away')
    await yard.close()
    const renamed = definePlugin({ name: 'papers', version: '1.0.0', summary: 'Keeps papers', publishes: [written], commands: { remove } })
    yard = await openYard(dir, { plugins: [renamed] })
    expect(yard.decide('throw my note away').parts[0]?.command).toBe('papers.remove')
  })
})

describe('decide() with a model that cannot be read', () => {
  it('learns again', async () => {
    const before = yard.decide('throw my note away')
    await yard.close()
    using store = openStore({ path: join(dir, '.switchyard', 'yard.db') })
    const spoil = store.prepare("UPDATE router_model SET model = x'00'")
    expect(store.transact(() => spoil.run()).changes).toBe(1)
    store.close()
    yard = await openYard(dir, { plugins: [notes, stranger] })
    expect(yard.decide('throw my note away')).toEqual(before)
  })
})

describe('plans that nobody comes back to', () => {
  it('are forgotten: after a week those that wait, after a season what became of the others', async () => {
    const clock = createFakeClock()
    const at = async <result>(work: (yard: Yard) => Promise<result>): Promise<result> => {
      await using one = await openYard(join(dir, 'aged'), { plugins: [notes], clock })
      return await work(one)
    }
    const waits = await at((one) => one.plan('notes.write', { name: 'a', text: 'b' }))
    const ran = await at((one) => one.plan('notes.write', { name: 'c', text: 'd' }))
    await at((one) => one.approve(ran.id))
    const ids = (): Promise<string[]> =>
      at(async (one) =>
        one
          .plans()
          .map(({ id }) => id)
          .sort(),
      )
    await clock.advance(6 * 86_400_000)
    expect(await ids()).toEqual([waits.id, ran.id].sort())
    await clock.advance(2 * 86_400_000)
    expect(await ids()).toEqual([ran.id])
    await clock.advance(83 * 86_400_000)
    expect(await ids()).toEqual([])
  })
})

describe('doctor()', () => {
  it('finds nothing wrong with a yard that is well', async () => {
    const findings = await yard.doctor()
    expect(findings.map(({ check, state }) => `${check} ${state}`)).toEqual(['Node ok', 'data folder ok', 'store ok', 'plugins ok'])
  })

  it('says how to shut out others from the data folder', async () => {
    chmodSync(join(dir, '.switchyard'), 0o755)
    const mend = `chmod 700 '${join(dir, '.switchyard')}'`
    expect(await yard.doctor()).toContainEqual(expect.objectContaining({ check: 'data folder', state: 'warning', mend }))
  })

  it('says how to mend a damaged store without its log being written over the backup', async () => {
    using store = openStore({ path: join(dir, '.switchyard', 'yard.db') })
    const backup = store.backup()
    store.migrate('broken', [
      'CREATE TABLE broken_one (id INTEGER PRIMARY KEY) STRICT',
      'CREATE TABLE broken_two (one REFERENCES broken_one)',
    ])
    const orphan = store.prepare('INSERT INTO broken_two VALUES (7)')
    store.prepare('PRAGMA foreign_keys = OFF').run()
    store.transact(() => orphan.run())
    const finding = (await yard.doctor()).find(({ check }) => check === 'store')
    expect(finding).toMatchObject({ state: 'failed', found: expect.stringContaining('points to a row of "broken_one"') })
    for (const part of ["-wal'", `cp -n '${backup}'`]) expect(finding?.mend).toContain(part)
  })
})

describe('close()', () => {
  it('lets what runs finish', async () => {
    const { opened, open } = door()
    const wait = { ...read, run: () => opened.then(() => ({ text: 'at last' })) } as typeof read
    const patient = definePlugin({ name: 'patient', version: '1.0.0', summary: 'Waits', commands: { wait } })
    const one = await openYard(dir, { plugins: [patient] })
    const call = one.call('patient.wait', { name: 'a' })
    const closed = one.close()
    open()
    expect(await call).toEqual({ text: 'at last' })
    await closed
  })

  it('can be called twice, and nothing can be called after it', async () => {
    await yard.close()
    await yard.close()
    expect(await codeOf(yard.call('notes.read', { name: 'a' }))).toBe('BUS_CLOSED')
  })
})
