import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isSwitchyardError, type Plugin } from '@switchyard/plugin-kit'
import { createTestYard, type TestYard } from '@switchyard/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import release from '../../index.ts'
import type { ReleaseRecord } from './schema.ts'

let kit: TestYard
beforeEach(async () => {
  kit = await createTestYard({ plugins: [release as Plugin], files: { 'api/readme.txt': 'x' } })
})
afterEach(() => kit[Symbol.asyncDispose]())

async function run(command: string, input: object): Promise<{ plan: string; result: Record<string, unknown> }> {
  const { id } = await kit.plan(command, input)
  return { plan: id, result: (await kit.approve(id)) as Record<string, unknown> }
}
const record = (version: string, more: object = {}): Promise<{ plan: string; result: Record<string, unknown> }> =>
  run('release.create', { version, changelog: `### Added\n\n- what ${version} brings`, ...more })
const versions = async (input: object = {}): Promise<string[]> =>
  ((await kit.call('release.list', input)) as { releases: ReleaseRecord[] }).releases.map(({ version }) => version)
const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'no error',
    (error: unknown) => (isSwitchyardError(error) ? error.code : error),
  )
const read = (path: string): string => readFileSync(join(kit.dir, path), 'utf8')

describe('release.create, get, list, latest', () => {
  it('order versions as SemVer does, not as they came in, and page through them', async () => {
    for (const version of ['1.10.0', '1.9.0', '2.0.0-beta.10', '2.0.0-beta.9', '1.9.1']) await record(version)
    expect(await versions()).toEqual(['2.0.0-beta.10', '2.0.0-beta.9', '1.10.0', '1.9.1', '1.9.0'])
    const first = (await kit.call('release.list', { limit: 2 })) as { next: string }
    expect(await versions({ limit: 2, before: first.next })).toEqual(['1.10.0', '1.9.1'])
    expect(await kit.call('release.latest', {})).toMatchObject({ version: '1.10.0' })
    expect(await kit.call('release.latest', { prereleases: true })).toMatchObject({ version: '2.0.0-beta.10', type: 'prerelease' })
  })

  it('page through packages of one version without losing any', async () => {
    for (const name of ['cup', 'lid', 'pot']) for (const version of ['1.0.0', '2.0.0']) await record(version, { package: name })
    const seen: string[] = []
    let before: string | undefined
    do {
      const page = (await kit.call('release.list', { limit: 2, ...(before !== undefined && { before }) })) as {
        releases: ReleaseRecord[]
        next?: string
      }
      seen.push(...page.releases.map(({ package: name, version }) => `${name} ${version}`))
      before = page.next
    } while (before !== undefined)
    expect(seen).toEqual(['cup 2.0.0', 'lid 2.0.0', 'pot 2.0.0', 'cup 1.0.0', 'lid 1.0.0', 'pot 1.0.0'])
  })

  it('keep each version once a project and package, and only what is one', async () => {
    await record('1.0.0')
    expect(await codeOf(record('1.0.0'))).toBe('RELEASE_EXISTS')
    for (const version of ['banana', '1.0', 'v1.1.0', '1.0.0.0', ''])
      expect(await codeOf(record(version)), version).toMatch(/VERSION_INVALID|VALIDATION/)
    await record('1.0.0', { project: 'api' })
    await record('1.0.0', { package: 'cup' })
    expect(await versions()).toEqual(['1.0.0', '1.0.0'])
    expect(await versions({ project: 'api' })).toEqual(['1.0.0'])
    expect(await codeOf(kit.call('release.get', { version: '1.0.0', project: 'elsewhere' }))).toBe('RELEASE_UNKNOWN')
  })

  it('find out how far a version moved where nobody says it', async () => {
    const typeOf = async (version: string): Promise<unknown> => ((await record(version)).result.release as ReleaseRecord).type
    expect([
      await typeOf('1.0.0'),
      await typeOf('1.0.1'),
      await typeOf('1.1.0'),
      await typeOf('2.0.0'),
      await typeOf('2.0.1-rc.1'),
      await typeOf('0.9.0'),
      await typeOf('1.1.1'),
    ]).toEqual(['major', 'patch', 'minor', 'major', 'prerelease', 'minor', 'patch'])
  })

  it('say where a release stands: untagged, tagged, exported', async () => {
    await record('1.0.0')
    const stateOf = async (): Promise<string> => ((await kit.call('release.get', { version: 'v1.0.0' })) as ReleaseRecord).state
    expect(await stateOf()).toBe('untagged')
    await run('release.update', { version: '1.0.0', tag: 'v1.0.0', commit: 'abcdef1', changelog: 'New words' })
    expect(await stateOf()).toBe('tagged')
    await run('release.export', {})
    expect(await kit.call('release.get', {})).toMatchObject({
      state: 'exported',
      tag: 'v1.0.0',
      commit: 'abcdef1',
      changelog: 'New words',
      file: 'CHANGELOG.md',
    })
  })
})

