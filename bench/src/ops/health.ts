import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import ops from '@switchyard/ops-plugin'
import { openYard } from '@switchyard/yard'
import { type BenchCase, limitCase } from '../lib/bench.ts'

const SOURCE = 'export const value = { name: "a", text: "some words to look at" }\n'.repeat(60)

/** What a person waits for: the whole scan of a repository, asked over the bus. */
const scanCase = (count: number, allowedMs: number, rounds: number): BenchCase =>
  limitCase({
    case: `scan a repository of ${count.toLocaleString('en-US')} files`,
    unit: 'ms',
    allowed: allowedMs,
    rounds,
    async setup() {
      const dir = mkdtempSync(join(tmpdir(), 'switchyard-bench-'))
      writeTree(dir, count)
      const git = (...args: string[]) => execFileSync('git', ['-c', 'user.name=b', '-c', 'user.email=b@example.com', ...args], { cwd: dir })
      git('init', '-q')
      git('add', '.')
      git('commit', '-qm', 'one')
      const yard = await openYard(dir, { plugins: [ops], memory: true })
      async function measure(): Promise<number> {
        const begin = performance.now()
        await yard.call('ops.health.scan', { project: '.' })
        return performance.now() - begin
      }
      async function close(): Promise<void> {
        await yard.close()
        rmSync(dir, { recursive: true, force: true })
      }
      return { measure, close }
    },
  })

/** Sources of 4 kB in folders of 50, a document to ten of them, and what a Node project and a plugin have. */
function writeTree(dir: string, count: number): void {
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(dir, path)), { recursive: true })
    writeFileSync(join(dir, path), text)
  }
  write('package.json', JSON.stringify({ name: 'demo', version: '1.0.0', scripts: { test: 'vitest run' } }))
  write('.claude-plugin/plugin.json', JSON.stringify({ name: 'demo', version: '1.0.0', description: 'Shows' }))
  write('.gitignore', '.switchyard/\nnode_modules/\n')
  for (let index = 0; index < count; index++) {
    const folder = Math.floor(index / 50)
    if (index % 10 === 0) write(`docs/${folder}/page${index}.md`, `# Page\n\n[first](page${index}.md) and [next](page${index + 10}.md)\n`)
    else write(`src/${folder}/file${index}.ts`, SOURCE)
  }
}

export const healthCases: readonly BenchCase[] = [scanCase(1_000, 400, 7), scanCase(20_000, 3_000, 3)]
