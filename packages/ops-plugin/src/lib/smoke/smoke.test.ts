import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { definePlugin } from '@switchyard/plugin-kit'
import { createTestYard, pluginContract, type TestFile } from '@switchyard/testkit'
import { describe, expect, it } from 'vitest'
import { smokeCommands } from './commands.ts'
import type { checkOutput } from './schema.ts'
import { schemaMistakes } from './tool-schemas.ts'

type Outcome = ReturnType<typeof checkOutput.parse>

const SERVER = fileURLToPath(new URL('../../../test/fixtures/mcp-server.ts', import.meta.url))
const ops = definePlugin({ name: 'ops', version: '0.1.0', summary: 'Tests MCP servers', commands: smokeCommands })
const configured = (...args: string[]): Record<string, TestFile> => ({
  '.mcp.json': JSON.stringify({ mcpServers: { main: { command: process.execPath, args: [SERVER, ...args] } } }),
})

async function check(mode: string, input: object = {}): Promise<Outcome['servers'][number] & { text: string }> {
  await using kit = await createTestYard({ plugins: [ops], files: configured(mode) })
  const { servers, text } = (await kit.call('ops.mcp.check', input)) as Outcome
  const [server] = servers
  if (server === undefined) throw new Error('no server was tested')
  return { ...server, text }
}

const wrong = ({ checks }: Pick<Outcome['servers'][number], 'checks'>) =>
  Object.fromEntries(
    checks.filter(({ status }) => status !== 'pass' && status !== 'unknown').map(({ id, status, notes }) => [id, [status, ...notes]]),
  )

describe('ops.mcp.check keeps what every plugin must', () => {
  const inputs = { 'mcp.check': [{}] }
  const failing = { 'mcp.check': [{ server: 'other' }, { project: 'nowhere' }] }
  for (const { name, run } of pluginContract(ops, { files: configured('good'), inputs, failing })) it(name, run)
})

