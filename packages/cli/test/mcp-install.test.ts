import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { BIN, ended, installBundle, makeWorkspace, run } from './process.ts'

describe('switchyard mcp install', () => {
  it('enters, says what it did, does nothing the second time, and takes it away', async () => {
    using workspace = makeWorkspace()
    const { dir } = workspace
    const file = join(dir, '.codex/config.toml')
    mkdirSync(join(dir, '.codex'))
    writeFileSync(file, '# mine\n')
    const install = (...args: string[]) => run(dir, ['mcp', 'install', '--client', 'codex', ...args])

    const first = await install('ops')
    expect(first).toMatchObject({ code: 0, stderr: '' })
    expect(first.stdout.replaceAll(dir, '~').replace(/\d{8}T\d{9}Z/, 'NOW')).toBe(`changed ~/.codex/config.toml
  added switchyard-ops
  what was there: ~/.codex/config.toml.backup-NOW

Next: codex mcp list
`)
    expect(readFileSync(file, 'utf8')).toBe(
      `# mine\n\n[mcp_servers.switchyard-ops]\ncommand = ${JSON.stringify(process.execPath)}\nargs = [ ${JSON.stringify(BIN)}, "mcp", "ops" ]\n`,
    )
    expect((await install('ops')).stdout.replaceAll(dir, '~')).toBe('~/.codex/config.toml is as it must be: switchyard-ops\n')
    expect(JSON.parse((await install('--remove', '--json')).stdout)).toMatchObject({
      did: 'changed',
      entries: [{ name: 'switchyard-ops', did: 'removed' }],
    })
    expect(readFileSync(file, 'utf8')).toBe('# mine\n')
  })

  it('prints the entry for whoever wants to add it by hand, and writes nothing', async () => {
    using workspace = makeWorkspace()
    const { code, stdout, stderr } = await run(workspace.dir, ['mcp', 'install', '--client', 'vscode', '--scope', 'project', '--print'])
    expect(code).toBe(0)
    expect(stderr).toBe(`${join(workspace.dir, '.vscode/mcp.json')}\n`)
    expect(JSON.parse(stdout)).toEqual({
      servers: {
        switchyard: { type: 'stdio', command: 'npx', args: ['--no', '--', 'switchyard', 'mcp', '--dir', '${workspaceFolder}'] },
      },
    })
    expect(() => readFileSync(join(workspace.dir, '.vscode/mcp.json'))).toThrow('ENOENT')
  })

  it.for([
    [['--client', 'codex', 'nobody'], 'Cannot serve "nobody" as it must be a plugin'],
    [['--client', 'emacs'], 'Allowed choices are claude-code, claude-desktop, cursor, vscode, codex, gemini'],
    [[], 'required option "--client <name>" not specified'],
    [['--client', 'claude-desktop', '--scope', 'project'], "it has only the user's own"],
    [['--client', 'codex', '--print', '--remove'], 'both are named'],
  ] as const)('refuses %j', async ([args, what]) => {
    using workspace = makeWorkspace()
    const { code, stderr } = await run(workspace.dir, ['mcp', 'install', ...args])
    expect(stderr).toContain(what)
    expect(code).toBe(2)
  })

  it('enters no command that npx only lent', { timeout: 60_000 }, async () => {
    using workspace = makeWorkspace()
    const bin = installBundle(join(workspace.dir, '_npx/0a1b'))
    const child = spawn(process.execPath, [bin, 'mcp', 'install', '--client', 'codex'], {
      cwd: workspace.dir,
      env: { HOME: workspace.dir, PATH: process.env.PATH },
    })
    const { code, stderr } = await ended(child)
    expect(stderr).toContain('it must be installed: npx keeps it in')
    expect(code).toBe(2)
  })

  it('changes nothing in a file that it cannot read', async () => {
    using workspace = makeWorkspace()
    const file = join(workspace.dir, '.claude.json')
    writeFileSync(file, '{"a": ')
    const { code, stderr } = await run(workspace.dir, ['mcp', 'install', '--client', 'claude-code'])
    expect(
      stderr.replaceAll(workspace.dir, '~'),
    ).toBe(`✗ Cannot change ~/.claude.json as it must be what its client reads: ValueExpected in line 1
→ mend it, or add the entry by hand: the same command with --print shows it
`)
    expect(code).toBe(1)
    expect(readFileSync(file, 'utf8')).toBe('{"a": ')
  })
})
