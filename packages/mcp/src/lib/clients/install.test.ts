import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Place } from './client.ts'
import { type InstallOptions, installServers, printServers, removeServers } from './install.ts'
import { CLIENT_NAMES, type ClientName, SCOPES, type Scope } from './names.ts'

let root: string
let place: Place
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'switchyard-clients-'))
  for (const folder of ['home', 'project']) mkdirSync(join(root, folder))
  place = { platform: 'linux', homeDir: join(root, 'home'), env: {}, dir: join(root, 'project') }
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const PROGRAM = { node: '/opt/node/bin/node', script: '/opt/switchyard/bin/switchyard.js' }
let clock = Date.UTC(2026, 10, 21, 9, 45, 2, 7)

function options(client: ClientName, more: Partial<InstallOptions> = {}): InstallOptions {
  return { client, scope: 'user', place, program: PROGRAM, plugins: [], force: false, now: new Date(clock++), ...more }
}

/** Every client's file, from the folder that holds home and project. */
const FILES: readonly [ClientName, Scope, string][] = [
  ['claude-code', 'user', 'home/.claude.json'],
  ['claude-code', 'project', 'project/.mcp.json'],
  ['claude-desktop', 'user', 'home/.config/Claude/claude_desktop_config.json'],
  ['cursor', 'user', 'home/.cursor/mcp.json'],
  ['cursor', 'project', 'project/.cursor/mcp.json'],
  ['vscode', 'user', 'home/.config/Code/User/mcp.json'],
  ['vscode', 'project', 'project/.vscode/mcp.json'],
  ['codex', 'user', 'home/.codex/config.toml'],
  ['codex', 'project', 'project/.codex/config.toml'],
  ['gemini', 'user', 'home/.gemini/settings.json'],
  ['gemini', 'project', 'project/.gemini/settings.json'],
]

const OPEN_FOLDER = '${workspaceFolder}'

const NOT_OURS = {
  json: (key: string) =>
    `// mine\n{\n\t"theme": "dark", // keep\n\t"${key}": {\n\t\t"other": { "command": "x", "args": ["mcp"] }, /* last */\n\t},\n}\n`,
  toml: () =>
    '# mine\nmodel = "o9" # keep\nnotes = """\n[mcp_servers.switchyard]\n"""\n\n[mcp_servers.other] # theirs\ncommand = "x"\nargs = [ # odd\n  "[mcp_servers.switchyard]",\n]\n\n[profiles.a]\nname = \'a\'\n',
}

const earlier = (client: ClientName): string =>
  client === 'codex' ? NOT_OURS.toml() : NOT_OURS.json(client === 'vscode' ? 'servers' : 'mcpServers')

function write(path: string, text: string | Buffer): string {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
  return path
}

const backups = (path: string): string[] => readdirSync(dirname(path)).filter((name) => name.includes('.backup-'))

