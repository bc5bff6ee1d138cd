import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { rolldown } from 'rolldown'
import { type BenchCase, median } from '../lib/bench.ts'

const PROCESSES_A_ROUND = 5
const run = promisify(execFile)

/** As plugins are shipped: one file. The peer too, which halves what it takes when installed. */
async function bundle(name: string, folder: string): Promise<string> {
  const file = join(folder, `${name}.mjs`)
  const bundled = await rolldown({
    input: join(import.meta.dirname, 'start', `${name}.ts`),
    platform: 'node',
    resolve: { conditionNames: ['@switchyard/source', 'import', 'node', 'default'] },
    logLevel: 'silent',
  })
  await bundled.write({ file, format: 'esm' })
  await bundled.close()
  return file
}

/** What each process says of itself, as wall time would tell more about the rest of the machine. */
async function cpuMs(file: string): Promise<number> {
  const figures: number[] = []
  for (let count = 0; count < PROCESSES_A_ROUND; count++) figures.push(Number((await run(process.execPath, [file])).stdout))
  return median(figures)
}

/** From the start of a process until its first call has been answered. */
export const startCases: readonly BenchCase[] = [
  {
    case: 'start to first call, whole process, everything imported and on, one file',
    unit: 'ms cpu',
    peerName: 'moleculer, everything on, one file',
    floor: 1.6,
    better: 'lower',
    async setup() {
      const folder = mkdtempSync(join(tmpdir(), 'bench-start-'))
      const [ours, peer] = [await bundle('ours', folder), await bundle('moleculer', folder)]
      return {
        ours: () => cpuMs(ours),
        peer: () => cpuMs(peer),
        close: async () => rmSync(folder, { recursive: true, force: true }),
      }
    },
  },
]
