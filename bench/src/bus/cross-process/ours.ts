// ours.ts ROLE FOLDER: one process of our side, with everything on.
import { createBus, createHubLink, createRecorder } from '@switchyard/bus'
import { z } from 'zod'
import { BURST, drive, KILOBYTE, MESSAGES_A_ROUND, ready, SMALL, turn } from './driver.ts'

const [role, folder = ''] = process.argv.slice(2)
const bus = createBus({
  link: createHubLink({ folder }),
  hooks: createRecorder().hooks,
  guard: () => ({ effect: 'read', options: { timeoutMs: 30_000 } }),
})

if (role === 'hub') {
  await bus.ready()
  ready()
} else if (role === 'server') {
  const input = z.object({ a: z.number(), b: z.number() })
  const output = z.object({ sum: z.number() })
  const server = bus.connect('math')
  server.serve(
    'math.add',
    async (value) => {
      const { a, b } = value as z.infer<typeof input>
      return { sum: a + b }
    },
    { input: (value) => input.parse(value), output: (value) => output.parse(value) },
  )
  let heard = 0
  server.subscribe('bench/one-way', () => {
    heard++
    if (heard % MESSAGES_A_ROUND === 0) void server.publish('bench/heard', heard)
  })
  server.subscribe('bench/flood', () => undefined)
  await bus.ready()
  ready()
} else {
  const client = bus.connect('caller')
  const flooder = bus.connect('flooder')
  let onHeard: () => void = () => undefined
  client.subscribe('bench/heard', () => onHeard())
  await bus.ready()
  drive({
    request: (index) => client.call('math.add', { a: index, b: 1 }),
    async oneWay() {
      const heard = new Promise<void>((resolve) => {
        onHeard = resolve
      })
      for (let index = 0; index < MESSAGES_A_ROUND; index++) {
        const published = client.publish('bench/one-way', SMALL)
        if (index % BURST === BURST - 1) await published
      }
      await heard
    },
    urgent: () => client.call('math.add', { a: 1, b: 1 }, { priority: 10 }),
    async flood(signal) {
      while (!signal.aborted) {
        for (let index = 1; index < BURST; index++) void flooder.publish('bench/flood', KILOBYTE)
        await flooder.publish('bench/flood', KILOBYTE)
        await turn()
      }
    },
  })
}
