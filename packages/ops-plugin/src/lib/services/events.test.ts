import { command, definePlugin, defineTopic } from '@switchyard/plugin-kit'
import { createTestYard } from '@switchyard/testkit'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { services } from '../../../test/services.ts'

const deployed = defineTopic('deploy/finished', z.object({ service: z.string() }), { durable: true })
const nothing = z.object({})

const deploy = definePlugin({
  name: 'deploy',
  version: '1.0.0',
  summary: 'Says on the bus that it deployed',
  publishes: [deployed],
  commands: {
    tell: command({
      summary: 'Tell of a deployment',
      examples: ['tell of it'],
      effect: 'read',
      input: z.object({ service: z.string() }),
      output: nothing,
      async run(input, ctx) {
        await ctx.publish(deployed, input)
        return {}
      },
    }),
  },
})

const kept = definePlugin({
  ...services,
  commands: {
    ...services.commands,
    'test.kept': command({
      summary: 'Show what is kept of other plugins',
      examples: ['show what is kept'],
      effect: 'read',
      input: nothing,
      output: z.object({ services: z.array(z.string()) }),
      run: (_, { store }) => ({
        services: store
          .prepare('SELECT service FROM ops_event ORDER BY id')
          .all<{ service: string }>()
          .map((row) => row.service),
      }),
    }),
  },
})

it('events of other plugins are kept for 30 days, though nobody watches a service', async () => {
  await using kit = await createTestYard({ plugins: [kept, deploy] })
  for (const service of ['api', 'web']) {
    await kit.call('deploy.tell', { service })
    await expect
      .poll(
        async () => {
          kit.clock.advance(250)
          return ((await kit.call('ops.test.kept')) as { services: string[] }).services.at(-1)
        },
        { timeout: 10_000 },
      )
      .toBe(service)
    kit.clock.jump(31 * 86_400_000)
  }
  expect(await kit.call('ops.test.kept')).toEqual({ services: ['web'] })
})
