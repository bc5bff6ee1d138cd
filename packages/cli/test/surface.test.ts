import { describe, expect, it } from 'vitest'
import * as door from '../src/index.ts'
import { makeWorkspace, run } from './process.ts'

/** The first words of the lines of a help text's section. */
async function terms(dir: string, args: readonly string[]): Promise<string[]> {
  const { stdout, code } = await run(dir, [...args, '--help'])
  expect(code).toBe(0)
  return [...stdout.matchAll(/^ {2}((?:-\w, )?--?[\w-]+(?: <\w+>)?|\w+(?: [A-Z]+)?)(?: {2,}|$)/gm)].map(([, term = '']) => term)
}

const ALWAYS = ['--json', '--dir <folder>', '-h, --help']
const APPROVAL = ['--yes', '--dry-run']
const REQUEST = ['--explain', '--env <name>', '--budget <usd>', '--minutes <n>', ...APPROVAL]

describe('the surface of the command line: red means that people have to change what they type', { timeout: 120_000 }, () => {
  it('exit codes', () => {
    expect(door.EXIT).toEqual({ done: 0, failed: 1, usedWrongly: 2, needsApproval: 3, noCommandFits: 4, interrupted: 130 })
  })

  it('exports', () => expect(Object.keys(door).sort()).toEqual(['EXIT', 'builtInModel', 'builtInPlugins', 'outlineOf']))

  it('commands and flags', async () => {
    using workspace = makeWorkspace({ plugins: 'notes' })
    const commands = [
      'ask',
      'route',
      'plans',
      'approve',
      'discard',
      'undo',
      'plugins',
      'registry',
      'agents',
      'chain',
      'state',
      'trace',
      'logs',
      'metrics',
      'alerts',
      'mcp',
      'config',
      'doctor',
      'init',
      'new',
      'completion',
    ]
    expect(await terms(workspace.dir, [])).toEqual(['-V, --version', ...ALWAYS, ...commands, ...REQUEST])
    const flags = await Promise.all(commands.map(async (name) => [name, await terms(workspace.dir, [name])]))
    expect(Object.fromEntries(flags)).toEqual({
      ask: ['request', ...REQUEST, ...ALWAYS],
      route: [
        'request',
        '--explain',
        '--budget <usd>',
        '--minutes <n>',
        '--batch <file>',
        '--wrong <request>',
        '--right <command>',
        '--forget <request>',
        ...ALWAYS,
        'eval FILE',
        'learn',
        'replay',
      ],
      plans: [...ALWAYS],
      approve: ['plan', '--yes', ...ALWAYS],
      discard: ['plan', ...ALWAYS],
      undo: ['plan', ...ALWAYS],
      plugins: [...ALWAYS],
      registry: [...ALWAYS, 'add WORDS', 'list', 'show NAME', 'remove SOURCE', 'update SOURCE'],
      agents: [...ALWAYS, 'search WORDS', 'list', 'team TASK'],
      chain: [...ALWAYS, 'check CHAIN', 'run CHAIN', 'list', 'show ID', 'watch ID', 'cancel ID', 'retry ID', 'resume ID', 'approve ID'],
      state: [...ALWAYS, 'list', 'watch NAMESPACE', 'history NAMESPACE', 'conflicts NAMESPACE', 'verify'],
      trace: [...ALWAYS, 'list WORDS', 'show RUN', 'follow RUN', 'export RUN', 'bundle RUN', 'view RUN', 'receive', 'import FILE'],
      logs: [
        '--plugin <name>',
        '--level <level>',
        '--trace <run>',
        '--since <time>',
        '--until <time>',
        '--text <words>',
        '--limit <n>',
        '--follow',
        ...ALWAYS,
        'level LEVEL',
      ],
      metrics: ['name', '--text <words>', '--format <format>', ...ALWAYS],
      alerts: [...ALWAYS, 'list', 'rules', 'news', 'test'],
      mcp: ['plugins', '--http <port>', '--full', ...ALWAYS, 'install PLUGINS'],
      config: ['--schema', ...ALWAYS],
      doctor: [...ALWAYS],
      init: [...ALWAYS],
      new: [...ALWAYS, 'plugin NAME'],
      completion: ['shell', ...ALWAYS],
    })
    expect(await terms(workspace.dir, ['notes', 'note', 'add'])).toEqual([
      '--name <text>',
      '--kind <text>',
      '--tags <text>',
      '--stars <number>',
      '--no-pinned',
      '--place <json>',
      '--token <text>',
      ...APPROVAL,
      '--input <json>',
      ...ALWAYS,
    ])
  })

  it('help of a command, made from its definition', async () => {
    using workspace = makeWorkspace({ plugins: 'notes' })
    const { stdout } = await run(workspace.dir, ['help', 'notes', 'note', 'add'])
    expect(`\n${stdout}`).toBe(`
Usage: switchyard notes note add [flags]

Write down a note.

Changes something: shows its plan and asks first.

Options:
  --name <text>     What it is called (required)
  --kind <text>     (default: todo) (choices: "todo", "idea")
  --tags <text>     (may be repeated; default: [])
  --stars <number>  (default: 0)
  --no-pinned       Keep it on top
  --place <json>
  --token <text>

Approval:
  --yes             Run the plan without asking
  --dry-run         Show the plan and run nothing

Always:
  --input <json>    The whole input as JSON; flags win over it
  --json            Print one JSON document
  --dir <folder>    The workspace; else the nearest one above
  -h, --help        Show help

In plain words:
  switchyard "write down a note"
  switchyard "add a new note"
  switchyard "note something down"
`)
  })
})