describe('installServers()', () => {
  it('knows a file for every client in every scope that it has', () => {
    const known = CLIENT_NAMES.flatMap((client) => SCOPES.map((scope) => [client, scope] as const))
    expect(FILES.map(([client, scope]) => `${client} ${scope}`)).toEqual(
      known.map((pair) => pair.join(' ')).filter((pair) => pair !== 'claude-desktop project'),
    )
    expect(() => installServers(options('claude-desktop', { scope: 'project' }))).toThrow("it has only the user's own")
  })

  it.for(FILES)('makes the file of %s (%s): %s', ([client, scope, file]) => {
    const done = installServers(options(client, { scope }))
    expect({ ...done, path: relative(root, done.path) }).toMatchObject({
      path: file,
      did: 'created',
      entries: [{ name: 'switchyard', did: 'added' }],
    })
    expect(done.backup).toBeUndefined()
    expect(statSync(done.path).mode & 0o777).toBe(scope === 'user' ? 0o600 : 0o644)
    expect(readFileSync(done.path, 'utf8')).toBe(printServers(options(client, { scope })).text)
  })

  it.for(FILES)('changes nothing else for %s (%s), nothing at all the second time, and takes it back: %s', ([client, scope, file]) => {
    const path = write(join(root, file), earlier(client))
    const plugins = ['ops', 'release']
    expect(installServers(options(client, { scope, plugins })).did).toBe('changed')
    const text = readFileSync(path, 'utf8')
    expect(withoutAdded(earlier(client), text), 'what was there is still there, in its order').toBe(true)
    expect(backups(path)).toHaveLength(1)
    expect(readFileSync(join(dirname(path), backups(path)[0]!), 'utf8')).toBe(earlier(client))

    expect(installServers(options(client, { scope, plugins }))).toMatchObject({
      did: 'nothing',
      entries: [{ did: 'nothing' }, { did: 'nothing' }],
    })
    expect(readFileSync(path, 'utf8')).toBe(text)
    expect(backups(path), 'no copy where nothing changed').toHaveLength(1)

    expect(removeServers(options(client, { scope }))).toMatchObject({
      did: 'changed',
      entries: [
        { name: 'switchyard-ops', did: 'removed' },
        { name: 'switchyard-release', did: 'removed' },
      ],
    })
    expect(readFileSync(path, 'utf8')).toBe(earlier(client))
    expect(removeServers(options(client, { scope })).did).toBe('nothing')
  })

  it.for([
    ['claude-code', 'user', { type: 'stdio', command: PROGRAM.node, args: [PROGRAM.script, 'mcp', 'ops'] }],
    ['claude-code', 'project', { type: 'stdio', command: 'npx', args: ['--no', '--', 'switchyard', 'mcp', 'ops'] }],
    ['claude-desktop', 'user', { command: PROGRAM.node, args: [PROGRAM.script, 'mcp', 'ops', '--dir', 'PROJECT'] }],
    ['cursor', 'project', { command: 'npx', args: ['--no', '--', 'switchyard', 'mcp', 'ops', '--dir', OPEN_FOLDER] }],
    ['vscode', 'user', { type: 'stdio', command: PROGRAM.node, args: [PROGRAM.script, 'mcp', 'ops', '--dir', OPEN_FOLDER] }],
    ['gemini', 'project', { command: 'npx', args: ['--no', '--', 'switchyard', 'mcp', 'ops'] }],
  ] as const)('enters for %s (%s) what that client can start', ([client, scope, entry]) => {
    const { path } = installServers(options(client, { scope, plugins: ['ops'] }))
    const key = client === 'vscode' ? 'servers' : 'mcpServers'
    expect(JSON.parse(readFileSync(path, 'utf8').replace(place.dir, 'PROJECT'))).toEqual({ [key]: { 'switchyard-ops': entry } })
  })

  it('enters a table for codex', () => {
    const { path } = installServers(options('codex'))
    expect(readFileSync(path, 'utf8')).toBe(
      '[mcp_servers.switchyard]\ncommand = "/opt/node/bin/node"\nargs = [ "/opt/switchyard/bin/switchyard.js", "mcp" ]\n',
    )
  })

  it('asks each platform where its programs keep their settings', () => {
    const at = (platform: NodeJS.Platform, env: Place['env'], client: ClientName): string =>
      relative(root, printServers(options(client, { place: { ...place, platform, env } })).path)
    expect(at('darwin', {}, 'claude-desktop')).toBe('home/Library/Application Support/Claude/claude_desktop_config.json')
    expect(at('darwin', {}, 'vscode')).toBe('home/Library/Application Support/Code/User/mcp.json')
    expect(at('win32', { APPDATA: join(root, 'roaming') }, 'claude-desktop')).toBe('roaming/Claude/claude_desktop_config.json')
    expect(at('linux', { XDG_CONFIG_HOME: join(root, 'xdg') }, 'vscode')).toBe('xdg/Code/User/mcp.json')
    expect(at('linux', { CODEX_HOME: join(root, 'codex') }, 'codex')).toBe('codex/config.toml')
    expect(at('linux', { CLAUDE_CONFIG_DIR: join(root, 'claude') }, 'claude-code')).toBe('claude/.claude.json')
  })

  it.for(['claude-code', 'codex'] as const)('updates an older entry of ours for %s and leaves what a person added to it', (client) => {
    const old = { node: '/old/node', script: '/old/bin/switchyard.js' }
    const { path } = installServers(options(client, { program: old }))
    const text = readFileSync(path, 'utf8')
    const mine =
      client === 'codex'
        ? `${text}startup_timeout_sec = 20 # slow disk\n\n[mcp_servers.switchyard.env]\nA = "1"\n`
        : text.replace('"type"', '"env": { "A": "1" }, "type"')
    writeFileSync(path, mine)
    expect(installServers(options(client))).toMatchObject({ did: 'changed', entries: [{ did: 'updated' }] })
    expect(readFileSync(path, 'utf8')).toBe(mine.replace('/old/node', PROGRAM.node).replace('/old/bin/switchyard.js', PROGRAM.script))
    expect(installServers(options(client)).did).toBe('nothing')
  })

  it('takes an entry for ours that another way of starting us wrote', () => {
    const path = write(
      join(root, 'home/.claude.json'),
      JSON.stringify({ mcpServers: { switchyard: { command: 'npx', args: ['-y', '@switchyard/cli@0.0.9', 'mcp'] } } }),
    )
    expect(installServers(options('claude-code')).entries).toEqual([{ name: 'switchyard', did: 'updated' }])
    expect(JSON.parse(readFileSync(path, 'utf8')).mcpServers.switchyard.command).toBe(PROGRAM.node)
  })

  it.for(['cursor', 'codex'] as const)('leaves an entry of another program under our name alone for %s, unless forced', (client) => {
    const text =
      client === 'codex'
        ? '[mcp_servers.switchyard]\ncommand = "railway"\nargs = ["mcp"]\nenv = { A = "1" }\n'
        : '{"mcpServers":{"switchyard":{"command":"railway","args":["mcp"],"env":{}}}}'
    const path = write(join(root, FILES.find(([name]) => name === client)![2]), text)
    for (const act of [installServers, removeServers]) {
      const named = act === removeServers ? text.replaceAll('switchyard', 'switchyard-ops') : text
      writeFileSync(path, named)
      expect(() => act(options(client, act === removeServers ? { plugins: ['ops'] } : {}))).toThrow(
        expect.objectContaining({ code: 'CLIENT_CONFIG_TAKEN' }),
      )
      expect(readFileSync(path, 'utf8')).toBe(named)
    }
    writeFileSync(path, text)
    expect(removeServers(options(client)).did, 'what is not ours is not taken for ours').toBe('nothing')
    expect(backups(path)).toEqual([])
    expect(installServers(options(client, { force: true })).entries).toEqual([{ name: 'switchyard', did: 'updated' }])
    expect(readFileSync(path, 'utf8')).not.toMatch(/railway|env/)
  })
})

