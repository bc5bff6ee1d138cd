import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isSwitchyardError } from '@switchyard/plugin-kit'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type CutYard, createCutYard } from '../../../test/cut-yard.ts'
import { makeRepository, planOf, stateOf, type TestRepository } from '../../../test/repository.ts'
import type { PublishStep } from '../plan/release-plan.ts'
import { openStandIn, type StandIn } from '../rehearsal/stand-in.ts'

let repository: TestRepository
let yard: CutYard
let outside: StandIn
const kept = { ...process.env }

beforeEach(async () => {
  repository = makeRepository()
  outside = await openStandIn()
  repository.write(
    '.npmrc',
    `//${new URL(outside.url).host}/:_authToken=\${REHEARSAL_TOKEN}\ncache=${join(repository.folder, 'npm-cache')}\nfetch-retry-mintimeout=10\n`,
  )
  repository.commit('chore: registry')
  yard = await createCutYard()
  Object.assign(process.env, {
    REHEARSAL_TOKEN: outside.token,
    GITHUB_TOKEN: outside.token,
    GITEA_TOKEN: outside.token,
    npm_config_userconfig: '/dev/null',
  })
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await yard[Symbol.asyncDispose]()
  await outside[Symbol.asyncDispose]()
  repository.remove()
  for (const name of ['REHEARSAL_TOKEN', 'GITHUB_TOKEN', 'GITEA_TOKEN', 'npm_config_userconfig'])
    if (kept[name] === undefined) delete process.env[name]
    else process.env[name] = kept[name]
})

const npm = (): PublishStep => ({
  kind: 'npm',
  id: 'npm:tea',
  path: '.',
  name: 'tea',
  version: '1.1.0',
  distTag: 'latest',
  provenance: false,
  registry: outside.url,
})
const forge = (kind: 'github' | 'gitea', more: object = {}): PublishStep => ({
  kind,
  id: kind,
  url: outside.forgeUrl,
  repository: 'ada/tea',
  tag: 'v1.1.0',
  title: '1.1.0',
  notes: '- pour tea',
  prerelease: false,
  draft: false,
  ...more,
})
const program = (script: string, undo?: string): PublishStep => ({
  kind: 'command',
  id: 'upload',
  path: '.',
  argv: ['sh', '-c', script],
  ...(undo !== undefined && { undo: ['sh', '-c', undo] }),
})
const errorOf = (promise: Promise<unknown>): Promise<{ code: string; message: string; data: Record<string, unknown> }> =>
  promise.then(
    () => ({ code: 'done', message: '', data: {} }),
    (error: unknown) => (isSwitchyardError(error) ? error : { code: String(error), message: '', data: {} }),
  ) as Promise<{ code: string; message: string; data: Record<string, unknown> }>

describe('npm', () => {
  it('is published by its own program, and said to have no way back', { timeout: 60_000 }, async () => {
    const cut = await yard.cut(planOf(repository, { publish: [npm()] }), { push: true })
    expect(cut).toMatchObject({ state: 'done', pushed: 'yes', published: [{ step: 'npm:tea', state: 'yes' }] })
    expect(outside.artifacts).toMatchObject([{ name: 'tea', version: '1.1.0', tag: 'latest' }])
    const { code, message } = await errorOf(yard.call('undo', { project: repository.root }))
    expect({ code, message }).toEqual({ code: 'NOT_UNDOABLE', message: expect.stringContaining('npm:tea is, or may be') })
    expect(repository.git('describe')).toBe('v1.1.0')
  })

  it('refuses a version that the registry has, before anything is done', { timeout: 60_000 }, async () => {
    await yard.cut(planOf(repository, { publish: [npm()] }))
    repository.git('reset', '-q', '--hard', 'HEAD^')
    repository.git('tag', '-d', 'v1.1.0')
    const before = stateOf(repository)
    expect((await errorOf(yard.cut(planOf(repository, { publish: [npm()] })))).code).toBe('VERSION_TAKEN')
    expect(stateOf(repository)).toEqual(before)
  })

  it('takes everything back where the registry refuses', { timeout: 60_000 }, async () => {
    const before = stateOf(repository)
    outside.fail(/^PUT/, 402)
    expect((await errorOf(yard.cut(planOf(repository, { publish: [forge('github'), npm()] }), { push: true }))).code).toBe('PUBLISH_FAILED')
    expect(stateOf(repository)).toEqual(before)
    expect(outside).toMatchObject({ artifacts: [], releases: [] })
  })

  it('asks for provenance, which npm refuses outside of a CI that vouches for it, and takes everything back', {
    timeout: 60_000,
  }, async () => {
    for (const name of ['GITHUB_ACTIONS', 'GITLAB_CI']) vi.stubEnv(name, undefined)
    const before = stateOf(repository)
    const { code, message } = await errorOf(yard.cut(planOf(repository, { publish: [{ ...npm(), provenance: true } as PublishStep] })))
    expect({ code, message }).toEqual({ code: 'PUBLISH_FAILED', message: expect.stringContaining('provenance') })
    expect(stateOf(repository)).toEqual(before)
    expect(outside.artifacts).toEqual([])
  })

  it('[S4] knows a publish that arrived though its answer was lost', { timeout: 60_000 }, async () => {
    outside.fail(/^PUT/, 502, 'after')
    // npm itself tries again, and is told that the version is there.
    expect(await yard.cut(planOf(repository, { publish: [npm()] }))).toMatchObject({ state: 'done', published: [{ state: 'yes' }] })
    expect(outside.artifacts).toHaveLength(1)
  })

  it('[W4] is completed by resume where a step after it fails, and not sent twice', { timeout: 60_000 }, async () => {
    repository.hook('pre-receive', 'exit 1', repository.remote)
    const failed = await errorOf(yard.cut(planOf(repository, { publish: [npm()] }), { push: true }))
    expect(failed).toMatchObject({ code: 'RELEASE_HALF_MADE', data: { code: 'GIT_FAILED', state: 'failed' } })
    expect(repository.git('describe')).toBe('v1.1.0')
    repository.hook('pre-receive', 'exit 0', repository.remote)
    expect(await yard.call('resume', { project: repository.root })).toMatchObject({ state: 'done', pushed: 'yes' })
    expect(outside.requests.filter((line) => line.startsWith('PUT'))).toEqual(['PUT /tea'])
  })
})

