import { readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTestYard, type TestYard } from '@switchyard/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { makeRepository, PLAIN_GIT, stateOf, type TestRepository } from '../../../test/repository.ts'
import release from '../../index.ts'
import type { Rehearsal } from './report.ts'
import { openStandIn, type StandIn } from './stand-in.ts'

let repository: TestRepository
let kit: TestYard
let world: StandIn
const kept = { ...process.env }

beforeEach(async () => {
  repository = makeRepository()
  world = await openStandIn()
  kit = await createTestYard({ plugins: [release] })
  Object.assign(process.env, PLAIN_GIT, { NPM_TOKEN: world.token })
})
afterEach(async () => {
  for (const name of [...Object.keys(PLAIN_GIT), 'NPM_TOKEN'])
    if (kept[name] === undefined) delete process.env[name]
    else process.env[name] = kept[name]
  await kit[Symbol.asyncDispose]()
  await world[Symbol.asyncDispose]()
  repository.remove()
})

/** Rehearses, and holds that nothing of it is left anywhere. */
async function rehearse(input: Record<string, unknown> = {}): Promise<Rehearsal> {
  const [before, folders] = [stateOf(repository), rehearsals()]
  const report = (await kit.call('release.rehearse', { project: repository.root, ...input })) as Rehearsal
  expect(stateOf(repository)).toEqual(before)
  expect(rehearsals()).toEqual(folders)
  expect(await kit.call('release.status', { project: repository.root })).toMatchObject({ cuts: [] })
  expect(kit.messages.filter(({ topic }) => topic.startsWith('release/'))).toEqual([])
  expect(world.requests).toEqual([])
  return report
}

const rehearsals = (): string[] => readdirSync(tmpdir()).filter((name) => name.startsWith('release-rehearsal-'))

describe('[X3] release.rehearse', () => {
  it('shows every file, commit, tag, push and artifact of the release that it really makes', { timeout: 60_000 }, async () => {
    repository.write(
      'switchyard.release.json',
      JSON.stringify({ publish: [{ kind: 'npm' }, { kind: 'gitea', url: world.forgeUrl, repository: 'ada/tea' }] }),
    )
    repository.commit('chore: publish')
    const report = await rehearse()
    expect(report).toMatchObject({
      ok: true,
      error: null,
      version: '1.1.0',
      commits: [{ author: 'Ada <ada@example.org>', message: 'chore(release): 1.1.0' }],
      tags: [{ name: 'v1.1.0', isAnnotated: true }],
      pushed: ['refs/heads/main', 'refs/tags/v1.1.0'],
      artifacts: [{ name: 'tea', version: '1.1.0', tag: 'latest' }],
      forge: [{ repository: 'ada/tea', tag: 'v1.1.0', draft: false }],
    })
    expect(report.files.map(({ path }) => path)).toEqual(['CHANGELOG.md', 'package.json'])
    expect(report.files[1]?.diff).toContain('+  "version": "1.1.0"')
  })

  it('lets npm reach nothing but the stand-in, whatever the project says', { timeout: 60_000 }, async () => {
    const { url } = world
    const manifest = { name: '@ada/tea', version: '1.0.0', publishConfig: { registry: url, access: 'public' } }
    repository.write('package.json', `${JSON.stringify(manifest, null, 2)}\n`)
    repository.write('.npmrc', `@ada:registry=${url}\nregistry=${url}\n//${new URL(url).host}/:_authToken=\${NPM_TOKEN}\n`)
    repository.write('switchyard.release.json', JSON.stringify({ publish: [{ kind: 'npm', registry: url }] }))
    repository.commit('chore: publish')
    expect((await rehearse()).artifacts).toMatchObject([{ name: '@ada/tea', version: '1.1.0' }])
  })

  it('runs what is installed, the tests and packaging scripts where all of it is asked for', { timeout: 60_000 }, async () => {
    const scripts = { test: `echo tests >> "${repository.folder}/ran"`, prepack: `echo prepack >> "${repository.folder}/ran"` }
    repository.write('package.json', `${JSON.stringify({ name: 'tea', version: '1.0.0', scripts }, null, 2)}\n`)
    const lock = { name: 'tea', version: '1.0.0', lockfileVersion: 3, packages: { '': { name: 'tea', version: '1.0.0' } } }
    repository.write('package-lock.json', `${JSON.stringify(lock, null, 2)}\n`)
    repository.write('switchyard.release.json', JSON.stringify({ publish: [{ kind: 'npm' }] }))
    repository.commit('chore: publish')
    expect(await rehearse({ full: true })).toMatchObject({ ok: true, error: null, artifacts: [{ name: 'tea', version: '1.1.0' }] })
    expect(readFileSync(join(repository.folder, 'ran'), 'utf8')).toBe('tests\nprepack\n')
  })

  it('runs none of the project’s own programs, and says so', async () => {
    repository.write(
      'switchyard.release.json',
      JSON.stringify({ publish: [{ kind: 'command', id: 'announce', run: ['sh', '-c', `touch "${repository.root}/announced"`] }] }),
    )
    repository.commit('chore: announce')
    expect(await rehearse()).toMatchObject({ ok: true, notes: expect.arrayContaining([expect.stringContaining('announce')]) })
  })

  it('tells what would stop the release', async () => {
    repository.hook('pre-commit', 'echo "not today" >&2; exit 1')
    expect(await rehearse()).toMatchObject({
      ok: false,
      error: { code: 'HOOK_REFUSED', message: expect.stringContaining('not today') },
      commits: [],
      tags: [],
    })
    expect(await rehearse({ hooks: false })).toMatchObject({ ok: true })
  })

  it('knows a remote that has gone on, as far as it was fetched', async () => {
    repository.git('switch', '-qc', 'theirs', 'HEAD^')
    repository.commit('fix: theirs')
    repository.git('push', '-q', 'origin', 'theirs:main')
    repository.git('switch', '-q', 'main')
    expect(await rehearse()).toMatchObject({ ok: false, error: { code: 'REMOTE_MOVED' } })
  })

  it('rehearses what is committed, and tells of what is not', async () => {
    repository.write('tea.txt', 'black\n')
    expect(await rehearse()).toMatchObject({
      ok: true,
      notes: expect.arrayContaining([expect.stringContaining('1 changed file is not in it')]),
    })
  })
})
