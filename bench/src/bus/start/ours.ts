// Everything of the bus imported, and one call made with everything on.
import { createBus, createRecorder } from '@switchyard/bus'
import { z } from 'zod'
import { report } from './report.ts'

const input = z.object({ a: z.number(), b: z.number() })
const output = z.object({ sum: z.number() })
const bus = createBus({ hooks: createRecorder().hooks, guard: () => ({ effect: 'read', options: { timeoutMs: 30_000 } }) })
bus.connect('math').serve(
  'math.add',
  async (value) => {
    const { a, b } = value as z.infer<typeof input>
    return { sum: a + b }
  },
  { input: (value) => input.parse(value), output: (value) => output.parse(value) },
)
await bus.connect('caller').call('math.add', { a: 1, b: 2 })
report()
