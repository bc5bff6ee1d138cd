import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { copyOf, ended, makeWorkspace, run, start, written } from './process.ts'

describe('switchyard PLUGIN COMMAND', () => {
  it('runs a reading command at once and prints a table', async () => {
    using workspace = makeWorkspace({ plugins: 'notes' })
    expect(await run(workspace.dir, ['notes', 'note', 'add', '--name', 'milk', '--yes'])).toMatchObject({ code: 0 })
    expect(await run(workspace.dir, ['notes', 'note', 'list'])).toEqual({
      code: 0,
      stdout: 'name  kind  stars\nmilk  todo  0\n',
      stderr: '',
    })
  })

  it('takes --flag value and --flag=value, repeated lists, numbers, choices, --no-x and JSON', async () => {
    using workspace = makeWorkspace({ plugins: 'notes' })
    const flags = ['--name=a b', '--kind', 'idea', '--tags=x', '--tags', 'y', '--stars=4.5', '--no-pinned', '--place={"page":3}']
    const { stdout, code } = await run(workspace.dir, ['notes', 'note', 'add', ...flags, '--dry-run', '--json'])
    expect(code).toBe(0)
    expect(JSON.parse(stdout).dryRun[0].input).toEqual({
      name: 'a b',
      kind: 'idea',
      tags: ['x', 'y'],
      stars: 4.5,
      pinned: false,
      place: { page: 3 },
    })
  })

  it('lets flags win over --input', async () => {
    using workspace = makeWorkspace({ plugins: 'notes' })
    const args = ['notes', 'note', 'add', '--input', '{"name":"x","stars":2}', '--stars', '3', '--yes', '--json']
    expect(JSON.parse((await run(workspace.dir, args)).stdout)).toEqual({ name: 'x', kind: 'todo', stars: 3 })
  })

  it.each([
    { args: ['--help'], part: 'Usage: switchyard "REQUEST"' },
    { args: [], part: 'Usage: switchyard "REQUEST"' },
    { args: ['--version'], part: '.' },
    { args: ['notes'], part: 'Usage: switchyard notes COMMAND...' },
    { args: ['notes', 'note'], part: 'Usage: switchyard notes note COMMAND...' },
    { args: ['notes', 'note', 'add', '--help'], part: 'Usage: switchyard notes note add' },
    { args: ['new'], part: 'Usage: switchyard new plugin NAME' },
  ])('prints help as one document with --json: $args', async ({ args, part }) => {
    using workspace = makeWorkspace({ plugins: 'notes' })
    const { code, stdout, stderr } = await run(workspace.dir, [...args, '--json'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(JSON.parse(stdout)).toEqual({ text: expect.stringContaining(part) })
  })

  it('prints one document with --json, errors too, and the rest on stderr', async () => {
    using workspace = makeWorkspace({ plugins: 'notes' })
    const listed = await run(workspace.dir, ['--json', 'notes', 'note', 'list'])
    expect(listed).toEqual({ code: 0, stdout: '[]\n', stderr: '' })
    const wrong = await run(workspace.dir, ['notes', 'note', 'list', '--limit', 'many', '--json'])
    expect(JSON.parse(wrong.stdout)).toMatchObject({ error: { code: 'USAGE', next: 'switchyard notes note list --help' } })
    expect(wrong).toMatchObject({ code: 2, stderr: '' })
  })
})

describe('approval', () => {
  it('without a terminal keeps the plan, exits with 3 and says how to approve it', async () => {
    using workspace = makeWorkspace({ plugins: 'notes' })
    const asked = await run(workspace.dir, ['notes', 'note', 'add', '--name', 'milk'])
    expect(asked.code).toBe(3)
    const id = /switchyard approve (p-\w+)/.exec(asked.stdout)?.[1] ?? ''
    expect(asked.stdout).toContain('Write down "milk"')
    expect((await run(workspace.dir, ['notes', 'note', 'list', '--json'])).stdout).toBe('[]\n')

    expect(await run(workspace.dir, ['approve', id])).toMatchObject({
      code: 0,
      stdout: 'name: milk\nkind: todo\nstars: 0\n',
      stderr: `To take it back: switchyard undo ${id}\n`,
    })
    expect(await run(workspace.dir, ['approve', id])).toMatchObject({ code: 2, stderr: expect.stringContaining('it is done') })
    expect(await run(workspace.dir, ['undo', id])).toMatchObject({ code: 0, stdout: 'milk is gone\n' })
    expect(await run(workspace.dir, ['undo', id])).toMatchObject({ code: 2, stderr: expect.stringContaining('it is undone') })
    expect((await run(workspace.dir, ['notes', 'note', 'list', '--json'])).stdout).toBe('[]\n')
    const plans = JSON.parse((await run(workspace.dir, ['plans', '--json'])).stdout)
    expect(plans).toMatchObject([{ id, state: 'undone', command: 'notes.note.add' }])
  })

  it('can be refused for good', async () => {
    using workspace = makeWorkspace({ plugins: 'notes' })
    const asked = await run(workspace.dir, ['notes', 'note', 'add', '--name', 'milk', '--json'])
    const { id } = JSON.parse(asked.stdout).needsApproval[0]
    expect(await run(workspace.dir, ['discard', id, '--json'])).toMatchObject({ code: 0, stdout: `{\n  "discarded": "${id}"\n}\n` })
    expect(await run(workspace.dir, ['approve', id])).toMatchObject({ code: 2, stderr: expect.stringContaining('it is discarded') })
  })

  it('never shows a secret that a command was given', async () => {
    using workspace = makeWorkspace({ plugins: 'notes' })
    const args = ['notes', 'note', 'add', '--name', 'milk', '--token', 'hunter2']
    for (const flags of [[], ['--json'], ['--dry-run', '--json'], ['--stars', 'many']]) {
      const { stdout, stderr } = await run(workspace.dir, [...args, ...flags])
      expect(stdout + stderr).not.toContain('hunter2')
    }
    const plans = await run(workspace.dir, ['plans', '--json'])
    expect(plans.stdout).toContain('[redacted]')
    expect(plans.stdout).not.toContain('hunter2')
  })

  it('runs at once where the configuration says so, and only what it says', async () => {
    using workspace = makeWorkspace({ plugins: 'notes' })
    const env = { SWITCHYARD_APPROVAL_WRITE: 'run' }
    expect(await run(workspace.dir, ['notes', 'note', 'add', '--name', 'a', '--json'], { env })).toMatchObject({ code: 0 })
    expect(await run(workspace.dir, ['notes', 'note', 'drop', '--name', 'a', '--json'], { env })).toMatchObject({ code: 3 })
  })
})

describe('switchyard "REQUEST"', () => {
  /** Its model is learned: that takes seconds, and each test has a copy of it. */
  let learned: ReturnType<typeof makeWorkspace>
  beforeAll(async () => {
    learned = makeWorkspace({ plugins: 'notes' })
    await run(learned.dir, ['route', 'learn'])
  }, 90_000)
  afterAll(() => learned[Symbol.dispose]())

  it('runs what reads at once and says which command it took', async () => {
    using workspace = copyOf(learned)
    const { code, stdout, stderr } = await run(workspace.dir, ['list all my notes'])
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: 'none\n', stderr: '→ switchyard notes note list\n' })
  })

  it('takes its flags before the words too', async () => {
    using workspace = copyOf(learned)
    const { code, stdout } = await run(workspace.dir, ['--dry-run', '--env', 'staging', '--json', 'throw the note milk away'])
    expect({ code, ...JSON.parse(stdout) }).toMatchObject({ code: 4, parts: [{ command: 'notes.note.drop', missing: ['name'] }] })
    expect(await run(workspace.dir, ['--yes', 'list all my notes'])).toMatchObject({ code: 0, stdout: 'none\n' })
  })

  it('hands the environment on, and refuses one that no command takes', async () => {
    using workspace = copyOf(learned)
    const listed = await run(workspace.dir, ['list all my notes', '--env', 'staging', '--json'])
    expect(JSON.parse(listed.stdout)).toMatchObject({ runs: [{ command: 'notes.note.list', input: { env: 'staging' } }] })
    expect(await run(workspace.dir, ['check the health of this project', '--env', 'staging'])).toEqual({
      code: 2,
      stdout: '',
      stderr: '✗ Cannot use --env as what runs must take one: ops.health.scan does not\n→ switchyard ops health scan --help\n',
    })
  })

  it('exits with 4 and says what can be done where no command fits', async () => {
    using workspace = copyOf(learned)
    const { code, stdout } = await run(workspace.dir, ['quantum flapjack zebra umbrella', '--json'])
    expect(code).toBe(4)
    expect(JSON.parse(stdout)).toMatchObject({ request: 'quantum flapjack zebra umbrella' })
  })

  it('exits with 4 and the question where an argument is missing', async () => {
    using workspace = copyOf(learned)
    const { code, stdout } = await run(workspace.dir, ['write down a note', '--json'])
    expect(code).toBe(4)
    expect(JSON.parse(stdout)).toMatchObject({ outcome: 'ask', parts: [{ command: 'notes.note.add', missing: ['name'] }] })
  })

  it('shows the decision alone with route', async () => {
    using workspace = copyOf(learned)
    const { code, stdout } = await run(workspace.dir, ['route', 'list all my notes', '--json'])
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ outcome: 'routed', parts: [{ command: 'notes.note.list' }] })
  })
})

