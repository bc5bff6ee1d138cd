import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'

const CLI = fileURLToPath(new URL('../../../../cli/bin/switchyard.js', import.meta.url))
const WRITERS = 4
const ROUNDS = 2

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ops-writers-'))
  writeFileSync(join(folder, 'switchyard.config.json'), '{}')
  writeFileSync(join(folder, 'package.json'), '{ "name": "shared" }')
})
afterEach(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }))

/** One process, as a person would start it. */
async function ops(...args: string[]): Promise<never> {
  const child = spawn(process.execPath, [CLI, 'ops', ...args, '--json'], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
  let [said, told] = ['', '']
  child.stdout.on('data', (chunk) => (said += chunk))
  child.stderr.on('data', (chunk) => (told += chunk))
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}: ${said}${told}`)
  return JSON.parse(said) as never
}

const check = (status: string): string =>
  JSON.stringify({ id: 'docs.readme', domain: 'docs', title: 'There', status, weight: 5, findings: [{ note: 'not there' }], total: 1 })
const kept = JSON.stringify({ id: 'docs.readme', status: 'fail', message: 'not there' })

it('the tables lose nothing and count nothing twice when several processes write to them at once', async () => {
  await ops('runbook', 'start', '--runbook', 'drill', '--total-steps', String(WRITERS * ROUNDS), '--yes')
  await Promise.all(
    Array.from({ length: WRITERS }, async (_, writer) => {
      for (let round = 0; round < ROUNDS; round++) {
        const name = `${writer}-${round}`
        await ops('issue', 'create', '--title', name, '--yes')
        await ops('runbook', 'log', '--run', '1', '--name', name, '--status', 'pass', '--yes')
        await ops('health', 'record', '--checks', kept, '--yes')
        // All of them file the same scan: it is one issue, and its history has one birth.
        await ops('issue', 'file', '--checks', check('fail'), '--yes')
      }
    }),
  )
  const names = Array.from({ length: WRITERS * ROUNDS }, (_, index) => `${Math.floor(index / ROUNDS)}-${index % ROUNDS}`)
  const { projects } = (await ops('project', 'list')) as { projects: unknown[] }
  expect(projects).toHaveLength(1)
  const { issues } = (await ops('issue', 'list', '--limit', '200')) as { issues: { id: number; title: string; check?: string }[] }
  expect(
    issues
      .filter((one) => one.check === undefined)
      .map(({ title }) => title)
      .sort(),
  ).toEqual(names)
  const scanned = issues.filter((one) => one.check !== undefined)
  expect(scanned).toHaveLength(1)
  const { history } = (await ops('issue', 'get', '--id', String(scanned[0]?.id))) as { history: { what: string }[] }
  expect(history.map(({ what }) => what)).toEqual(['created'])
  const run = (await ops('runbook', 'get', '--run', '1')) as { stepsCompleted: number; log: { name: string }[] }
  expect(run.log.map(({ name }) => name).sort()).toEqual(names)
  expect(run.stepsCompleted).toBe(WRITERS * ROUNDS)
  const { checks } = (await ops('health', 'history', '--limit', '200')) as { checks: { id: number }[] }
  expect(checks.map(({ id }) => id)).toEqual(Array.from({ length: WRITERS * ROUNDS }, (_, index) => WRITERS * ROUNDS - index))
}, 120_000)
