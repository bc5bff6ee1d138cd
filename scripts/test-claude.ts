// npm run test:claude [-- PATH]: proves the marketplace with the real Claude Code, which it installs from npm into a folder of its
// own (377 MB) unless the path of a `claude` is given. Needs neither a key nor a model. Not part of npm test.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join, resolve, sep } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { promisify } from 'node:util'
import { createTraceStore, type Span } from '@switchyard/trace'
import { startOtlpReceiver } from '@switchyard/trace/otlp'
import { startFakeApi } from './claude/fake-api.ts'
import { listTools } from './claude/stdio-client.ts'
import { claudePlugins } from './marketplace/claude-plugin.ts'
import { ROOT } from './marketplace/root.ts'
import { writeMarketplace } from './marketplace/write-marketplace.ts'

const CLAUDE_CODE = '@anthropic-ai/claude-code@2.1.330'

const run = promisify(execFile)
const dir = mkdtempSync(join(tmpdir(), 'switchyard-claude-'))
const home = join(dir, 'home')
const project = join(dir, 'project')
for (const folder of [home, project]) mkdirSync(folder)
writeFileSync(join(project, 'package.json'), '{ "name": "shop", "version": "1.0.0" }\n')
/** What a person's shell would have, and nothing of the tester's own. */
const env = {
  HOME: home,
  CLAUDE_CONFIG_DIR: join(home, '.claude'),
  PATH: [dirname(process.execPath), process.env.PATH].join(delimiter),
  ANTHROPIC_API_KEY: 'dummy-not-a-key',
  /** Nobody listens there; without it each command waits for the real one. */
  ANTHROPIC_BASE_URL: 'http://127.0.0.1:9',
  CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
  DISABLE_AUTOUPDATER: '1',
  /** A session says of its servers how they are once each has answered or failed, however busy the machine; else slow ones are "pending". */
  MCP_CONNECTION_NONBLOCKING: '0',
  MCP_CONNECT_TIMEOUT_MS: '120000',
  MCP_TIMEOUT: '120000',
}
/** For one run of Claude Code, or of npm. */
const LIMIT_MS = 600_000

try {
  const claude = process.argv[2] === undefined ? await installClaude() : resolve(process.argv[2])
  const ask = async (args: readonly string[], more: NodeJS.ProcessEnv = {}): Promise<string> => {
    const options = { cwd: project, env: { ...env, ...more }, maxBuffer: 32 * 1024 * 1024, timeout: LIMIT_MS }
    const running = run(claude, args, options)
    running.child.stdin?.end()
    return (await running).stdout
  }
  say('claude --version', await ask(['--version']))
  const plugins = await claudePlugins()
  const marketplace = join(dir, 'marketplace')
  await writeMarketplace(marketplace, plugins)

  for (const target of [marketplace, ...plugins.map(({ name }) => join(marketplace, name)), ROOT]) {
    say(`claude plugin validate --strict ${target}`, await ask(['plugin', 'validate', '--strict', target]))
  }
  say(`claude plugin marketplace add ${marketplace}`, await ask(['plugin', 'marketplace', 'add', marketplace]))
  for (const { name } of plugins) say(`claude plugin install ${name}@switchyard`, await ask(['plugin', 'install', `${name}@switchyard`]))

  const installed = JSON.parse(await ask(['plugin', 'list', '--json'])) as { id: string; version: string; installPath: string }[]
  assert.deepEqual(
    installed.map(({ id, version }) => [id, version]).sort(),
    plugins.map(({ name, version }) => [`${name}@switchyard`, version]).sort(),
  )
  for (const { id, installPath } of installed) {
    const [name = ''] = id.split('@')
    // biome-ignore lint/suspicious/noTemplateCurlyInString: Claude Code's own variable
    const config = readFileSync(join(installPath, '.mcp.json'), 'utf8').replaceAll('${CLAUDE_PLUGIN_ROOT}', installPath)
    const { command, args } = (JSON.parse(config) as { mcpServers: Record<string, { command: string; args: string[] }> }).mcpServers[name]!
    const tools = await listTools({ command, args, cwd: project, env })
    assert.ok(tools.length > 0)
    say(`${command} ${args.join(' ')}`, `tools/list: ${tools.join(', ')}`)
  }

  await callTool(
    ask,
    plugins.map(({ name }) => name),
  )
  await traceCall(ask)
  await refuseAlone(ask)
  for (const name of ['ops', 'release', 'deploy', 'director']) await useSkill(ask, name)
  await fromClone(ask)
  await byInstallCommand(ask)
  console.log('\nall of it works')
} finally {
  rmSync(dir, { recursive: true, force: true })
}

