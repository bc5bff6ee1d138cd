import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { builtInPlugins } from '@switchyard/cli'
import { createToolSet, DIRECTOR_SOURCE, estimateTokens, TOKEN_BUDGET } from '@switchyard/mcp'
import { describe, expect, it } from 'vitest'
import { BIN, ended, makeWorkspace, run, start, written } from './process.ts'

const INITIALIZE = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } },
}

/** The Inspector as a client of the real program. */
async function inspect(dir: string, args: readonly string[], server: readonly string[]): Promise<string> {
  const env = { PATH: process.env.PATH, HOME: dir, NODE_COMPILE_CACHE: join(tmpdir(), 'switchyard-compile-cache') }
  const line = ['--cli', process.execPath, BIN, 'mcp', ...server, ...args, '--connect-timeout', '100000', '-q']
  const { stdout } = await promisify(execFile)('mcp-inspector', line, { cwd: dir, env, maxBuffer: 10_000_000 })
  return stdout
}

describe('what the list of tools costs', async () => {
  const sources = [...(await builtInPlugins()), DIRECTOR_SOURCE]

  it.for(sources.map((source) => [source.name, source] as const))('%s stays within the budget', ([, source]) => {
    expect(estimateTokens(createToolSet(source).tools)).toBeLessThanOrEqual(TOKEN_BUDGET)
  })
})

it('each plugin has prompts for its usual workflows, under names that no other has', async () => {
  const sources = [...(await builtInPlugins()), DIRECTOR_SOURCE]
  const names = sources.map(({ prompts = [] }) => prompts.map(({ name }) => name))
  expect(names.every((own) => own.length > 0)).toBe(true)
  expect(new Set(names.flat()).size).toBe(names.flat().length)
})

describe('switchyard mcp', () => {
  const eras = ['legacy', 'modern', 'auto']
  it.for(eras)('serves everything to the Inspector without a strict finding, era %s', { timeout: 120_000 }, async (era) => {
    using workspace = makeWorkspace({ plugins: 'notes' })
    const list = (flags: readonly string[]) => inspect(workspace.dir, ['--method', 'tools/list', '--strict', '--protocol-era', era], flags)
    for (const tools of await Promise.all([list([]), list(['--full'])])) {
      expect(tools).toContain('"director_ask"')
      expect(tools).toContain('"notes_note_add"')
    }
  })

  it('writes nothing but the protocol to stdout, whatever a plugin says while it is loaded', async () => {
    using workspace = makeWorkspace(JSON.stringify({ plugins: [fileURLToPath(new URL('./fixtures/careless-plugin.ts', import.meta.url))] }))
    const server = start(workspace.dir, ['mcp', 'notes'], { stdin: 'pipe' })
    const end = ended(server)
    server.stdin!.end(`${JSON.stringify(INITIALIZE)}\n`)
    const { code, stdout, stderr } = await end
    expect(JSON.parse(stdout)).toMatchObject({ id: 1, result: { serverInfo: { name: 'notes' } } })
    expect(stderr).toBe('loaded\n')
    expect(code).toBe(0)
  })

  it('has the commands learned by another process while it answers, before the first request in plain words', {
    timeout: 90_000,
  }, async () => {
    using workspace = makeWorkspace({ plugins: 'notes' })
    const server = start(workspace.dir, ['mcp'], { stdin: 'pipe' })
    const end = ended(server)
    const call = { name: 'director_chain_list', arguments: {} }
    server.stdin!.write(`${JSON.stringify(INITIALIZE)}\n${JSON.stringify({ jsonrpc: '2.0', id: 2, method: 'tools/call', params: call })}\n`)
    await written(server, 'stdout', '"id":2')
    const isLearned = (): boolean => {
      using store = new DatabaseSync(join(workspace.dir, '.switchyard/yard.db'), { readOnly: true })
      const isThere = store.prepare("SELECT name FROM sqlite_master WHERE name = 'router_model'").get() !== undefined
      return isThere && store.prepare('SELECT id FROM router_model').get() !== undefined
    }
    await expect.poll(isLearned, { timeout: 80_000, interval: 250 }).toBe(true)
    server.stdin!.end()
    expect(await end).toMatchObject({ code: 0 })
  })

  // A busy machine only adds to the time: every run has to end, and one of them within the limit.
  it('ends within 200 ms of its stdin', { timeout: 60_000 }, async () => {
    using workspace = makeWorkspace()
    const times: number[] = []
    for (let run = 0; run < 8 && !times.some((time) => time < 200); run++) {
      const server = start(workspace.dir, ['mcp', 'ops'], { stdin: 'pipe' })
      const { stdin } = server
      stdin!.write(`${JSON.stringify(INITIALIZE)}\n${JSON.stringify({ jsonrpc: '2.0', id: 2, method: 'tools/list' })}\n`)
      await written(server, 'stdout', '"id":2')
      // Answered once the workspace is open.
      stdin!.write(`${JSON.stringify({ jsonrpc: '2.0', id: 3, method: 'tools/call', params: { name: 'ops_more', arguments: {} } })}\n`)
      await written(server, 'stdout', '"id":3')
      const exited = once(server, 'exit')
      const startedMs = performance.now()
      stdin!.end()
      expect(await exited).toEqual([0, null])
      times.push(performance.now() - startedMs)
    }
    expect(Math.max(...times)).toBeLessThan(5_000)
    expect(Math.min(...times)).toBeLessThan(200)
  })

  it('says where it serves over HTTP, and the token once', async () => {
    using workspace = makeWorkspace()
    const http = start(workspace.dir, ['mcp', 'ops', '--http', '0'])
    const end = ended(http)
    await written(http, 'stderr', 'Bearer ')
    http.kill('SIGINT')
    const { stdout, stderr } = await end
    expect(stdout).toBe('')
    const [, url, token] = /^Listening on (http:\/\/127\.0\.0\.1:\d+\/mcp)\nAuthorization: Bearer ([\w-]{43})\n/.exec(stderr) ?? []
    expect(url).toBeDefined()
    expect(stderr.split(token!)).toHaveLength(2)
  })

  it.for([
    [['nobody'], 'Cannot serve "nobody"'],
    [['--http', '70000'], 'it must be a port from 0 to 65535'],
  ] as const)('refuses %j', async ([args, what]) => {
    using workspace = makeWorkspace()
    const { code, stderr, stdout } = await run(workspace.dir, ['mcp', ...args])
    expect(stderr).toContain(what)
    expect(stdout).toBe('')
    expect(code).toBe(2)
  })
})
