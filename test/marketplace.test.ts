import { execFile } from 'node:child_process'
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { listTools } from '../scripts/claude/stdio-client.ts'
import { type ClaudePlugin, claudePlugins } from '../scripts/marketplace/claude-plugin.ts'
import { agentFile, cloneMarketplace } from '../scripts/marketplace/documents.ts'
import { VERSION } from '../scripts/marketplace/root.ts'
import { writeMarketplace } from '../scripts/marketplace/write-marketplace.ts'

const run = promisify(execFile)

let root: string
let dir: string
let plugins: readonly ClaudePlugin[]
/** What each plugin's server lists, started where nothing is installed. */
const listed = new Map<string, readonly string[]>()
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'switchyard-marketplace-'))
  dir = join(root, 'marketplace')
  plugins = await claudePlugins()
  await writeMarketplace(dir, plugins)
  const project = join(root, 'project')
  mkdirSync(project)
  for (const { name } of plugins) {
    const { args } = mcpConfig.parse(readJson(dir, name, '.mcp.json')).mcpServers[name]!
    // biome-ignore lint/suspicious/noTemplateCurlyInString: Claude Code's own variable
    const here = args.map((arg) => arg.replace('${CLAUDE_PLUGIN_ROOT}', join(dir, name)))
    listed.set(name, await listTools({ command: process.execPath, args: here, cwd: project, env: { HOME: project } }))
  }
}, 60_000)
afterAll(() => rmSync(root, { recursive: true, force: true }))

const readJson = (...path: string[]): unknown => JSON.parse(readFileSync(join(...path), 'utf8'))

// The documented formats, as far as we use them, and strictly: Claude Code warns of a key it does not know and goes on without.
const name = z.string().regex(/^(?!claude-|anthropic-)[a-z0-9]+(-[a-z0-9]+)*$/)
const person = z.strictObject({ name: z.string() })
const server = z.strictObject({ type: z.literal('stdio'), command: z.string(), args: z.array(z.string()) })
const about = {
  version: z.literal(VERSION),
  description: z.string().min(20),
  author: person,
  license: z.literal('MIT'),
  keywords: z.array(z.string()),
}
const manifest = z.strictObject({ name, ...about })
const mcpConfig = z.strictObject({ mcpServers: z.record(name, server) })
const marketplace = z.strictObject({
  name,
  owner: person,
  description: z.string(),
  version: z.literal(VERSION),
  plugins: z.array(
    z
      .strictObject({ name, source: z.string().startsWith('./'), ...about, strict: z.literal(false), mcpServers: z.record(name, server) })
      .partial({
        author: true,
        license: true,
        keywords: true,
        strict: true,
        mcpServers: true,
      }),
  ),
})

