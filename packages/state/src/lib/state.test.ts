import { createBus } from '@switchyard/bus'
import { crdt, defineState } from '@switchyard/plugin-kit'
import { openStore } from '@switchyard/store'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { createState } from './state.ts'

const current = defineState('deploy/current', {
  access: 'public',
  fields: { versions: crdt.map(z.string()), deploys: crdt.counter() },
})

it('createState() lets a plugin read what another wrote', async () => {
  using store = openStore({ path: ':memory:' })
  const bus = createBus()
  const state = createState({ bus, store, definitions: [current], imports: { ops: ['deploy/current'] } })
  const mine = await state.connect('deploy').open(current)
  await Promise.all([mine.versions.set('api', '1.4.0'), mine.deploys.increment()])
  const theirs = await state.connect('ops').open<typeof current>('deploy/current')
  expect([theirs.versions.get('api'), theirs.deploys.get()]).toEqual(['1.4.0', 1])
  expect(state.verify()).toMatchObject({ sound: true, records: 1 })
  await state.close()
  await bus.close()
})
