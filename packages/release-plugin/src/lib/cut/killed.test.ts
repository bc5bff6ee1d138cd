import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { switchyard } from '../../../test/cli.ts'
import { makeRepository, stateOf } from '../../../test/repository.ts'
import { openStandIn } from '../rehearsal/stand-in.ts'

/** Cuts and pushes by the real program, which is killed right after its `at`th effect; then goes on as told by another process. */
async function cutKilled(at: number, then: 'resume' | 'undo'): Promise<string[]> {
  const repository = makeRepository()
  try {
    const before = stateOf(repository)
    const KILL_LOG = join(repository.folder, 'effects')
    const cut = await switchyard(repository, ['release', 'cut', '--push', '--yes'], {
      preload: 'fixtures/kill-at.ts',
      env: { KILL_LOG, KILL_AT: String(at) },
    })
    const effects = readFileSync(KILL_LOG, 'utf8').trim().split('\n')
    const told = { at, then, effect: effects[at - 1] }
    if (at > 0) expect({ ...told, signal: cut.signal }).toEqual({ ...told, signal: 'SIGKILL' })
    else expect(cut, cut.stderr).toMatchObject({ code: 0 })
    const { git, there, read } = repository
    const isBegun = globSync('.switchyard/plugins/release/cuts/*/cut.json', { cwd: repository.root }).length > 0
    // Killed before the journal was begun, there is nothing to go on with, and nothing to take back.
    if (at > 0 && !isBegun) expect({ ...told, ...stateOf(repository) }).toEqual({ ...told, ...before })
    else if (then === 'undo') {
      const undone = await switchyard(repository, ['release', 'undo', '--yes'])
      expect({ ...told, code: undone.code, stderr: undone.stderr }).toMatchObject({ ...told, code: 0 })
      expect({ ...told, ...stateOf(repository) }).toEqual({ ...told, ...before })
    } else {
      if (at > 0) {
        const resumed = await switchyard(repository, ['release', 'resume', '--yes'])
        expect({ ...told, code: resumed.code, stderr: resumed.stderr }).toMatchObject({ ...told, code: 0 })
      }
      expect({ ...told, there: there('rev-parse', 'main', 'v1.1.0') }).toEqual({ ...told, there: git('rev-parse', 'main', 'v1.1.0') })
      expect({ ...told, status: git('status', '--porcelain'), one: git('rev-list', '--count', 'v1.0.0..v1.1.0') }).toEqual({
        ...told,
        status: '?? "notes of mine.txt"',
        one: '2',
      })
      expect(git('diff', '--name-only', 'HEAD^', 'HEAD')).toBe('CHANGELOG.md\npackage.json')
      expect(JSON.parse(read('package.json'))).toMatchObject({ version: '1.1.0' })
      expect(read('notes of mine.txt')).toBe('not for git\n')
    }
    return effects
  } finally {
    repository.remove()
  }
}

describe('[W3] [S1] a process that is killed while it cuts a release', () => {
  it('leaves what another one completes or takes back, wherever it was killed', { timeout: 400_000 }, async () => {
    const effects = await cutKilled(0, 'resume')
    expect(effects).toEqual(expect.arrayContaining(['run commit-tree', 'run update-ref', 'run tag', 'run push']))
    const points = effects.map((_, index) => index + 1)
    // Two at a time; each point is gone on from one way, its neighbours the other way.
    const lanes = [points.filter((at) => at % 2 === 0), points.filter((at) => at % 2 === 1)]
    await Promise.all(
      lanes.map(async (lane, parity) => {
        for (const [index, at] of lane.entries()) await cutKilled(at, (index + parity) % 2 === 0 ? 'resume' : 'undo')
      }),
    )
  })

  it('[S4] while npm publishes, is gone on from without sending it twice', { timeout: 60_000 }, async () => {
    const repository = makeRepository()
    await using outside = await openStandIn()
    try {
      const KILL_LOG = join(repository.folder, 'effects')
      const env = { KILL_LOG, npm_config_userconfig: join(repository.folder, 'npmrc') }
      writeFileSync(env.npm_config_userconfig, `//${new URL(outside.url).host}/:_authToken=${outside.token}\n`)
      repository.write('switchyard.release.json', JSON.stringify({ publish: [{ kind: 'npm', registry: outside.url }] }))
      repository.commit('chore: publish')
      const killed = await switchyard(repository, ['release', 'cut', '--push', '--yes'], {
        preload: 'fixtures/kill-at.ts',
        env: { ...env, KILL_ON: 'npm publish' },
      })
      expect(killed, killed.stderr).toMatchObject({ signal: 'SIGKILL' })
      expect(outside.artifacts).toHaveLength(1)
      const resumed = await switchyard(repository, ['release', 'resume', '--yes'], { env })
      expect(resumed, resumed.stderr).toMatchObject({ code: 0 })
      expect(outside.requests.filter((line) => line.startsWith('PUT'))).toEqual(['PUT /tea'])
      expect(repository.there('rev-parse', 'v1.1.0')).toBe(repository.git('rev-parse', 'v1.1.0'))
    } finally {
      repository.remove()
    }
  })

  it('[S5] while a program runs, leaves the word to a person', { timeout: 60_000 }, async () => {
    const repository = makeRepository()
    try {
      const run = ['sh', '-c', 'echo ran >> ignored/log; kill -9 $PPID']
      repository.write('switchyard.release.json', JSON.stringify({ publish: [{ kind: 'command', id: 'upload', run }] }))
      repository.commit('chore: publish')
      expect(await switchyard(repository, ['release', 'cut', '--yes'])).toMatchObject({ signal: 'SIGKILL' })
      const asked = await switchyard(repository, ['release', 'resume', '--yes'])
      expect(asked, asked.stderr).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('Cannot run upload again as it may have run already'),
      })
      expect(repository.git('describe')).toBe('v1.1.0')
      const told = await switchyard(repository, ['release', 'resume', '--ran', '--yes'])
      expect(told, told.stderr).toMatchObject({ code: 0 })
      expect(repository.read('ignored/log')).toBe('ran\n')
    } finally {
      repository.remove()
    }
  })
})

describe('[W5] two processes that cut at once', () => {
  it('make one release between them', { timeout: 60_000 }, async () => {
    for (let round = 0; round < 2; round++) {
      const repository = makeRepository()
      try {
        const cut = (): ReturnType<typeof switchyard> => switchyard(repository, ['release', 'cut', '--push', '--yes', '--json'])
        const both = await Promise.all([cut(), cut()])
        expect(both.map(({ code }) => code).sort(), both.map(({ stdout, stderr }) => stdout + stderr).join('\n')).toEqual([0, 1])
        const { git, there } = repository
        expect(git('rev-list', '--count', 'v1.0.0..v1.1.0')).toBe('2')
        expect(there('rev-parse', 'main', 'v1.1.0')).toBe(git('rev-parse', 'main', 'v1.1.0'))
        expect(git('status', '--porcelain')).toBe('?? "notes of mine.txt"')
        expect(JSON.parse((await switchyard(repository, ['release', 'status', '--json'])).stdout)).not.toMatchObject({
          cuts: expect.arrayContaining([expect.objectContaining({ state: 'open' })]),
        })
      } finally {
        repository.remove()
      }
    }
  })
})