describe('ops.mcp.check', () => {
  it('starts the server only once its plan was approved, and says so in the plan', async () => {
    await using kit = await createTestYard({ plugins: [ops], files: configured('parent') })
    const { plan, id } = await kit.plan('ops.mcp.check', {})
    expect(plan).toMatchObject({
      steps: [{ does: 'run', target: expect.stringContaining('mcp-server.ts parent') }],
      warnings: [expect.stringContaining('starts programs')],
    })
    expect(existsSync(join(kit.dir, 'child.pid'))).toBe(false)
    await kit.approve(id)
    const pid = readFileSync(join(kit.dir, 'child.pid'), 'utf8')
    await expect.poll(() => isGone(pid)).toBe(true)
  })

  it('tells of a good server who it is, how fast it is and what it costs', async () => {
    const { text, ...server } = await check('good')
    expect(server).toMatchObject({
      name: 'main',
      status: 'pass',
      info: { name: 'greeter', version: '1.2.3' },
      protocol: '2025-11-25',
      prompts: 1,
    })
    expect(server.tools).toEqual([{ name: 'greet', bytes: server.bytes - 2, tokens: Math.ceil((server.bytes - 2) / 4) }])
    expect(server.readyMs).toBeGreaterThan(0)
    expect(text).toMatch(/^main: pass\n {2}greeter 1\.2\.3, protocol 2025-11-25\n {2}ready after \d+ ms/)
    expect(text.split('\n').filter((line) => line.length > 80)).toEqual([])
  })

  it('reads every page of a list, and answers what the server asks meanwhile', async () => {
    expect((await check('paged')).tools.map(({ name }) => name).sort()).toEqual(['one', 'two'])
    expect((await check('asking')).status).toBe('pass')
    expect(wrong(await check('circle'))).toEqual({ 'lists.answer': ['fail', 'tools/list: its pages go round in a circle'] })
  })

  it('speaks to a server that knows the newest protocol alone', async () => {
    expect(await check('stateless')).toMatchObject({ status: 'pass', protocol: '2026-07-28', info: { version: '2.0.0' } })
  })

  it('finds what is wrong with tools', async () => {
    expect(wrong(await check('bad'))).toEqual({
      'tools.names': ['fail', 'greet is listed twice', 'no spaces must be letters, digits, "_", "-" and ".", 64 characters at most'],
      'tools.descriptions': ['fail', 'greet has no description', 'greet says nothing about a'],
      'tools.schemas': [
        'fail',
        'greet inputSchema.a.type is no type: "text"',
        'no spaces inputSchema requires "b", which it does not allow',
        'write outputSchema.$ref leads nowhere: "#/$defs/gone"',
      ],
      'tools.annotations': [
        'warn',
        'greet does not say whether it only reads (annotations.readOnlyHint)',
        'write changes things and does not say whether it destroys (annotations.destructiveHint)',
      ],
    })
  })

  it('warns of tools that cost every session dearly', async () => {
    expect(wrong(await check('dear'))).toEqual({
      cost: ['warn', expect.stringMatching(/^its 20 tools cost about 1\d{4} tokens, tool\d+ the most$/)],
    })
  })

  it('finds output that is no message', async () => {
    expect(wrong(await check('noisy'))).toEqual({
      'output.clean': ['fail', 'printed 1 lines that are no messages, such as: server is starting …'],
    })
  })

  it('says why a server did not start', async () => {
    expect(wrong(await check('crash'))).toEqual({ starts: ['fail', 'it ended with 7; cannot find module "left"'] })
    expect(wrong(await check('mute', { seconds: 0.2 }))).toEqual({ starts: ['fail', 'it did not answer initialize within 200 ms'] })
    expect(wrong(await check('good', { program: 'no-such-program' }))).toEqual({ starts: ['fail', 'it could not be started: ENOENT'] })
  })

  it('finds how a server ends', async () => {
    expect(wrong(await check('sour'))).toEqual({ 'ends.clean': ['warn', 'ended with 3'] })
    expect(wrong(await check('lingering'))).toEqual({ 'ends.clean': ['warn', 'went on after its input ended, until SIGTERM'] })
    expect(wrong(await check('stubborn'))).toEqual({ 'ends.clean': ['fail', 'went on after its input ended, until SIGKILL'] })
  })

  it('starts a plugin’s server as Claude Code would, with nothing else of the environment', async () => {
    process.env.SMOKE_TEST_SECRET = 'not to be handed on'
    const dump =
      'process.stderr.write(JSON.stringify([process.argv.slice(1), process.env.GREETING, process.env.SMOKE_TEST_SECRET, process.cwd()]))'
    const files = {
      'p/.claude-plugin/plugin.json': JSON.stringify({ name: 'demo', userConfig: { mood: { type: 'string', default: 'glad' } } }),
      'p/.mcp.json': JSON.stringify({
        main: {
          command: process.execPath,
          args: ['-e', dump, `\${CLAUDE_PLUGIN_ROOT}/a.js`, `\${NO_SUCH_VARIABLE:-else}`],
          env: { GREETING: `\${user_config.mood}` },
        },
      }),
    }
    await using kit = await createTestYard({ plugins: [ops], files })
    const { servers } = (await kit.call('ops.mcp.check', {})) as Outcome
    delete process.env.SMOKE_TEST_SECRET
    const [note = ''] = servers[0]?.checks[0]?.notes ?? []
    expect([servers[0]?.name, JSON.parse(note.slice(note.indexOf('[')))]).toEqual([
      'demo:main',
      [[join(kit.dir, 'p/a.js'), 'else'], 'glad', null, kit.dir],
    ])
  })

  it('shows variables by their names, not by what they hold', async () => {
    process.env.SMOKE_TEST_SHOWN = 'held by a variable'
    const files = { '.mcp.json': JSON.stringify({ main: { command: process.execPath, args: ['-e', '0', `\${SMOKE_TEST_SHOWN}`] } }) }
    await using kit = await createTestYard({ plugins: [ops], files })
    const { plan, id } = await kit.plan('ops.mcp.check', {})
    const told = JSON.stringify([plan, await kit.approve(id)])
    delete process.env.SMOKE_TEST_SHOWN
    expect(told).toContain(`-e 0 \${SMOKE_TEST_SHOWN}`)
    expect(told).not.toContain('held by a variable')
  })

  it('is not held up by a server that floods it and never reads', async () => {
    const flood = `
      const ask = '{"jsonrpc":"2.0","id":1,"method":"ping"}\\n'.repeat(20_000)
      process.stdout.write(ask + 'x'.repeat(17_000_000), () => process.exit(1))`
    const files = { '.mcp.json': JSON.stringify({ main: { command: process.execPath, args: ['-e', flood] } }) }
    await using kit = await createTestYard({ plugins: [ops], files })
    const { servers } = (await kit.call('ops.mcp.check', {})) as Outcome
    expect(wrong(servers[0] ?? { checks: [] })).toMatchObject({
      starts: ['fail', expect.anything()],
      'output.clean': ['fail', expect.anything()],
    })
  })

  it('says what it can test, where there is nothing or something else', async () => {
    await using none = await createTestYard({ plugins: [ops], files: {} })
    await expect(none.call('ops.mcp.check', {})).rejects.toMatchObject({ code: 'NO_SERVER' })
    const remote = { '.mcp.json': '{"mcpServers":{"far":{"type":"http","url":"https://example.com"}}}' }
    await using kit = await createTestYard({ plugins: [ops], files: remote })
    await expect(kit.call('ops.mcp.check', {})).rejects.toMatchObject({ code: 'SERVER_NOT_STDIO' })
    await expect(kit.call('ops.mcp.check', { server: 'near' })).rejects.toMatchObject({ code: 'SERVER_UNKNOWN', data: { known: ['far'] } })
  })
})

describe('schemaMistakes()', () => {
  it('passes what JSON Schema allows, and finds what it does not', () => {
    const good = {
      type: 'object',
      properties: { a: { type: ['string', 'null'], pattern: '^a' }, b: { $ref: '#/$defs/b' }, c: true },
      $defs: { b: { anyOf: [{ type: 'integer' }, { enum: [1] }] } },
      required: ['a'],
      additionalProperties: false,
    }
    expect(schemaMistakes(good)).toEqual([])
    expect(schemaMistakes({ items: 7, pattern: '(', enum: [], anyOf: [] })).toEqual([
      '.enum must be a list with something in it',
      '.pattern is no regular expression',
      '.items must be a schema',
      '.anyOf must be a list with something in it',
    ])
  })
})

/** Where nobody collects the dead, they stay as zombies. */
function isGone(pid: string): boolean {
  return !existsSync(`/proc/${pid}`) || /\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
}