describe('a running command', () => {
  it('is told to stop by Ctrl-C, and the process exits with 130', async () => {
    using workspace = makeWorkspace({ plugins: 'notes' })
    const child = start(workspace.dir, ['notes', 'wait'])
    const end = ended(child)
    await written(child, 'stderr', 'waiting')
    child.kill('SIGINT')
    expect(await end).toMatchObject({ code: 130, stderr: expect.stringContaining('told to stop') })
  })

  it('that does not stop is left by the second Ctrl-C', async () => {
    using workspace = makeWorkspace({ plugins: 'notes' })
    const child = start(workspace.dir, ['notes', 'wait', '--stubborn'])
    const end = ended(child)
    await written(child, 'stderr', 'waiting')
    const stopping = written(child, 'stderr', 'told to stop')
    child.kill('SIGINT')
    await stopping
    child.kill('SIGINT')
    expect(await end).toMatchObject({ code: 130, stderr: expect.stringContaining('Left at once') })
  })

  it('says nothing when its reader goes away', async () => {
    using workspace = makeWorkspace()
    const child = start(workspace.dir, ['config', '--schema'])
    child.stdout?.destroy()
    expect(await ended(child)).toMatchObject({ code: 0, stderr: '' })
  })

  it('uses colours nowhere but on a terminal', async () => {
    using workspace = makeWorkspace()
    const { stdout, stderr } = await run(workspace.dir, ['plugins'], { env: { FORCE_COLOR: '1' } })
    expect(stdout + stderr).not.toContain('\u001b')
  })
})

describe('the program', () => {
  it('says in one line what it needs where Node is too old', async () => {
    using workspace = makeWorkspace()
    const pretend = "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.19.2' } })"
    const { code, stdout, stderr } = await run(workspace.dir, ['plugins'], { node: ['--import', `data:text/javascript,${pretend}`] })
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(/^switchyard needs Node 24 or newer and this is 20\.19\.2: .*npx switchyard.*\n$/)
  })
})
