import { command, commandOf, definePlugin, SwitchyardError } from '@switchyard/plugin-kit'
import { createTestYard } from '@switchyard/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { driven } from '../../../test/cut-yard.ts'
import { makeRepository, stateOf, type TestRepository } from '../../../test/repository.ts'
import release from '../../index.ts'

const cut = commandOf<typeof release>('release')('cut')

/** Another plugin, which releases as a part of what it does. */
const shipper = definePlugin({
  name: 'shipper',
  version: '1.0.0',
  summary: 'Releases, and does more',
  touches: { plugins: ['release'] },
  commands: {
    twice: command({
      summary: 'Ask twice for one release',
      examples: [],
      effect: 'write',
      timeoutMs: 600_000,
      input: z.object({ project: z.string() }),
      output: z.object({ cuts: z.array(z.string()) }),
      plan: () => ({ summary: 'Release once', steps: [] }),
      async run({ project }, ctx) {
        const ask = (): Promise<{ cut: string }> => ctx.call(cut, { project, bump: 'patch' }, { idempotencyKey: 'friday' })
        return { cuts: [(await ask()).cut, (await ask()).cut] }
      },
    }),
    sink: command({
      summary: 'Fail after a release',
      examples: [],
      effect: 'write',
      input: z.object({}),
      output: z.object({}),
      plan: () => ({ summary: 'Fail', steps: [] }),
      run: () => Promise.reject(new SwitchyardError('SUNK', 'Cannot ship as the ship must float: it does not')),
    }),
  },
})

let repository: TestRepository
beforeEach(() => {
  repository = makeRepository()
})
afterEach(() => repository.remove())

describe('release.cut as a part of something larger', () => {
  it('is taken back with the chain that it is a step of', async () => {
    await using kit = await createTestYard({ plugins: [release, shipper] })
    const before = stateOf(repository)
    const chains = await kit.yard.chains()
    const input = { project: repository.root, push: true }
    const steps = [
      { id: 'cut', call: 'release.cut', input },
      { id: 'ship', call: 'shipper.sink' },
    ]
    const report = await driven(kit, chains.run({ name: 'ship-it', steps }))
    expect(report).toMatchObject({ state: 'undone', error: { code: 'SUNK' }, undone: ['cut'] })
    expect(stateOf(repository)).toEqual(before)
    expect(await kit.call('release.list', { project: repository.root })).toMatchObject({ releases: [] })
  })

  it('happens once for one key, and is in the records', async () => {
    await using kit = await createTestYard({ plugins: [release, shipper] })
    const { cuts } = (await driven(kit, kit.call('shipper.twice', { project: repository.root }))) as { cuts: string[] }
    expect(new Set(cuts).size).toBe(1)
    expect(repository.git('tag')).toBe('v1.0.0\nv1.0.1')
    expect(await kit.call('release.list', { project: repository.root })).toMatchObject({
      releases: [{ version: '1.0.1', type: 'patch', tag: 'v1.0.1', commit: repository.git('rev-parse', 'HEAD'), state: 'tagged' }],
    })
    await driven(kit, kit.call('release.undo', { project: repository.root }))
    expect(await kit.call('release.list', { project: repository.root })).toMatchObject({ releases: [] })
  })
})