describe('installServers() refuses, and changes nothing,', () => {
  const refused = (client: ClientName, code: string, more: Partial<InstallOptions> = {}): void =>
    expect(() => installServers(options(client, more))).toThrow(expect.objectContaining({ code }))

  it.for([
    ['broken JSON', 'cursor', '{"mcpServers": {', 'CloseBraceExpected in line 1'],
    ['two documents', 'cursor', '{}\n{}', 'line 2'],
    ['a list', 'cursor', '[]', 'it holds no object'],
    ['servers that are none', 'cursor', '{"mcpServers": []}', '"mcpServers" is no object'],
    ['broken TOML', 'codex', 'model = "o9"\n[mcp_servers', 'in line 2'],
    ['a table said twice', 'codex', '[a]\n[a]\n', 'in line 2'],
    ['servers that are none', 'codex', 'mcp_servers = [1]\n', '"mcp_servers" is no object'],
  ] as const)('%s (%s)', ([, client, text, what]) => {
    const path = write(join(root, FILES.find(([name]) => name === client)![2]), text)
    refused(client, 'CLIENT_CONFIG_INVALID')
    expect(() => installServers(options(client))).toThrow(what)
    expect(readFileSync(path, 'utf8')).toBe(text)
    expect(readdirSync(dirname(path))).toHaveLength(1)
  })

  it('bytes that are no text', () => {
    write(join(root, 'home/.claude.json'), Buffer.from([0x7b, 0xff, 0x7d]))
    refused('claude-code', 'CLIENT_CONFIG_INVALID')
  })

  it('a folder, a pipe and a link to nothing', () => {
    const path = join(root, 'home/.claude.json')
    mkdirSync(path)
    refused('claude-code', 'CLIENT_CONFIG_UNREADABLE')
    rmSync(path, { recursive: true })
    execFileSync('mkfifo', [path])
    refused('claude-code', 'CLIENT_CONFIG_UNREADABLE')
    rmSync(path)
    symlinkSync(join(root, 'nowhere'), path)
    refused('claude-code', 'CLIENT_CONFIG_UNREADABLE')
    expect(existsSync(join(root, 'nowhere'))).toBe(false)
  })

  it("a project's file or folder that leads out of the project", () => {
    const victim = write(join(root, 'home/settings.json'), '{}')
    symlinkSync(victim, join(root, 'project/.mcp.json'))
    refused('claude-code', 'CLIENT_CONFIG_OUTSIDE', { scope: 'project' })
    symlinkSync(join(root, 'home'), join(root, 'project/.vscode'))
    refused('vscode', 'CLIENT_CONFIG_OUTSIDE', { scope: 'project' })
    expect(readFileSync(victim, 'utf8')).toBe('{}')
    expect(readdirSync(join(root, 'home'))).toEqual(['settings.json'])
  })

  it('a folder that is none', () => {
    write(join(root, 'home/.codex'), '')
    refused('codex', 'CLIENT_CONFIG_UNREADABLE')
  })

  it('a folder that cannot be written to', () => {
    const path = write(join(root, 'home/.codex/config.toml'), 'a = 1\n')
    mkdirSync(join(dirname(path), `.config.toml.${process.pid}.tmp`))
    refused('codex', 'NOT_WRITABLE')
    expect(readFileSync(path, 'utf8')).toBe('a = 1\n')
  })

  it.for([
    ['an inline table', '[mcp_servers]\nswitchyard = { command = "/old/switchyard", args = ["mcp"] }\n'],
    ['dotted keys', 'mcp_servers.switchyard.command = "switchyard"\nmcp_servers.switchyard.args = ["mcp"]\n'],
  ] as const)('an entry of ours that cannot be changed alone: %s', ([, text]) => {
    const path = write(join(root, 'home/.codex/config.toml'), text)
    refused('codex', 'CLIENT_CONFIG_BY_HAND')
    expect(() => removeServers(options('codex'))).toThrow(expect.objectContaining({ code: 'CLIENT_CONFIG_BY_HAND' }))
    expect(readFileSync(path, 'utf8')).toBe(text)
  })

  it('JSON that says its servers twice, as clients differ in which they read', () => {
    const text = '{"mcpServers": {"a": {}}, "mcpServers": {"b": {}}}'
    const path = write(join(root, 'home/.claude.json'), text)
    refused('claude-code', 'CLIENT_CONFIG_BY_HAND')
    expect(readFileSync(path, 'utf8')).toBe(text)
  })
})