type Ask = (args: readonly string[], env?: NodeJS.ProcessEnv) => Promise<string>

/** A whole session: the stand-in for the model calls a tool of ours, and is told what it answered. */
async function callTool(ask: Ask, names: readonly string[]): Promise<void> {
  const tool = 'mcp__plugin_ops_ops__ops_health_scan'
  await using api = await startFakeApi([{ tool, input: { project: '.' } }, { text: 'That is its health.' }])
  const args = ['-p', 'how healthy is this project?', '--allowedTools', tool, '--output-format', 'stream-json', '--verbose']
  const events = parsedLines(await ask(args, { ANTHROPIC_BASE_URL: api.url }))
  const begun = events.find(({ type, subtype }) => type === 'system' && subtype === 'init') as unknown as {
    mcp_servers: { name: string; status: string }[]
    slash_commands: string[]
  }
  const commands = begun.slash_commands.filter((command) => names.some((name) => command.startsWith(`${name}:`)))
  say(
    'claude -p "how healthy is this project?"',
    [
      `servers: ${begun.mcp_servers.map(({ name, status }) => `${name} ${status}`).join(', ')}`,
      `commands: ${commands.map((command) => `/${command}`).join(' ')}`,
    ].join('\n'),
  )
  assert.deepEqual(
    begun.mcp_servers.map(({ name, status }) => `${name} ${status}`).sort(),
    names.map((name) => `plugin:${name}:${name} connected`).sort(),
  )
  const skills = globSync('*/skills/*/SKILL.md', { cwd: join(dir, 'marketplace') }).map((path) => path.split(sep))
  for (const [plugin, , skill] of skills) assert.ok(commands.includes(`${plugin}:${skill}`), `/${plugin}:${skill} is missing`)
  const told = JSON.stringify(api.requests[1]?.messages.at(-1)?.content)
  assert.match(told, /tool_result/)
  assert.doesNotMatch(told, /"is_error":true/)
  assert.match(told, /score/)
  say(`the model calls ${tool} and is told`, told.slice(0, 400))
  assert.equal(events.at(-1)?.result, 'That is its health.')
}

/** What may destroy something wants a person, also where every leave was given beforehand. */
async function refuseAlone(ask: Ask): Promise<void> {
  const tool = 'mcp__plugin_ops_ops__ops_apply'
  await using api = await startFakeApi([{ tool, input: { plan: 'p-2345678' } }, { text: 'I may not.' }])
  await ask(['-p', 'apply it', '--allowedTools', tool], { ANTHROPIC_BASE_URL: api.url })
  const told = JSON.stringify(api.requests[1]?.messages.at(-1)?.content)
  assert.match(told, /"is_error":true/)
  assert.doesNotMatch(told, /PLAN_UNKNOWN/)
  say(`the model calls ${tool}, which was allowed beforehand, and is told`, told.slice(0, 400))
}

/** The same with Claude Code's own telemetry sent to us: what it did and what we did for it are one trace. */
async function traceCall(ask: Ask): Promise<void> {
  const path = join(project, '.switchyard/trace.db')
  // The stand-in for the model counts its tool uses anew in each session.
  for (const file of globSync(`${path}*`)) rmSync(file)
  const tool = 'mcp__plugin_ops_ops__ops_health_scan'
  const store = createTraceStore({ path })
  // The server keeps what it did a moment later, and the session that ends it waits for nobody.
  const thinks = (): Promise<void> => until(() => store.runs().runs.some(({ from, state }) => from === 'mcp' && state === 'done'))
  await using api = await startFakeApi([
    { tool, input: { project: '.' } },
    { text: 'That is its health.', thinks },
  ])
  const received: Span[] = []
  const receiver = await startOtlpReceiver({ port: 0, traces: (spans) => void received.push(...spans) })
  await ask(['-p', 'how healthy is this project?', '--allowedTools', tool], {
    ANTHROPIC_BASE_URL: api.url,
    CLAUDE_CODE_ENABLE_TELEMETRY: '1',
    CLAUDE_CODE_ENHANCED_TELEMETRY_BETA: '1',
    OTEL_TRACES_EXPORTER: 'otlp',
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
  })
  await receiver.close()
  for (const span of received) store.add(span)
  await store.flush()
  const ours = store.runs().runs.find(({ from }) => from === 'mcp')
  const spans = ours === undefined ? [] : store.spans(ours.traceId)
  await store.close()
  const lines = spans.map(({ name, scope }) => `${scope ?? 'switchyard'}: ${name}`)
  say('claude -p "how healthy is this project?"   (with its telemetry sent to switchyard trace receive)', lines.join('\n'))
  const call = spans.find(({ name }) => name === 'claude_code.tool')
  const request = spans.find(({ attributes }) => attributes['switchyard.op'] === 'request')
  assert.equal(request?.parentSpanId, call?.spanId)
  assert.ok(spans.some(({ name }) => name === 'claude_code.interaction'))
}

