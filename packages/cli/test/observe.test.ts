import { readFileSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { ended, makeWorkspace, runHere as run, start, written } from './process.ts'

const LEAKY = fileURLToPath(new URL('./fixtures/leaky-plugin.ts', import.meta.url))
const SECRET = 'hunter2-of-the-environment'
const env = { DEMO_PASSWORD: SECRET }

const makeLeaky = (more: object = {}): Disposable & { dir: string } => makeWorkspace(JSON.stringify({ plugins: [LEAKY], ...more }))

describe('switchyard logs', () => {
  it('finds lines by who, how urgent, which run and what they say, without secrets', async () => {
    using workspace = makeLeaky()
    const { dir } = workspace
    expect((await run(dir, ['logs'])).stdout).toBe('No line fits\n')
    await run(dir, ['leaky', 'say', '--text', `a ${SECRET}`], { env })
    expect((await run(dir, ['leaky', 'say', '--text', `b ${SECRET}`, '--fail'], { env })).code).toBe(1)
    const { stdout } = await run(dir, ['logs'])
    expect(stdout).toMatch(
      /^\d\d-\d\d \d\d:\d\d:\d\d info {2}leaky: was told a \[redacted\] \{"password":"\[redacted\]","count":1\} \[[0-9a-f]{8}\]\n/,
    )
    const lines = JSON.parse((await run(dir, ['logs', '--json', '--text', 'CANNOT BEAR'])).stdout)
    expect(lines).toMatchObject([{ plugin: 'leaky', message: 'leaky.say threw', traceId: expect.any(String) }])
    const [{ traceId }] = lines
    const ofRun = JSON.parse(
      (await run(dir, ['logs', '--json', '--trace', traceId.slice(0, 12), '--plugin', 'leaky', '--since', '1h'])).stdout,
    )
    expect(ofRun.map(({ message }: { message: string }) => message)).toEqual(['was told b [redacted]', 'leaky.say threw'])
    expect((await run(dir, ['logs', '--level', 'warn'])).stdout).toBe('No line fits\n')
    expect(readFileSync(join(dir, '.switchyard/logs/switchyard.jsonl'), 'utf8')).not.toContain('hunter2')
    expect((await run(dir, ['logs', '--since', 'yesterday'])).code).toBe(2)
  }, 180_000)

  it('changes the level of what runs, for a while', async () => {
    using workspace = makeLeaky()
    const { dir } = workspace
    expect((await run(dir, ['logs', 'level', 'silent'])).stdout).toBe('silent; the configuration says info\n')
    await run(dir, ['leaky', 'say', '--text', 'unheard'])
    expect((await run(dir, ['logs', 'level', 'default'])).stdout).toBe('info\n')
    await run(dir, ['leaky', 'say', '--text', 'heard'])
    expect((await run(dir, ['logs'])).stdout).toMatch(/^(?!.*unheard)(?=.*heard)/s)
    expect((await run(dir, ['logs', 'level', 'debug', '--for', '10m'])).stdout).toMatch(
      /^debug, until \d{4}-.*; the configuration says info\n$/,
    )
  }, 180_000)

  it('follows what other processes write', async () => {
    using workspace = makeLeaky()
    const { dir } = workspace
    await run(dir, ['leaky', 'say', '--text', 'before'])
    const following = start(dir, ['logs', '--follow', '--plugin', 'leaky'])
    const end = ended(following)
    await written(following, 'stdout', 'was told before')
    const isThere = written(following, 'stdout', 'was told after')
    await run(dir, ['leaky', 'say', '--text', 'after'])
    await isThere
    following.kill('SIGINT')
    expect((await end).code).toBe(130)
  }, 180_000)
})

describe('switchyard metrics', () => {
  it('adds up what runs counted, as a table, JSON and for Prometheus', async () => {
    using workspace = makeLeaky()
    const { dir } = workspace
    expect((await run(dir, ['metrics', 'plugin_calls'])).stdout).toBe('Nothing was counted yet\n')
    for (const flags of [[], ['--fail']]) await run(dir, ['leaky', 'say', '--text', 'x', ...flags])
    expect((await run(dir, ['metrics', 'plugin_calls'])).stdout).toMatch(
      /plugin_calls_total +1 +leaky, ok\nplugin_calls_total +1 +leaky, failed\n/,
    )
    const [row] = JSON.parse((await run(dir, ['metrics', 'plugin_call_ms', '--json'])).stdout)
    expect(row).toMatchObject({ kind: 'histogram', labels: { plugin: 'leaky' }, count: 2, p95: expect.any(Number) })
    const { stdout } = await run(dir, ['metrics', '--format', 'prometheus'])
    expect(stdout).toContain('errors_total{plugin="leaky",code="HANDLER_ERROR"} 1\n')
  }, 180_000)
})

describe('switchyard alerts', () => {
  it('tells the webhook once when many calls fail, lists it, and is quiet where somebody wants it', async () => {
    const posted: { text: string }[] = []
    const server = createServer(async (request, response) => {
      let body = ''
      for await (const chunk of request) body += String(chunk)
      posted.push(JSON.parse(body))
      response.end()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/s3cr3t-hook`
    using workspace = makeLeaky({
      alerts: { webhookVariable: 'HOOK' },
      guard: { leaky: { breaker: { failures: 1 }, retry: { maxRetries: 0 } } },
    })
    const { dir } = workspace
    expect((await run(dir, ['alerts', 'list'])).stdout).toBe('Nothing rings\n')
    for (let n = 0; n < 2; n++) await run(dir, ['leaky', 'say', '--text', 'x', '--fail'], { env: { HOOK: url } })
    expect(posted.map(({ text }) => text)).toEqual([expect.stringMatching(/^\[critical\] The breaker of "leaky" is open/)])
    const list = await run(dir, ['alerts', 'list'])
    expect(list.stdout).toMatch(
      /^critical The breaker of "leaky" is open.*\n {2}breaker-open, \d+ s\n {2}See what failed.*\n {2}docs\/runbooks\/alerts.md#breaker-open\n$/,
    )
    expect((await run(dir, ['alerts', 'mute', 'breaker-open', 'leaky', '--for', '90m', '--why', 'known'])).stdout).toMatch(
      /breaker-open, \d+ s, muted[\s\S]*\n\nmuted: breaker-open of leaky, for 90 min more \(known\)\n$/,
    )
    expect((await run(dir, ['alerts', 'unmute', 'breaker-open', 'leaky'])).stdout).toBe('breaker-open of leaky rings again\n')
    expect(await run(dir, ['alerts', 'mute', 'nothing'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('switchyard alerts rules'),
    })
    expect((await run(dir, ['alerts', 'test'], { env: { HOOK: url } })).stdout).toBe('✓ log\n✓ bus\n✓ webhook\n')
    expect(posted.at(-1)?.text).toMatch(/^\[info\] Nothing is wrong/)
    expect((await run(dir, ['alerts', 'news'])).stdout).toMatch(/fired +breaker-open/)
    expect((await run(dir, ['alerts', 'rules'])).stdout).toMatch(/^budget-overrun +critical/m)
    server.close()
    expect(await run(dir, ['alerts', 'test'], { env: { HOOK: url } })).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/✗ webhook: (?!.*s3cr3t)/),
    })
    for (const file of ['logs/switchyard.jsonl', 'yard.db'])
      expect(readFileSync(join(dir, '.switchyard', file), 'latin1')).not.toContain('s3cr3t-hook')
  }, 180_000)
})

describe('switchyard trace bundle', () => {
  it('writes what is known of a run to one file for one pair of eyes, without secrets', async () => {
    using workspace = makeLeaky()
    const { dir } = workspace
    await run(dir, ['leaky', 'say', '--text', `x ${SECRET}`, '--fail'], { env })
    const wrote = await run(dir, ['trace', 'bundle', 'last', '--to', 'incident.json'], { env })
    expect(wrote.stdout).toMatch(/^Wrote .*incident\.json\nleaky say: \d+ spans, 2 lines of its log/)
    const text = readFileSync(join(dir, 'incident.json'), 'utf8')
    expect(text).not.toContain('hunter2')
    expect(JSON.parse(text)).toMatchObject({
      format: 'switchyard-incident',
      run: { state: 'failed', name: 'leaky say' },
      logs: [{ message: 'was told x [redacted]' }, { message: 'leaky.say threw' }],
      versions: { node: process.version, plugins: { leaky: '1.0.0' } },
    })
    expect(statSync(join(dir, 'incident.json')).mode & 0o777).toBe(0o600)
    expect((await run(dir, ['trace', 'bundle', 'last', '--to', 'incident.json'])).code).toBe(1)
  }, 180_000)
})
