import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { ended, makeWorkspace, run, runHere, start } from './process.ts'

const BOARD = fileURLToPath(new URL('./fixtures/board-plugin.ts', import.meta.url))

function makeBoard(): Disposable & { dir: string } {
  return makeWorkspace(JSON.stringify({ plugins: [BOARD] }))
}

describe('switchyard state', () => {
  it('sets, shows, looks back, and says who and why', async () => {
    using workspace = makeBoard()
    const { dir } = workspace
    expect((await runHere(dir, ['board', 'move', '--task', 'api', '--owner', 'ada'])).code).toBe(0)
    const between = new Date().toISOString()
    expect(await runHere(dir, ['state', 'set', 'board/tasks', 'owners', 'api', 'bob'])).toMatchObject({ code: 0, stdout: 'api: bob\n' })
    expect((await runHere(dir, ['state', 'set', 'board/tasks', 'tags', 'urgent'])).code).toBe(0)

    const now = await runHere(dir, ['state', 'get', 'board/tasks', '--json'])
    expect(JSON.parse(now.stdout)).toEqual({ owners: { api: 'bob' }, tags: ['urgent'], moves: 1 })
    expect((await runHere(dir, ['state', 'get', 'board/tasks', 'owners', 'api'])).stdout).toBe('bob\n')
    expect((await runHere(dir, ['state', 'get', 'board/tasks', 'owners', 'api', '--at', between])).stdout).toBe('ada\n')

    const history = JSON.parse((await runHere(dir, ['state', 'history', 'board/tasks', '--key', 'api', '--json'])).stdout)
    expect(history).toMatchObject([{ who: 'person' }, { who: 'board', correlationId: expect.stringMatching(/^[0-9a-f]{32}$/) }])
    expect((await runHere(dir, ['state', 'history'])).stdout).toMatch(/person +board\/tasks .* set owners\.api "bob"/)
    expect((await runHere(dir, ['state', 'conflicts'])).stdout).toBe('No write was overwritten unseen\n')
    expect((await runHere(dir, ['state', 'list'])).stdout).toMatch(/board\/tasks +public .*owners \(map\), lead \(register\)/)
  }, 60_000)

  it('verify fails when the history was changed', async () => {
    using workspace = makeBoard()
    const { dir } = workspace
    await runHere(dir, ['state', 'set', 'board/tasks', 'lead', 'ada'])
    expect(await runHere(dir, ['state', 'verify'])).toMatchObject({ code: 0, stdout: expect.stringMatching(/^sound: 1 records/) })
    using file = new DatabaseSync(join(dir, '.switchyard', 'yard.db'))
    file.exec(`UPDATE state_record SET who = 'nobody'`)
    expect(await runHere(dir, ['state', 'verify'])).toMatchObject({ code: 1, stdout: expect.stringMatching(/^NOT SOUND .* record 1 /) })
  }, 60_000)

  it('watch shows what another process changes', async () => {
    using workspace = makeBoard()
    const { dir } = workspace
    await run(dir, ['state', 'set', 'board/tasks', 'lead', 'ada'])
    const watching = start(dir, ['state', 'watch', 'board/tasks', '--count', '1'])
    const seen = ended(watching)
    for (let n = 0; watching.exitCode === null && n < 10; n++) await run(dir, ['state', 'set', 'board/tasks', 'lead', `bob-${n}`])
    expect(await seen).toMatchObject({ code: 0, stdout: expect.stringMatching(/^lead = "bob-\d" by person\n$/) })
  }, 60_000)

  it.each([
    [['set', 'board/tasks', 'moves', '3'], /must be a register, a map or a set/],
    [['set', 'board/tasks', 'owners', 'api'], /takes a key and a value/],
    [['set', 'board/tasks', 'nothing', '3'], /must be one of: owners, lead, tags, moves/],
    [['get', 'board/tasks', '--at', 'then'], /--at must be a time/],
  ])('refuses %j', async (args, message) => {
    using workspace = makeBoard()
    expect(await runHere(workspace.dir, ['state', ...args])).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(message) })
  })

  it.each([
    [['get', 'board/unknown'], 'STATE_UNKNOWN'],
    [['set', 'board/tasks', 'lead', '3'], 'STATE_INVALID'],
  ])('fails for %j', async (args, code) => {
    using workspace = makeBoard()
    const { stdout, code: exit } = await runHere(workspace.dir, ['state', ...args, '--json'])
    expect([exit, JSON.parse(stdout)]).toMatchObject([1, { error: { code } }])
  })
})
