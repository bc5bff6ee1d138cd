import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { builtInPlugins } from '@switchyard/cli'
import { createToolSet, DIRECTOR_SOURCE, estimateTokens, TOKEN_BUDGET } from '@switchyard/mcp'
import { type BenchCase, limitCase, median } from '../lib/bench.ts'
import { StdioClient } from './stdio-client.ts'

const path = (file: string): string => fileURLToPath(new URL(file, import.meta.url))
const SOURCES = '--conditions=@switchyard/source'
const BARE = [path('./bare-server.ts')]
const ECHO = [SOURCES, path('./echo-server.ts')]
const SWITCHYARD = path('../../../packages/cli/bin/switchyard.js')

const STARTS_A_ROUND = 5
const CALLS_A_ROUND = 2_000

/** From the start of a process to its list of tools, several times: the median. */
async function startMs(dir: string, args: readonly string[]): Promise<number> {
  const times: number[] = []
  for (let count = 0; count < STARTS_A_ROUND; count++) {
    const startedMs = performance.now()
    const client = await StdioClient.start(args, dir)
    await client.request('tools/list')
    times.push(performance.now() - startedMs)
    await client.end()
  }
  return median(times)
}

/** Half of all calls of a tool take no longer, in milliseconds. */
async function callMs(client: StdioClient, name: string): Promise<number> {
  const times: number[] = []
  for (let count = 0; count < CALLS_A_ROUND; count++) {
    const startedMs = performance.now()
    await client.request('tools/call', { name, arguments: { text: `call ${count}` } })
    times.push(performance.now() - startedMs)
  }
  return median(times)
}

function startCase(...args: readonly string[]): BenchCase {
  return {
    case: `start of "switchyard ${args.join(' ')}" to its tools/list`,
    unit: 'ms',
    peerName: '1.6 x a bare server of the same SDK with one tool',
    floor: 1,
    better: 'lower',
    async setup() {
      const dir = await mkdtemp(join(tmpdir(), 'switchyard-bench-'))
      return {
        ours: () => startMs(dir, [SWITCHYARD, ...args]),
        peer: async () => 1.6 * (await startMs(dir, BARE)),
        close: () => rm(dir, { recursive: true, force: true }),
      }
    },
  }
}

const callCase: BenchCase = {
  case: 'a read, half of all calls',
  unit: 'ms',
  peerName: 'a bare server of the same SDK + 0.3 ms',
  floor: 1,
  better: 'lower',
  async setup() {
    const dir = await mkdtemp(join(tmpdir(), 'switchyard-bench-'))
    const ours = await StdioClient.start([...ECHO, dir], dir)
    const bare = await StdioClient.start(BARE, dir)
    return {
      ours: () => callMs(ours, 'echo_say'),
      peer: async () => 0.3 + (await callMs(bare, 'echo')),
      async close() {
        await Promise.all([ours.end(), bare.end()])
        await rm(dir, { recursive: true, force: true })
      },
    }
  },
}

/** What a client's context pays for the list of a plugin's tools. */
const tokenCases = [...(await builtInPlugins()), DIRECTOR_SOURCE].map((source) =>
  limitCase({
    case: `list of tools of ${source.name}, bytes / 4; ${estimateTokens(createToolSet(source, { full: true }).tools)} with --full`,
    unit: 'tokens',
    allowed: TOKEN_BUDGET,
    rounds: 1,
    setup: async () => ({ measure: async () => estimateTokens(createToolSet(source).tools), async close() {} }),
  }),
)

/** What a client waits for, and what its context pays. */
export const mcpCases: readonly BenchCase[] = [
  startCase('mcp', 'ops'),
  startCase('mcp', 'release'),
  startCase('mcp', 'director'),
  callCase,
  ...tokenCases,
]
