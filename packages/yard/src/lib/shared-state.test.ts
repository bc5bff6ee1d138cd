import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { command, crdt, definePlugin, defineState, type Plugin } from '@switchyard/plugin-kit'
import { describe, expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { openYard } from './open-yard.ts'

const current = defineState('deploy/current', { access: 'public', fields: { versions: crdt.map(z.string()) } })
const own = defineState('deploy/own', { fields: { notes: crdt.register(z.string()) } })

const deploy = definePlugin({
  name: 'deploy',
  version: '1.0.0',
  summary: 'Puts versions where they run',
  state: { exports: [current] },
  commands: {
    note: command({
      summary: 'Notes what is current',
      examples: [],
      effect: 'read',
      input: z.object({ service: z.string(), version: z.string() }),
      output: z.object({ kept: z.boolean() }),
      async run({ service, version }, ctx) {
        await using _lock = await ctx.state.lock('deploy/current', { waitMs: 1_000 })
        await (await ctx.state.open(current)).versions.set(service, version)
        await (await ctx.state.open(own)).notes.set(service)
        return { kept: true }
      },
    }),
  },
})

const reader = (imports: readonly string[]): Plugin =>
  definePlugin({
    name: 'ops',
    version: '1.0.0',
    summary: 'Looks at what runs',
    state: { imports },
    commands: {
      look: command({
        summary: 'Says which version of a service is current',
        examples: [],
        effect: 'read',
        input: z.object({ service: z.string() }),
        output: z.object({ version: z.string() }),
        async run({ service }, ctx) {
          const { versions } = await ctx.state.open<typeof current>('deploy/current')
          return { version: versions.get(service) ?? 'none' }
        },
      }),
    },
  })

describe('ctx.state', () => {
  it('shares what one plugin exports with those that import it, and says why it was written', async () => {
    await using yard = await openYard('.', { plugins: [deploy, reader(['deploy/current'])], memory: true })
    await yard.call('deploy.note', { service: 'api', version: '1.4.0' })
    expect(await yard.call('ops.look', { service: 'api' })).toEqual({ version: '1.4.0' })
    const state = await yard.state()
    expect(state.history({ namespace: 'deploy/current' })).toMatchObject([
      { who: 'deploy', correlationId: expect.stringMatching(/^[0-9a-f]{32}$/) },
    ])
    expect(await state.read('person', 'deploy/current')).toEqual({ versions: { api: '1.4.0' } })
  })

  it('shuts another run of the same plugin out by a lock, and not what the run itself calls', async () => {
    const held = Promise.withResolvers<void>()
    const go = Promise.withResolvers<void>()
    const take = { examples: [], effect: 'read', input: z.object({}), output: z.object({ token: z.number() }) } as const
    const locks = definePlugin({
      name: 'locks',
      version: '1.0.0',
      summary: 'Takes a lock, and takes it again in what it calls',
      commands: {
        outer: command({
          ...take,
          summary: 'Takes the lock and keeps it for a while',
          async run(_, ctx) {
            await using lock = await ctx.state.lock('locks/one')
            expect(await ctx.call('locks.inner', {})).toEqual({ token: lock.token })
            held.resolve()
            await go.promise
            return { token: lock.token }
          },
        }),
        inner: command({
          ...take,
          summary: 'Takes the lock, or none',
          async run(_, ctx) {
            const lock = await ctx.state.lock('locks/one').catch(() => undefined)
            await lock?.release()
            return { token: lock?.token ?? 0 }
          },
        }),
      },
    })
    await using yard = await openYard('.', { plugins: [locks], memory: true })
    const first = yard.call('locks.outer', {})
    await Promise.race([held.promise, first])
    expect(await yard.call('locks.inner', {})).toEqual({ token: 0 })
    go.resolve()
    const { token } = (await first) as { token: number }
    expect(await yard.call('locks.inner', {})).toEqual({ token: token + 1 })
  })

  it('is denied to a plugin that does not declare its import', async () => {
    await using yard = await openYard('.', { plugins: [deploy, reader([])], memory: true })
    await yard.call('deploy.note', { service: 'api', version: '1.4.0' })
    await expect(yard.call('ops.look', { service: 'api' })).rejects.toMatchObject({ code: 'STATE_DENIED' })
  })

  it('is not opened for an import that the other plugin does not export', async () => {
    await expect(openYard('.', { plugins: [deploy, reader(['deploy/own'])], memory: true })).rejects.toMatchObject({
      code: 'MANIFEST_INVALID',
    })
  })

  it('is the same in all processes of a workspace, over the hub under what each definition grants', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'switchyard-yard-'))
    onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
    const faults: string[] = []
    const log = () => ({
      debug() {},
      info() {},
      warn: (message: string) => void faults.push(message),
      error: (message: string) => void faults.push(message),
    })
    await using here = await openYard(dir, { plugins: [deploy], meet: true, log })
    await using there = await openYard(dir, { plugins: [deploy, reader(['deploy/current'])], meet: true, log })
    expect(await there.call('ops.look', { service: 'api' })).toEqual({ version: 'none' })
    let from: string | undefined
    const state = await there.state()
    state.on('merged', (merged) => {
      from = merged.from
    })
    const { versions } = await (await here.state()).connect('deploy').open(current)
    // The first ones may be sent before the hub knows who listens; those are found in the store.
    for (let n = 0; from === undefined; n++) await versions.set('api', `1.4.${n}`)
    expect(from).toBe('deploy')
    await versions.set('api', '2.0.0')
    expect(await there.call('ops.look', { service: 'api' })).toEqual({ version: '2.0.0' })
    expect(faults).toEqual([])
  })

  it('is exported under the name of its plugin only', () => {
    const named = { ...deploy, name: 'other', state: { exports: [current] } }
    expect(() => definePlugin(named)).toThrow(/state\.exports\[0\]: is named "deploy\/current"/)
  })
})
