import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { BIN, ended, makeWorkspace, run } from './process.ts'

/** Gives a program a terminal of its own. */
const SCRIPT = 'script'
const hasTerminals = spawnSync(SCRIPT, ['--version']).status === 0

/** Runs the real program on a terminal; each answer is typed once its question is on the screen. */
async function onTerminal(dir: string, args: readonly string[], answers: readonly (readonly [question: string, keys: string])[], env = {}) {
  const line = [process.execPath, BIN, ...args].map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ')
  const child = spawn(SCRIPT, ['-qec', `stty rows 40 columns 80; ${line}`, '/dev/null'], {
    cwd: dir,
    env: { PATH: process.env.PATH, HOME: dir, TERM: 'xterm-256color', ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const waiting = [...answers]
  let screen = ''
  child.stdout.on('data', (chunk: Buffer) => {
    screen += chunk.toString()
    const next = waiting[0]
    if (next === undefined || !screen.includes(next[0])) return
    waiting.shift()
    screen = ''
    child.stdin.write(next[1])
  })
  const { code, stdout } = await ended(child)
  return { code, stdout, unanswered: waiting.length }
}

const CTRL_C = '\u0003'
const UP = '\u001b[A'

describe.runIf(hasTerminals)('on a terminal (that script, a part of every Debian, makes)', { timeout: 60_000 }, () => {
  it('what changes something shows its plan and runs after a yes', async () => {
    using workspace = makeWorkspace({ plugins: 'notes' })
    const { code, stdout, unanswered } = await onTerminal(workspace.dir, ['notes', 'note', 'add', '--name', 'milk'], [['Do this?', 'y']])
    expect({ code, unanswered }).toEqual({ code: 0, unanswered: 0 })
    expect(stdout).toContain('Write down "milk"')
    expect(stdout).toContain('\rwriting milk 1/2')
    expect(stdout).toContain('To take it back: switchyard undo p-')
    expect((await run(workspace.dir, ['notes', 'note', 'list'])).stdout).toContain('milk')
  })

  it.each([
    ['a no', 'n'],
    ['Ctrl-C', CTRL_C],
  ])('nothing is done after %s, and the exit code is 3', async (_, keys) => {
    using workspace = makeWorkspace({ plugins: 'notes' })
    const { code, stdout } = await onTerminal(workspace.dir, ['notes', 'note', 'add', '--name', 'milk'], [['Do this?', keys]])
    expect(code).toBe(3)
    expect(stdout).toContain('Nothing was done. To do it:')
    expect(stdout.match(/Write down "milk"/g)).toHaveLength(1)
    expect((await run(workspace.dir, ['notes', 'note', 'list', '--json'])).stdout).toBe('[]\n')
  })

  it('an address with a password is refused before any of it is on the screen', async () => {
    using workspace = makeWorkspace()
    for (const address of ['https://me:hunter2@example.invalid/x.git', 'https://example.invalid/x.git?token=hunter2']) {
      const { code, stdout } = await onTerminal(workspace.dir, ['registry', 'add', address], [])
      expect({ code, stdout }).toEqual({ code: 1, stdout: expect.stringContaining('may carry no') })
      expect(stdout).not.toContain('hunter2')
    }
  })

  it('what cannot be taken back wants the name of what is lost, to the letter', async () => {
    using workspace = makeWorkspace({ plugins: 'notes' })
    await run(workspace.dir, ['notes', 'note', 'add', '--name', 'milk', '--yes'])
    const drop = ['notes', 'note', 'drop', '--name', 'milk']
    const wrong = await onTerminal(workspace.dir, drop, [
      ['Type milk to go on', 'yes\r'],
      ['Type milk, or', CTRL_C],
    ])
    expect(wrong.code).toBe(3)
    const right = await onTerminal(workspace.dir, drop, [['Type milk to go on', 'milk\r']])
    expect(right.code).toBe(0)
    expect((await run(workspace.dir, ['notes', 'note', 'list', '--json'])).stdout).toBe('[]\n')
  })

  it('a kept plan that cannot be taken back wants the name too, unless it is approved without a terminal', async () => {
    using workspace = makeWorkspace({ plugins: 'notes' })
    await run(workspace.dir, ['notes', 'note', 'add', '--name', 'milk', '--yes'])
    const drop = ['notes', 'note', 'drop', '--name', 'milk', '--json']
    const kept = JSON.parse((await run(workspace.dir, drop)).stdout) as { needsApproval: [{ id: string }] }
    const [{ id }] = kept.needsApproval
    const wrong = await onTerminal(workspace.dir, ['approve', id], [['Type milk to go on', CTRL_C]])
    expect(wrong.code).toBe(3)
    expect(await run(workspace.dir, ['approve', id])).toMatchObject({ code: 0 })
    expect((await run(workspace.dir, ['notes', 'note', 'list', '--json'])).stdout).toBe('[]\n')
  })

  it('a chain that waits, and removes something for good once it goes on, wants its name too', async () => {
    using workspace = makeWorkspace({ plugins: 'notes' })
    const { dir } = workspace
    const steps = ['steps:', '  - id: sure', '    ask: Tidy up?', '  - id: drop', '    call: notes.note.drop', '    input: { name: milk }']
    writeFileSync(join(dir, 'tidy.yaml'), ['name: tidy', ...steps, ''].join('\n'))
    await run(dir, ['notes', 'note', 'add', '--name', 'milk', '--yes'])
    const asked = await run(dir, ['chain', 'run', 'tidy.yaml', '--yes', '--json'])
    const { id } = JSON.parse(asked.stdout) as { id: string }
    for (const args of [
      ['approve', id],
      ['chain', 'approve', id],
    ]) {
      const left = await onTerminal(dir, args, [['Type tidy', CTRL_C]])
      expect(left).toMatchObject({ code: 3, unanswered: 0, stdout: expect.stringContaining('Nothing was done') })
    }
    expect((await run(dir, ['notes', 'note', 'list'])).stdout).toContain('milk')
    expect(await onTerminal(dir, ['approve', id], [['Type tidy', 'tidy\r']])).toMatchObject({ code: 0, unanswered: 0 })
    expect((await run(dir, ['notes', 'note', 'list', '--json'])).stdout).toBe('[]\n')
  }, 90_000)

  it('Ctrl-C stops a chain, says what was done, and leaves it to go on with or take back', async () => {
    using workspace = makeWorkspace({ plugins: 'notes' })
    const { dir } = workspace
    const steps = ['steps:', '  - id: add', '    call: notes.note.add', '    input: { name: milk }', '  - id: rest', '    call: notes.wait']
    writeFileSync(join(dir, 'slow.yaml'), ['name: slow', ...steps, ''].join('\n'))
    let args = ['chain', 'run', 'slow.yaml', '--yes']
    for (const _ of ['begun', 'gone on with']) {
      const stopped = await onTerminal(dir, args, [['waiting\r\n', CTRL_C]], { NO_COLOR: '1' })
      expect(stopped).toMatchObject({ code: 130, unanswered: 0 })
      expect(stopped.stdout).toContain('Stopped in rest. Done: add.')
      const [, id = ''] = /To go on: +switchyard chain resume (c-\w+)/.exec(stopped.stdout) ?? []
      expect(stopped.stdout).toContain(`To take it back: switchyard chain cancel ${id}`)
      expect((await run(dir, ['chain', 'list'])).stdout).toMatch(new RegExp(`${id} +stopped, was running `))
      args = ['chain', 'resume', id]
    }
    expect((await run(dir, ['chain', 'cancel', args[2]!])).code).toBe(0)
    expect((await run(dir, ['notes', 'note', 'list', '--json'])).stdout.trim()).toBe('[]')
  })

  it('what a request leaves open is asked for', async () => {
    using workspace = makeWorkspace({ plugins: 'notes' })
    const { code, stdout } = await onTerminal(
      workspace.dir,
      ['write down a note'],
      [
        ['What is the name? (What it is called)', 'bread\r'],
        ['Do this?', 'y'],
      ],
    )
    expect(code).toBe(0)
    expect(stdout).toContain('switchyard notes note add --name bread')
    const learning = '\rLearning the commands of this workspace, which takes some seconds, once'
    expect(stdout).toContain(learning)
    // Whether it is meant at all is asked before anything else is.
    const meant = 'should i throw the note bread away'
    const refused = await onTerminal(workspace.dir, [meant], [['Do you want notes.note.drop', 'n']])
    expect(refused).toMatchObject({ code: 4, unanswered: 0 })
    expect(refused.stdout).not.toContain(learning)
    expect((await run(workspace.dir, ['notes', 'note', 'list'])).stdout).toContain('bread')
    // What others do is one of the answers, and is said, not done.
    mkdirSync(join(workspace.dir, 'poet/agents'), { recursive: true })
    writeFileSync(join(workspace.dir, 'poet/agents/poet.md'), '---\nname: poet\ndescription: Turns a note into a rhyming poem\n---\n')
    await run(workspace.dir, ['registry', 'add', 'poet'])
    const offered = await onTerminal(workspace.dir, ['poem of a note'], [['use the poet:poet agent', `${UP}\r`]])
    const answered = await onTerminal(
      workspace.dir,
      ['poem of a note'],
      [
        ['use the poet:poet agent', '\r'],
        ['What it is called', 'ode\r'],
        ['Do this?', 'y'],
      ],
    )
    expect(answered).toMatchObject({ code: 0, unanswered: 0, stdout: expect.stringContaining('Remembered: notes.note.') })
    const { stdout: again } = await run(workspace.dir, ['route', 'poem of a note', '--json'])
    expect(JSON.parse(again)).toMatchObject({ parts: [{ command: 'notes.note.add' }], asks: 'arguments' })
    expect(offered).toMatchObject({ code: 4, unanswered: 0, stdout: expect.stringMatching(/poet:poet agent\s+Nothing was done/) })
  }, 240_000)

  it('colours are shown, but not with NO_COLOR', async () => {
    using workspace = makeWorkspace()
    const colored = await onTerminal(workspace.dir, ['plugins'], [])
    expect(colored.stdout).toContain('\u001b[1mops')
    const bare = await onTerminal(workspace.dir, ['plugins'], [], { NO_COLOR: '1' })
    expect(bare.stdout).toContain('ops ')
    expect(bare.stdout).not.toContain('\u001b')
  })
})
