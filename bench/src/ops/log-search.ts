import { execFile, execFileSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import ops from '@switchyard/ops-plugin'
import { openYard } from '@switchyard/yard'
import { type BenchCase, limitCase } from '../lib/bench.ts'

const LOG_BYTES = 1_000_000_000
const SEARCHER = fileURLToPath(new URL('log-search-process.ts', import.meta.url))
const run = promisify(execFile)

/** A log of 1 GB, searched over the bus for a fixed text, beside `grep -c` for the same; twice its time is allowed. */
export const logSearchCases: readonly BenchCase[] = [
  searchCase('search 1 GB of log, a text in one line of 5,000', 'connection refused'),
  searchCase('search 1 GB of log, a text in one line of 50', 'ERROR'),
  memoryCase('search 1 GB of log: memory of the whole process', 'connection refused'),
]

function searchCase(name: string, text: string): BenchCase {
  return {
    case: name,
    unit: 'ms',
    peerName: 'grep -c -F',
    floor: 0.5,
    better: 'lower',
    rounds: 5,
    async setup() {
      const { dir, path } = writeLog()
      const yard = await openYard(dir, { plugins: [ops], memory: true })
      const expected = Number(execFileSync('grep', ['-c', '-F', text, path]))
      return {
        async ours() {
          const begin = performance.now()
          const { matches } = (await yard.call('ops.logs', { path: [path], text })) as { matches: number }
          const tookMs = performance.now() - begin
          if (matches !== expected) throw new Error(`found ${matches} lines of ${expected}`)
          return tookMs
        },
        async peer() {
          const begin = performance.now()
          await run('grep', ['-c', '-F', text, path])
          return performance.now() - begin
        },
        async close() {
          await yard.close()
          rmSync(dir, { recursive: true })
        },
      }
    },
  }
}

function memoryCase(name: string, text: string): BenchCase {
  return limitCase({
    case: name,
    unit: 'MB',
    allowed: 150,
    rounds: 1,
    async setup() {
      const { dir, path } = writeLog()
      async function measure(): Promise<number> {
        const { stdout } = await run(process.execPath, ['--conditions=@switchyard/source', SEARCHER, dir, path, text])
        return Number(stdout)
      }
      return { measure, close: async () => rmSync(dir, { recursive: true }) }
    },
  })
}

function writeLog(): { dir: string; path: string } {
  const dir = mkdtempSync(join(tmpdir(), 'bench-ops-logs-'))
  const path = join(dir, 'app.log')
  const file = openSync(path, 'w')
  for (let line = 0, bytes = 0; bytes < LOG_BYTES; ) {
    let text = ''
    for (const end = line + 10_000; line < end; line++) {
      const level = line % 50 === 0 ? 'ERROR' : 'INFO'
      const why = line % 5_000 === 0 ? ', connection refused by upstream' : ''
      text += `${new Date(1.79e12 + line * 10).toISOString()} ${level} [api] request ${line} of /v1/things/${line % 977} took ${line % 300} ms${why}\n`
    }
    bytes += writeSync(file, text)
  }
  closeSync(file)
  return { dir, path }
}
