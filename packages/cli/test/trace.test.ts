import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ended, makeWorkspace, run, runHere, start } from './process.ts'

const STEPS = `name: undo-me
saga: true
steps:
  - id: keep
    call: notes.note.add
    input: { name: kept }
  - id: fail
    call: notes.note.add
    input: { name: one }
`

describe('switchyard trace', () => {
  it('lists, draws, follows and exports what ran', { timeout: 120_000 }, async () => {
    using workspace = makeWorkspace({ plugins: 'notes' })
    const { dir } = workspace
    expect(await runHere(dir, ['trace', 'list'])).toMatchObject({ code: 0, stdout: expect.stringContaining('No run is like that') })
    expect(await runHere(dir, ['trace', 'show'])).toMatchObject({ code: 1, stderr: expect.stringContaining('Cannot show the last run') })
    await runHere(dir, ['notes', 'note', 'add', '--name', 'one', '--yes'])
    writeFileSync(join(dir, 'undo-me.yaml'), STEPS)
    await runHere(dir, ['chain', 'run', 'undo-me.yaml', '--yes'])

    const listed = JSON.parse((await runHere(dir, ['trace', 'list', '--json'])).stdout) as {
      traceId: string
      name: string
      state: string
    }[]
    expect(listed.length).toBeGreaterThan(1)
    expect(listed[0]).toMatchObject({ state: expect.stringMatching(/^(failed|undone)$/) })
    const id = listed[0]!.traceId
    expect(JSON.parse((await runHere(dir, ['trace', 'list', '--state', 'done', '--plugin', 'notes', '--json'])).stdout)).not.toContainEqual(
      expect.objectContaining({ traceId: id }),
    )
    expect((await runHere(dir, ['trace', 'list', '--since', '1h', '--limit', '1'])).stdout).toContain(id.slice(0, 8))

    const shown = await runHere(dir, ['trace', 'show', id.slice(0, 8)])
    expect(shown).toMatchObject({ code: 0, stderr: '' })
    expect(shown.stdout).toContain(id)
    expect(shown.stdout).toMatch(/✗ .*notes\.note\.add/)
    expect(shown.stdout).toContain(`switchyard trace view ${id.slice(0, 8)}`)
    for (const line of shown.stdout.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80)

    // A run that has ended is told to its end.
    const followed = await runHere(dir, ['trace', 'follow', id])
    expect(followed.code).toBe(0)
    expect(followed.stdout).toMatch(/✗ .*notes\.note\.add/)

    const otlp = JSON.parse((await runHere(dir, ['trace', 'export', id])).stdout)
    expect(otlp).toMatchObject({
      resourceSpans: [{ scopeSpans: [{ spans: expect.arrayContaining([expect.objectContaining({ traceId: id })]) }] }],
    })
    expect(await runHere(dir, ['trace', 'export', id, '--format', 'html', '--to', 'run.html'])).toMatchObject({ code: 0 })
    expect(readFileSync(join(dir, 'run.html'), 'utf8')).toContain(id)
    expect(statSync(join(dir, 'run.html')).mode & 0o777).toBe(0o600)
    expect(await runHere(dir, ['trace', 'export', id, '--format', 'html', '--to', 'run.html'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('nothing may be overwritten'),
    })
  })

  it('reads a file of spans once, however often it is read', { timeout: 120_000 }, async () => {
    using workspace = makeWorkspace({ plugins: 'notes' })
    const { dir } = workspace
    await runHere(dir, ['notes', 'note', 'list'])
    await runHere(dir, ['trace', 'export', '--to', 'run.json'])
    const told = JSON.parse(
      readFileSync(join(dir, 'run.json'), 'utf8').replaceAll(/"traceId":"[0-9a-f]{32}"/g, `"traceId":"${'a'.repeat(32)}"`),
    )
    writeFileSync(join(dir, 'other.json'), JSON.stringify(told))
    expect(await runHere(dir, ['trace', 'import', 'other.json'])).toMatchObject({ stdout: expect.stringMatching(/^Took 3 spans\n?$/) })
    expect(await runHere(dir, ['trace', 'import', 'other.json'])).toMatchObject({ stdout: expect.stringContaining('3 were here already') })
    expect((await runHere(dir, ['trace', 'show', 'aaaaaaaa'])).stdout).toContain('3 spans')
  })

  it('follows what runs in another process', { timeout: 60_000 }, async () => {
    using workspace = makeWorkspace({ plugins: 'notes' })
    const { dir } = workspace
    await run(dir, ['notes', 'note', 'add', '--name', 'one', '--yes'])
    const following = start(dir, ['trace', 'follow', '--count', '1'])
    const seen = ended(following)
    for (let n = 0; following.exitCode === null && n < 15; n++) await run(dir, ['notes', 'note', 'list'])
    expect(await seen).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^\d\d:\d\d:\d\d {2}[0-9a-f]{8} {2}\S \w+ +\S.* notes note list/),
    })
  })

  it('view prints an address that only its token opens, until Ctrl-C', { timeout: 60_000 }, async () => {
    using workspace = makeWorkspace({ plugins: 'notes' })
    const { dir } = workspace
    await runHere(dir, ['notes', 'note', 'add', '--name', 'one', '--yes'])
    const viewing = start(dir, ['trace', 'view', 'last', '--no-open'])
    const over = ended(viewing)
    const address = await new Promise<string>((resolve, reject) => {
      let text = ''
      viewing.stdout?.on('data', (chunk: string) => {
        text += chunk
        if (text.includes('\n')) resolve(text.trim())
      })
      viewing.on('exit', () => reject(new Error('it ended')))
    })
    expect(address).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[\w-]{32}\/#\/run\/[0-9a-f]{32}\/waterfall$/)
    const page = new URL(address)
    expect((await fetch(page)).status).toBe(200)
    expect((await fetch(page.origin)).status).toBe(401)
    const runs = (await (await fetch(new URL('api/runs', `${page.origin}${page.pathname}`))).json()) as unknown[]
    expect(runs).toMatchObject([{ title: expect.stringContaining('note add'), status: 'done' }])
    viewing.kill('SIGINT')
    expect((await over).code).toBe(130)
  })

  it.each([
    [['show', 'zzz'], 1, 'TRACE_UNKNOWN'],
    [['show', '0000000000'], 1, 'TRACE_UNKNOWN'],
    [['list', '--since', 'yesterday'], 2, 'USAGE'],
    [['list', '--state', 'odd'], 2, 'USAGE'],
    [['view', '--port', '99999'], 2, 'USAGE'],
  ])('refuses %j', async (args, exit, code) => {
    using workspace = makeWorkspace({ plugins: 'notes' })
    const { stdout, code: found } = await runHere(workspace.dir, ['trace', ...args, '--json'])
    expect([found, JSON.parse(stdout)]).toMatchObject([exit, { error: { code } }])
  })
})