describe('release.export', () => {
  const HAND = '# Log of the pot\n\nWords by hand.\n\n## [1.1.0] - 2025-01-01\n\n- written by hand\n\n## [0.9.0]\n\n- older\n'

  it('merges: what people wrote stays, every release has its place', async () => {
    writeFileSync(join(kit.dir, 'CHANGELOG.md'), HAND)
    for (const version of ['1.0.0', '1.1.0', '2.0.0']) await record(version)
    await run('release.export', {})
    const text = read('CHANGELOG.md')
    expect([...text.matchAll(/^## \[(.+)\]/gm)].map((match) => match[1])).toEqual(['2.0.0', '1.1.0', '1.0.0', '0.9.0'])
    for (const line of HAND.split('\n')) expect(text.split('\n')).toContain(line)
    expect(text).toContain('- written by hand\n\n### Added\n\n- what 1.1.0 brings\n')
    await run('release.export', {})
    expect(read('CHANGELOG.md')).toBe(text)
  })

  it('is taken back with the file and the records as they were, unless somebody changed the file', async () => {
    await record('1.0.0')
    writeFileSync(join(kit.dir, 'CHANGELOG.md'), HAND)
    const { plan } = await run('release.export', {})
    await kit.undo(plan)
    expect(read('CHANGELOG.md')).toBe(HAND)
    expect(await kit.call('release.get', {})).toMatchObject({ state: 'untagged', file: null })
    const again = await run('release.export', { file: 'api/LOG.md' })
    writeFileSync(join(kit.dir, 'api/LOG.md'), 'mine now')
    await expect(kit.undo(again.plan)).rejects.toThrow('somebody changed it')
    expect(read('api/LOG.md')).toBe('mine now')
  })

  it('writes over no file that it cannot read', async () => {
    await record('1.0.0')
    const bytes = Buffer.from('# \u00c4nderungen\n', 'latin1')
    writeFileSync(join(kit.dir, 'CHANGELOG.md'), bytes)
    expect(await codeOf(run('release.export', {}))).toBe('CHANGELOG_UNREADABLE')
    expect(readFileSync(join(kit.dir, 'CHANGELOG.md'))).toEqual(bytes)
  })

  it('writes nowhere but into a plain file of the project', async () => {
    await record('1.0.0')
    await record('1.0.0', { project: 'api' })
    mkdirSync(join(kit.dir, 'folder'))
    symlinkSync('/tmp', join(kit.dir, 'away'))
    symlinkSync('/tmp/nothing.md', join(kit.dir, 'link.md'))
    for (const file of ['../up.md', '/tmp/abs.md', 'away/x.md', 'link.md', 'folder', 'missing/x.md', '.', 'folder/../../x.md'])
      expect(await codeOf(run('release.export', { file })), file).toBe('FILE_OUTSIDE')
    await run('release.export', { project: 'api' })
    expect([existsSync(join(kit.dir, 'api/CHANGELOG.md')), existsSync(join(kit.dir, 'CHANGELOG.md'))]).toEqual([true, false])
    expect(await codeOf(run('release.export', { project: 'folder' }))).toBe('NO_RELEASES')
  })
})

describe('release.diff', () => {
  it('tells apart what was not exported, is in sync, was edited, and is gone', async () => {
    await record('1.0.0')
    const statusOf = async (): Promise<string> => ((await kit.call('release.diff', { version: '1.0.0' })) as { status: string }).status
    expect(await statusOf()).toBe('not-exported')
    await run('release.export', {})
    expect(await statusOf()).toBe('in-sync')
    writeFileSync(join(kit.dir, 'CHANGELOG.md'), read('CHANGELOG.md').replace('what 1.0.0 brings', 'what it brings'))
    expect(await kit.call('release.diff', { version: '1.0.0' })).toMatchObject({
      status: 'modified',
      diff: expect.stringContaining('-- what 1.0.0 brings\n+- what it brings'),
    })
    writeFileSync(join(kit.dir, 'CHANGELOG.md'), '# Log\n')
    expect(await statusOf()).toBe('missing')
  })
})

describe('the way back', () => {
  it('of a record leads back once, and not over what was changed since', async () => {
    const { plan } = await record('1.0.0', { changelog: 'First' })
    const changed = await run('release.update', { version: '1.0.0', changelog: 'Second' })
    await expect(kit.undo(plan)).rejects.toThrow('it was changed since')
    await kit.undo(changed.plan)
    expect(await kit.call('release.get', {})).toMatchObject({ changelog: 'First' })
    await kit.undo(plan)
    expect(await versions()).toEqual([])
  })
})