describe('npm run marketplace', () => {
  it('writes documents as the format has them, one folder a plugin', () => {
    const { plugins: entries } = marketplace.parse(readJson(dir, '.claude-plugin/marketplace.json'))
    expect(entries.map((entry) => entry.name)).toEqual(['ops', 'release', 'deploy', 'director'])
    for (const { name, source } of entries) {
      expect(manifest.parse(readJson(dir, source, '.claude-plugin/plugin.json')).name).toBe(name)
      const { mcpServers } = mcpConfig.parse(readJson(dir, source, '.mcp.json'))
      expect(Object.keys(mcpServers)).toEqual([name])
      for (const file of ['README.md', 'LICENSE', 'server/NOTICES.txt']) expect(existsSync(join(dir, source, file)), file).toBe(true)
    }
  })

  it('keeps the list by which a clone can be added up to date, with folders that a clone has', async () => {
    const document = marketplace.parse(readJson('.claude-plugin/marketplace.json'))
    expect(document, 'npm run marketplace').toEqual(cloneMarketplace(plugins))
    for (const { source } of document.plugins) {
      const { stdout } = await run('git', ['ls-files', source])
      expect(stdout, source).toContain('/package.json')
      expect(existsSync(join(source, '.claude-plugin/plugin.json')), 'it would win over the entry').toBe(false)
    }
  })

  it('brings the skills of each plugin, which name only tools that there are', () => {
    expect(globSync('*/skills/*/SKILL.md', { cwd: dir })).toEqual(
      expect.arrayContaining(['ops/skills/ops/SKILL.md', 'director/skills/director/SKILL.md']),
    )
    const unknown = globSync('*/{skills/*/SKILL,agents/*}.md', { cwd: dir }).flatMap((file) => {
      const tools = [
        ...readFileSync(join(dir, file), 'utf8').matchAll(/\b(?:mcp__plugin_\w+?__)?((ops|release|deploy|director)_[a-z_]+)\b/g),
      ]
      return tools
        .map(([, tool = '']) => tool)
        .filter((tool) => !toolNames().includes(tool))
        .map((tool) => `${file}: ${tool}`)
    })
    expect(unknown).toEqual([])
  })

  it('turns the agents of a definition into files', () => {
    expect(agentFile({ name: 'triager', summary: 'Says "why": first', prompt: '\nYou sort issues.\n' })).toBe(
      '---\nname: triager\ndescription: "Says \\"why\\": first"\n---\n\nYou sort issues.\n',
    )
  })

  it('takes no folder that holds something else', async () => {
    const other = join(dir, 'ops')
    await expect(writeMarketplace(other, plugins)).rejects.toThrow('it is something else')
    expect(existsSync(join(other, 'README.md'))).toBe(true)
  })
})

describe('a server of the marketplace', () => {
  it('starts where nothing is installed and lists its tools', () => {
    for (let at = dir; at !== dirname(at); at = dirname(at)) expect(existsSync(join(at, 'node_modules'))).toBe(false)
    for (const { name } of plugins) {
      const tools = listed.get(name) ?? []
      expect(tools, name).not.toEqual([])
      for (const tool of tools) expect(tool.startsWith(`${name}_`), tool).toBe(true)
    }
  })

  it('brings the files that the command reads', async () => {
    const bin = join(dir, 'ops/server/bin/switchyard.js')
    expect((await run(process.execPath, [bin, '--version'], { cwd: dir })).stdout.trim()).toBe(VERSION)
    const { stdout } = await run(process.execPath, [bin, 'chain', 'list', '--available'], { cwd: dir })
    expect(stdout.trim().split('\n')).toEqual(
      globSync('packages/chain/library/*.yaml')
        .map((path) => path.replace(/.*\/|\.yaml$/g, ''))
        .sort(),
    )
  })

  it('says in one line what an old Node lacks', async () => {
    const old = join(root, 'old.mjs')
    writeFileSync(old, "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.19.2' } })")
    const failed = run(process.execPath, ['--import', old, join(dir, 'ops/server/bin/switchyard.js'), 'mcp', 'ops'])
    await expect(failed).rejects.toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/^switchyard needs Node 24 or newer and this is 20\.19\.2: .*\n$/),
    })
  })
})

describe('the version', () => {
  it('is one everywhere', () => {
    const found = new Map<string, string>([['package.json', VERSION]])
    for (const path of globSync('packages/*/package.json')) {
      const {
        version,
        dependencies = {},
        devDependencies = {},
      } = readJson(path) as Record<string, Record<string, string>> & { version: string }
      found.set(path, version)
      for (const [name, wanted] of Object.entries({ ...dependencies, ...devDependencies })) {
        if (name.startsWith('@switchyard/')) found.set(`${path}: ${name}`, wanted)
      }
    }
    for (const { name, version } of plugins) found.set(`definition of ${name}`, version)
    expect([...found].filter(([, version]) => version !== VERSION)).toEqual([])
    expect(found.size).toBeGreaterThan(20)
  })
})

/** Every tool that a skill may name: those that are listed, and the commands that stand together under one. */
function toolNames(): readonly string[] {
  const commands = plugins.flatMap(({ name, commands }) => commands.map((command) => `${name}_${command.replaceAll('.', '_')}`))
  return [...commands, ...[...listed.values()].flat()]
}