describe('a configuration', () => {
  it('that is a link stays one, and what it leads to is changed', () => {
    const real = write(join(root, 'dotfiles/claude.json'), '{}')
    const path = join(root, 'home/.claude.json')
    symlinkSync(real, path)
    expect(installServers(options('claude-code'))).toMatchObject({ did: 'changed', path })
    expect(readFileSync(real, 'utf8')).toContain('switchyard')
    expect(statSync(path).ino).toBe(statSync(real).ino)
  })

  it('keeps its mode, byte order mark, line ends and indentation', () => {
    const path = write(join(root, 'home/.gemini/settings.json'), '\uFEFF{\r\n    "a": 1\r\n}\r\n')
    execFileSync('chmod', ['640', path])
    installServers(options('gemini'))
    const text = readFileSync(path, 'utf8')
    expect(text.startsWith('\uFEFF{\r\n    "a": 1,\r\n    "mcpServers": {\r\n        "switchyard"')).toBe(true)
    expect(text.replaceAll('\r\n', '')).not.toContain('\n')
    expect(statSync(path).mode & 0o777).toBe(0o640)
    expect(installServers(options('gemini')).did).toBe('nothing')
  })

  it('that is empty counts as none', () => {
    const path = write(join(root, 'home/.gemini/settings.json'), '\n')
    installServers(options('gemini'))
    expect(JSON.parse(readFileSync(path, 'utf8'))).toHaveProperty('mcpServers.switchyard')
  })
})

/** Whether one text is left where lines, or parts of lines, are taken out of the other. */
function withoutAdded(old: string, now: string): boolean {
  let at = 0
  for (const char of now) if (char === old[at]) at++
  return at === old.length
}
