import { tmpdir } from 'node:os'
import { command, definePlugin } from '@switchyard/plugin-kit'
import { openYard } from '@switchyard/yard'
import { z } from 'zod'
import { type BenchCase, limitCase } from './lib/bench.ts'

const commands = Object.fromEntries(
  Array.from({ length: 20 }, (_, index) => [
    `thing.do${index}`,
    command({
      summary: `Does thing number ${index}`,
      examples: [`do thing ${index}`],
      effect: 'read',
      input: z.object({ name: z.string().default('x') }),
      output: z.object({ name: z.string() }),
      run: ({ name }) => ({ name }),
    }),
  ]),
)

const plugins = ['one', 'two', 'three'].map((name) => definePlugin({ name, version: '1.0.0', summary: 'Does things', commands }))

/** What opening a workspace costs once the code is loaded. */
export const yardCases: readonly BenchCase[] = [
  limitCase({
    case: 'open a yard in memory, 3 plugins with 20 commands each',
    unit: 'ms',
    allowed: 15,
    async setup() {
      async function measure(): Promise<number> {
        const started = performance.now()
        const yard = await openYard(tmpdir(), { plugins, memory: true })
        const elapsed = performance.now() - started
        await yard.close()
        return elapsed
      }
      return { measure, close: async () => {} }
    },
  }),
]
