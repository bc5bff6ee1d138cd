import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type BenchCase, median } from './lib/bench.ts'

const BIN = fileURLToPath(new URL('../../packages/cli/bin/switchyard.js', import.meta.url))
const PROCESSES_A_ROUND = 5

/** Wall time of whole processes, started one after another: the median of a round. */
async function processMs(dir: string, args: readonly string[]): Promise<number> {
  const times: number[] = []
  for (let count = 0; count < PROCESSES_A_ROUND; count++) {
    const started = performance.now()
    await new Promise<void>((resolve, reject) => {
      const child = spawn(process.execPath, args, { cwd: dir, stdio: 'ignore' })
      child.on('error', reject)
      child.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`${args.join(' ')} ended with ${code}`))))
    })
    times.push(performance.now() - started)
  }
  return median(times)
}

/** The time that is allowed depends on how fast Node itself starts, so it is measured in the same round. */
function startCase(...args: string[]): BenchCase {
  return {
    case: `switchyard ${args.join(' ')}`,
    unit: 'ms',
    peerName: '2.5 x "node -e 0" + 60 ms',
    floor: 1,
    better: 'lower',
    async setup() {
      const dir = await mkdtemp(join(tmpdir(), 'switchyard-bench-'))
      return {
        ours: () => processMs(dir, [BIN, ...args]),
        peer: async () => 2.5 * (await processMs(dir, ['-e', '0'])) + 60,
        close: () => rm(dir, { recursive: true, force: true }),
      }
    },
  }
}

/** How long a person waits before anything happens. */
export const cliCases: readonly BenchCase[] = [startCase('--help'), startCase('plugins')]
