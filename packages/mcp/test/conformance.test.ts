import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'

const SERVER = fileURLToPath(new URL('./fixtures/conformance-server.ts', import.meta.url))
/** What is run beside the requirements: an extension that we do not offer, and so do not claim. */
const NOT_CLAIMED = /^tasks-/

let dir: string
let server: ChildProcess
let url: string
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'mcp-conformance-'))
  writeFileSync(join(dir, 'expected.yml'), 'server: []\n')
  server = spawn(process.execPath, ['--conditions=@switchyard/source', SERVER, dir], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = (await once(server.stdout!, 'data')) as [Buffer]
  url = line.toString().trim()
})
afterAll(() => {
  server.kill()
  rmSync(dir, { recursive: true })
})

it.for([
  ['2025-11-25', 30],
  ['2026-07-28', 37],
] as const)('passes the official conformance suite in full, requirements of %s', { timeout: 120_000 }, async ([revision, required]) => {
  const args = ['server', '--url', url, '--requirements', revision, '--expected-failures', join(dir, 'expected.yml')]
  const { stdout } = await promisify(execFile)('conformance', args, { cwd: dir, maxBuffer: 50_000_000 })
  const verdicts = [...stdout.slice(stdout.indexOf('=== SUMMARY ===')).matchAll(/^([✓✗]) ([\w-]+): \d+ passed/gm)]
  const failed = verdicts.filter(([, mark]) => mark === '✗').map(([, , name]) => name!)
  expect(failed.filter((name) => !NOT_CLAIMED.test(name))).toEqual([])
  expect(verdicts.filter(([, , name]) => !NOT_CLAIMED.test(name!)).length).toBeGreaterThanOrEqual(required)
})
