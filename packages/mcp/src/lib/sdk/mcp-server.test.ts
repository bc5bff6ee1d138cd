import { Client, InMemoryTransport } from '@modelcontextprotocol/client'
import type { PlannedRun } from '@switchyard/yard'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { createSurface } from '../surface.ts'
import { createSdkServer } from './mcp-server.ts'

const shape = z.object({})
const planned: PlannedRun = {
  id: 'p-1',
  command: 'demo.change',
  input: {},
  effect: 'write',
  plan: { summary: 'Change it', steps: [] },
  createdAt: '2026-01-01T00:00:00.000Z',
  state: 'waiting',
  undoable: false,
}
const nothing = (): never => {
  throw new Error('not to be called here')
}

it.for(['cancels the call', 'goes away'])('[P2] discards the plan of a client of 2025 that %s while the person is asked', async (how) => {
  const { promise: discarded, resolve: discard } = Promise.withResolvers<string>()
  const surface = createSurface({
    mounts: [
      {
        source: {
          name: 'demo',
          version: '1.0.0',
          summary: 'Shows',
          commands: { change: { summary: 'Change', effect: 'write', input: shape, output: shape } },
        },
        actions: async () => ({
          call: nothing,
          plan: async () => planned,
          approve: nothing,
          discard,
          undo: nothing,
          plans: () => [planned],
        }),
      },
    ],
  })
  const [ours, theirs] = InMemoryTransport.createLinkedPair()
  const server = createSdkServer(surface, { name: 'demo', title: 'Demo', version: '1.0.0' }, () => {})
  await server.connect(ours)
  const client = new Client({ name: 'test', version: '1' }, { capabilities: { elicitation: { form: {} } } })
  const controller = new AbortController()
  client.setRequestHandler('elicitation/create', () => {
    if (how === 'goes away') void client.close()
    else controller.abort()
    return new Promise(() => {})
  })
  await client.connect(theirs)
  const called = client.callTool({ name: 'demo_change', arguments: {} }, { signal: controller.signal })
  await expect(called).rejects.toThrow()
  expect(await discarded).toBe('p-1')
  await server.close()
})
