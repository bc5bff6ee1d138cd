import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ended, makeWorkspace, runHere as run, start } from './process.ts'

const ADD_TWO = `name: add-two
input:
  first: { type: string }
steps:
  - id: one
    call: notes.note.add
    input: { name: "\${{ input.first }}" }
  - id: go
    ask: "Add another after \${{ steps.one.output.name }}?"
  - id: two
    call: notes.note.add
    input: { name: second }
`

function makeNotes(files: Readonly<Record<string, string>>): Disposable & { dir: string } {
  const workspace = makeWorkspace({ plugins: 'notes' })
  for (const [name, text] of Object.entries(files)) writeFileSync(join(workspace.dir, name), text)
  return workspace
}

const notesIn = async (dir: string): Promise<readonly string[]> =>
  (JSON.parse((await run(dir, ['notes', 'note', 'list', '--json'])).stdout) as { name: string }[]).map(({ name }) => name)

describe('switchyard chain', () => {
  it('checks a file and names line and column', async () => {
    using workspace = makeNotes({ 'add.yaml': ADD_TWO, 'wrong.yaml': ADD_TWO.replace('output.name', 'output.nam') })
    expect(await run(workspace.dir, ['chain', 'check', 'add.yaml'])).toMatchObject({ code: 0, stderr: '' })
    const wrong = await run(workspace.dir, ['chain', 'check', 'wrong.yaml'])
    expect(wrong).toMatchObject({ code: 1, stdout: expect.stringMatching(/error wrong\.yaml:9:33 steps\.one\.output has no "nam"/) })
    writeFileSync(join(workspace.dir, 'later.yaml'), 'name: later\nsteps:\n  - id: one\n    call: zoo.feed\n')
    expect((await run(workspace.dir, ['chain', 'check', 'later.yaml'])).stdout).toMatch(
      /becomes runnable with the plugins that bring: zoo\./,
    )
  }, 60_000)

  it('runs up to a question, and on with its answer', async () => {
    using workspace = makeNotes({ 'add.yaml': ADD_TWO })
    const { dir } = workspace
    const unasked = await run(dir, ['chain', 'run', 'add.yaml', '--set', 'first=milk'])
    expect(unasked).toMatchObject({
      code: 3,
      stdout: expect.stringMatching(/one {2}calls notes\.note\.add\n {2}Write down "milk"[\s\S]*Nothing was done/),
    })
    expect(await notesIn(dir)).toEqual([])
    const asked = await run(dir, ['chain', 'run', 'add.yaml', '--set', 'first=milk', '--yes', '--json'])
    expect(asked.code).toBe(3)
    const { id } = JSON.parse(asked.stdout) as { id: string }
    expect((await run(dir, ['chain', 'list'])).stdout).toMatch(new RegExp(`${id} +waiting`))
    const done = await run(dir, ['chain', 'approve', id])
    expect(done).toMatchObject({ code: 0, stdout: expect.stringMatching(/✓ └─ two: notes\.note\.add/) })
    expect(await notesIn(dir)).toEqual(['milk', 'second'])
    expect((await run(dir, ['chain', 'show', id, '--mermaid'])).stdout).toMatch(/^flowchart TD\n[\s\S]*:::done/)
  }, 60_000)

  it('takes everything back when it is refused or cancelled', async () => {
    using workspace = makeNotes({ 'add.yaml': ADD_TWO })
    const { dir } = workspace
    const ids: string[] = []
    for (const first of ['a', 'b'])
      ids.push(
        (JSON.parse((await run(dir, ['chain', 'run', 'add.yaml', '--set', `first=${first}`, '--yes', '--json'])).stdout) as { id: string })
          .id,
      )
    const refused = await run(dir, ['chain', 'approve', ids[0]!, '--refuse'])
    expect(refused).toMatchObject({ code: 1, stdout: expect.stringMatching(/undone[\s\S]*Undone: one\nNever started: two/) })
    expect(await notesIn(dir)).toEqual(['b'])
    expect(await run(dir, ['chain', 'cancel', ids[1]!])).toMatchObject({ code: 0 })
    expect(await notesIn(dir)).toEqual([])
    expect(await run(dir, ['chain', 'retry', ids[1]!])).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/all of it was taken back/),
    })
  }, 60_000)

  it('goes on in another process after the first one was killed', async () => {
    const pause = '  - id: pause\n    wait: 2s\n'
    using workspace = makeNotes({ 'add.yaml': ADD_TWO.replace('steps:\n', `steps:\n${pause}`).replace(/ask: .*/, 'wait: 1ms') })
    const { dir } = workspace
    const child = start(dir, ['chain', 'run', 'add.yaml', '--set', 'first=milk', '--yes'])
    await once(child.stderr!, 'data')
    child.kill('SIGKILL')
    await ended(child)
    const resumed = await run(dir, ['chain', 'resume', '--json'])
    expect(JSON.parse(resumed.stdout)).toMatchObject({ chains: [{ state: 'done', done: ['pause', 'one', 'go', 'two'] }] })
    expect(await notesIn(dir)).toEqual(['milk', 'second'])
  }, 60_000)
})