/** Until something holds that other processes bring about. @throws when it does not in time */
async function until(holds: () => boolean): Promise<void> {
  for (const startedMs = performance.now(); !holds(); await setTimeout(100)) {
    if (performance.now() - startedMs > LIMIT_MS / 2) throw new Error('Cannot wait any longer')
  }
}

/** A skill by its short name: what the model is given is our text. */
async function useSkill(ask: Ask, name: string): Promise<void> {
  await using api = await startFakeApi([{ text: 'Nothing is open.' }])
  const answer = await ask(['-p', `/${name} what is open`], { ANTHROPIC_BASE_URL: api.url })
  const skill = readFileSync(join(dir, 'marketplace', name, 'skills', name, 'SKILL.md'), 'utf8').split('---\n')[2]!
  const told = (api.requests[0]?.messages ?? []).map(({ content }) => JSON.stringify(content)).join('\n')
  assert.ok(
    told.includes(JSON.stringify(skill.trim().replace('$ARGUMENTS', 'what is open')).slice(1, -1)),
    'the skill did not reach the model',
  )
  say(`claude -p "/${name} what is open"   (the model is given the skill)`, answer)
}

/** The repository's own marketplace, as somebody has it who cloned it and runs nothing there. */
async function fromClone(ask: Ask): Promise<void> {
  const clone = join(dir, 'clone')
  await run('git', ['clone', '--quiet', '--depth', '1', `file://${ROOT}`, clone])
  say(`claude plugin marketplace add ${clone}`, await ask(['plugin', 'marketplace', 'add', clone]))
  say('claude plugin install ops@switchyard-source', await ask(['plugin', 'install', 'ops@switchyard-source']))
  const details = await ask(['plugin', 'details', 'ops@switchyard-source'])
  assert.match(details, /ops/)
  say('claude plugin details ops@switchyard-source', details)
  const document = JSON.parse(readFileSync(join(clone, '.claude-plugin/marketplace.json'), 'utf8')) as {
    plugins: { name: string; mcpServers: Record<string, { command: string; args: string[] }> }[]
  }
  const { command, args } = document.plugins.find(({ name }) => name === 'ops')!.mcpServers.ops!
  say(
    `${command} ${args.join(' ')}   (where switchyard is installed)`,
    `tools/list: ${(await listTools({ command, args, cwd: ROOT, env })).join(', ')}`,
  )
}

/** What `switchyard mcp install` enters is started by the client it is for. */
async function byInstallCommand(ask: Ask): Promise<void> {
  for (const { name } of await claudePlugins()) await ask(['plugin', 'uninstall', `${name}@switchyard`])
  await ask(['plugin', 'uninstall', 'ops@switchyard-source'])
  const bin = join(ROOT, 'packages/cli/bin/switchyard.js')
  const { stdout } = await run(process.execPath, [bin, 'mcp', 'install', '--client', 'claude-code', 'ops'], { cwd: project, env })
  say('switchyard mcp install --client claude-code ops', stdout)
  const list = await ask(['mcp', 'list'])
  say('claude mcp list', list)
  assert.match(list, /switchyard-ops: .* Connected/)
}

async function installClaude(): Promise<string> {
  await run('npm', ['install', '--prefix', dir, '--no-audit', '--no-fund', CLAUDE_CODE], { cwd: dir, env: { ...process.env, ...env } })
  return join(dir, 'node_modules/.bin/claude')
}

function parsedLines(text: string): Record<string, unknown>[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}

/** A line that was typed and what came of it, without this machine's folders. */
function say(line: string, answer: string): void {
  const text = `$ ${line}\n${answer.trim().replaceAll(/^/gm, '  ')}`
  console.log(text.replaceAll(dir, '~').replaceAll(ROOT.replace(/\/$/, ''), 'SWITCHYARD').replaceAll(process.execPath, 'node'))
}
