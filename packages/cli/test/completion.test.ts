import { execFile, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BIN, makeWorkspace, run } from './process.ts'

const has = (shell: string): boolean => spawnSync(shell, ['--version']).status === 0

let workspace: ReturnType<typeof makeWorkspace>
let bashScript: string
beforeAll(async () => {
  workspace = makeWorkspace({ plugins: 'notes' })
  // Who runs a command of a workspace trusts its plugins; from then on they are completed.
  await run(workspace.dir, ['notes', 'note', 'list'])
  bashScript = (await run(workspace.dir, ['completion', 'bash'])).stdout
})
afterAll(() => workspace[Symbol.dispose]())

async function shell(program: string, args: readonly string[], cwd = workspace.dir): Promise<string[]> {
  const env = { PATH: process.env.PATH, HOME: workspace.dir, BIN, NODE: process.execPath, SCRIPT: bashScript }
  const { stdout } = await promisify(execFile)(program, args, { cwd, env })
  return stdout.split('\n').filter((line) => line !== '')
}

/** Completes the last word as bash itself does: with its script loaded and the words that readline would hand over. */
function bash(words: readonly string[], cwd?: string): Promise<string[]> {
  const script = `
    switchyard() { "$NODE" "$BIN" "$@"; }
    eval "$SCRIPT"
    complete -p switchyard | grep -q -- '-F _switchyard' || exit 1
    COMP_WORDS=(switchyard "$@"); COMP_CWORD=$#
    _switchyard
    printf '%s\\n' "\${COMPREPLY[@]}"`
  return shell('bash', ['-c', script, 'bash', ...words], cwd)
}

describe('completion in bash', () => {
  it.each([
    { words: ['not'], found: ['notes'] },
    { words: ['pl'], found: ['plans', 'plugins'] },
    { words: ['notes', 'note', ''], found: ['list', 'add', 'drop'] },
    { words: ['notes', 'note', 'add', '--p'], found: ['--pinned', '--place'] },
    { words: ['notes', 'note', 'add', '--kind', ''], found: ['todo', 'idea'] },
    { words: ['notes', 'note', 'add', '--name', 'x', '--kind', 'i'], found: ['idea'] },
    { words: ['notes', 'note', 'add', '--kind', '=', 'to'], found: ['todo'] },
    { words: ['notes', 'note', 'add', '--kind', '='], found: ['todo', 'idea'] },
    { words: ['notes', 'note', 'add', '--name', ''], found: [] },
    { words: ['notes', 'wait', ''], found: ['--stubborn', '--no-stubborn', '--input', '--json', '--dir', '--help'] },
    { words: ['completion', ''], found: ['bash', 'zsh', 'fish'] },
    { words: ['new', 'p'], found: ['plugin'] },
    { words: ['--json', 'doc'], found: ['doctor'] },
    { words: ['config', '--s'], found: ['--schema'] },
  ])('of $words gives $found', async ({ words, found }) => {
    expect(await bash(words)).toEqual(found)
  })

  it('still completes our own commands where the configuration is wrong', async () => {
    using broken = makeWorkspace('{ "plugins": 3 }')
    expect(await bash(['doc'], broken.dir)).toEqual(['doctor'])
  })
})

describe('completion in a folder that nobody trusts yet', () => {
  const COMPLETE = ['__complete', '--']

  /** A repository whose plugin leaves a mark when anything of it is run. */
  function hostile(files: Readonly<Record<string, string>> = {}) {
    const folder = makeWorkspace('{ "plugins": ["./evil.ts"] }')
    const all = { 'evil.ts': `import { writeFileSync } from 'node:fs'\nwriteFileSync('${join(folder.dir, 'ran')}', '')`, ...files }
    for (const [path, text] of Object.entries(all)) {
      mkdirSync(dirname(join(folder.dir, path)), { recursive: true })
      writeFileSync(join(folder.dir, path), text)
    }
    return folder
  }

  it('runs nothing of it', async () => {
    using folder = hostile()
    expect((await run(folder.dir, [...COMPLETE, 'op'])).stdout).toMatch(/^ops\t/)
    expect(existsSync(join(folder.dir, 'ran'))).toBe(false)
    // The mark works: a command of the workspace does load its plugins.
    await run(folder.dir, ['plugins'])
    expect(existsSync(join(folder.dir, 'ran'))).toBe(true)
  })

  it('takes what a repository left as its names for words, and nothing that steers a terminal', async () => {
    const flag = { name: 'a', kind: 'text', description: '', choices: ['\u001b[2Jred', 'blue'] }
    const shapes = [
      { name: 'fine', summary: 'About \u001b[31mthis', commands: [{ name: 'go', summary: 'Go', changes: false, flags: [flag] }] },
      { name: '$(touch ran)', summary: 'No word', commands: [] },
      { name: 'ops', summary: 'Not in place of ours', commands: [] },
      { name: 'twice', summary: '', commands: [{ name: 'go', summary: '', changes: false, flags: [flag, flag] }] },
      'nonsense',
    ]
    using folder = hostile({ '.switchyard/completion.json': JSON.stringify(shapes) })
    const { stdout } = await run(folder.dir, [...COMPLETE, ''])
    expect(stdout).toMatch(/^fine\tAbout this$/m)
    expect(stdout).not.toMatch(/touch|Not in place/)
    expect((await run(folder.dir, [...COMPLETE, 'fine', 'go', '--a', ''])).stdout).toBe('red\t\nblue\t\n')
    using broken = hostile({ '.switchyard/completion.json': '{"' })
    expect((await run(broken.dir, [...COMPLETE, 'op'])).stdout).toMatch(/^ops\t/)
  })
})

describe.runIf(has('fish'))('completion in fish (where it is installed)', () => {
  it('gives each candidate with what it is for', async () => {
    const script = 'function switchyard; $NODE $BIN $argv; end; switchyard completion fish | source; complete -C "switchyard notes note l"'
    expect(await shell('fish', ['-c', script])).toEqual(['list\tList the notes'])
  })
})

describe.runIf(has('zsh'))('completion in zsh (where it is installed)', () => {
  it('is a script that zsh can read and that offers itself for switchyard', async () => {
    const script =
      'autoload -Uz compinit; compinit -u -d "$HOME/.zcompdump"; eval "$("$NODE" "$BIN" completion zsh)"; print $_comps[switchyard]'
    expect((await shell('zsh', ['-fc', script]))[0]).toBe('_switchyard')
  })
})