describe('GitHub and Gitea', () => {
  it('get a draft before the push, which is shown after it', async () => {
    const before = stateOf(repository)
    const publish = [forge('github'), forge('gitea', { repository: 'ada/cup', prerelease: true, draft: true })]
    const cut = await yard.cut(planOf(repository, { publish }), { push: true })
    expect(cut.published).toMatchObject([
      { step: 'github', state: 'yes', url: expect.stringContaining('/ada/tea/releases/1') },
      { step: 'gitea', state: 'yes' },
    ])
    expect(outside.releases).toMatchObject([
      { tag_name: 'v1.1.0', name: '1.1.0', body: '- pour tea', draft: false, prerelease: false },
      { repository: 'ada/cup', draft: true, prerelease: true },
    ])
    await yard.call('undo', { project: repository.root })
    expect(outside.releases).toEqual([])
    expect(stateOf(repository)).toEqual(before)
  })

  it('are left with a draft while nothing is pushed, until it is published', async () => {
    await yard.cut(planOf(repository, { publish: [forge('github')] }))
    expect(outside.releases).toMatchObject([{ draft: true }])
    await yard.call('publish', { project: repository.root })
    expect(outside.releases).toMatchObject([{ draft: false }])
  })

  it('lose their draft where the push fails', async () => {
    const before = stateOf(repository)
    repository.hook('pre-receive', 'exit 1', repository.remote)
    expect((await errorOf(yard.cut(planOf(repository, { publish: [forge('gitea')] }), { push: true }))).code).toBe('GIT_FAILED')
    expect(outside.releases).toEqual([])
    expect(stateOf(repository)).toEqual(before)
  })

  it('get one release also where the answer to the first request was lost', async () => {
    outside.fail(/^POST/, 502, 'after')
    expect(await yard.cut(planOf(repository, { publish: [forge('github')] }))).toMatchObject({ state: 'done' })
    expect(outside.releases).toHaveLength(1)
  })

  it('[X1] are not asked without a token, and never tell it', async () => {
    const before = stateOf(repository)
    process.env.GITHUB_TOKEN = 'wrong-token-of-mine'
    const refused = await errorOf(yard.cut(planOf(repository, { publish: [forge('github')] })))
    expect(refused).toMatchObject({
      code: 'PUBLISH_FAILED',
      message: expect.stringContaining('answered 401: the token of the rehearsal is wanted'),
    })
    expect(JSON.stringify([refused, refused.message, yard.kit.messages])).not.toContain('wrong-token-of-mine')
    delete process.env.GITHUB_TOKEN
    expect((await errorOf(yard.cut(planOf(repository, { publish: [forge('github')] })))).code).toBe('TOKEN_MISSING')
    expect(stateOf(repository)).toEqual(before)
  })
})

describe('a program', () => {
  it('runs once, and is taken back by its own undo', async () => {
    const before = stateOf(repository)
    await yard.cut(planOf(repository, { publish: [program('echo ran >> ignored/log', 'rm ignored/log')] }))
    expect(repository.read('ignored/log')).toBe('ran\n')
    await yard.call('undo', { project: repository.root })
    expect(stateOf(repository)).toEqual(before)
  })

  it('that fails takes the release back, and what it did by its undo', async () => {
    const before = stateOf(repository)
    const failed = await errorOf(
      yard.cut(planOf(repository, { publish: [program('echo ran > ignored/log; echo no room >&2; exit 4', 'rm -f ignored/log')] })),
    )
    expect(failed).toMatchObject({ code: 'PUBLISH_FAILED', message: expect.stringContaining('"sh" ended with 4: no room') })
    expect(stateOf(repository)).toEqual(before)
  })

  it('without an undo ends what can be taken back', async () => {
    await yard.cut(planOf(repository, { publish: [program('true')] }))
    expect((await errorOf(yard.call('undo', { project: repository.root }))).code).toBe('NOT_UNDOABLE')
  })
})

describe('the journal', () => {
  it('[X1] holds no token', async () => {
    await yard.cut(planOf(repository, { publish: [forge('github')] }), { push: true })
    const cuts = join(yard.kit.dir, '.switchyard/plugins/release/cuts')
    const texts = readdirSync(cuts, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
    expect(texts.length).toBeGreaterThan(3)
    for (const text of texts) expect(text).not.toContain(outside.token)
  })
})
