import fc from 'fast-check'
import semver from 'semver'
import { describe, expect, it } from 'vitest'
import { makeRepository } from '../../../test/made-repository.ts'
import { openGit } from '../git/git.ts'
import { listTags } from '../git/refs.ts'
import { nextVersion } from './next-version.ts'
import { versionSortKey } from './sort-key.ts'
import { chooseStyle, lastRelease, parseTagStyle, versionTags } from './tags.ts'

const base = { declared: null, taken: [] } as const

describe('nextVersion()', () => {
  it.for([
    ['1.2.3', 'major', '2.0.0'],
    ['1.2.3', 'minor', '1.3.0'],
    ['1.2.3', 'patch', '1.2.4'],
    ['0.2.3', 'major', '0.3.0'],
    ['0.2.3', 'minor', '0.3.0'],
    ['0.2.3', 'patch', '0.2.4'],
  ] as const)('goes from %s by %s to %s', ([last, ask, version]) => {
    expect(nextVersion({ ...base, last, ask })?.version).toBe(version)
  })

  it('says nothing where nothing asks', () => {
    expect(nextVersion({ ...base, last: '1.0.0', ask: 'none' })).toBeNull()
  })

  it('leaves 0.x where that is wanted', () => {
    expect(nextVersion({ ...base, last: '0.2.3', ask: 'major', zeroMajor: 'leave' })).toEqual({ version: '1.0.0', bump: 'major' })
  })

  it('first releases what the files say, and 0.1.0 where they say nothing', () => {
    expect(nextVersion({ ...base, last: null, declared: '1.4.0', ask: 'patch' })?.version).toBe('1.4.0')
    expect(nextVersion({ ...base, last: null, declared: '2.0.0-beta.1', ask: 'patch' })?.version).toBe('2.0.0')
    for (const declared of [null, '0.0.0', '0.0.0-development', 'banana'])
      expect(nextVersion({ ...base, last: null, declared, ask: 'none' })?.version).toBe('0.1.0')
  })

  it('counts on a channel, and begins anew where the version that it leads to moves', () => {
    const on = (ask: 'minor' | 'major', taken: readonly string[]): string | undefined =>
      nextVersion({ ...base, last: '1.2.3', ask, channel: 'beta', taken })?.version
    expect(on('minor', [])).toBe('1.3.0-beta.0')
    expect(on('minor', ['1.3.0-beta.0', '1.3.0-beta.10', '1.3.0-beta.9', '1.3.0-rc.40'])).toBe('1.3.0-beta.11')
    expect(on('major', ['1.3.0-beta.0'])).toBe('2.0.0-beta.0')
  })

  it.for(['', '1', 'a b', 'be.ta', 'ü', 'a+b', '../x'])('refuses the channel %j', (channel) => {
    expect(() => nextVersion({ ...base, last: '1.2.3', ask: 'minor', channel })).toThrow('Cannot release version')
  })
})

describe('versionSortKey()', () => {
  const identifier = fc.oneof(
    fc.nat({ max: 1_000 }).map(String),
    fc.stringMatching(/^[0-9A-Za-z-]{1,4}$/).filter((text) => !/^0\d+$/.test(text)),
  )
  const version = fc
    .tuple(fc.nat({ max: 20 }), fc.nat({ max: 20 }), fc.nat({ max: 20 }), fc.array(identifier, { maxLength: 3 }))
    .map(([major, minor, patch, pre]) => `${major}.${minor}.${patch}${pre.length === 0 ? '' : `-${pre.join('.')}`}`)

  it('orders texts as SemVer orders versions', () => {
    fc.assert(
      fc.property(version, version, (a, b) => {
        const [keyA, keyB] = [versionSortKey(a), versionSortKey(b)]
        expect(Math.sign(keyA < keyB ? -1 : keyA > keyB ? 1 : 0)).toBe(semver.compare(a, b))
      }),
      {
        numRuns: 5_000,
        examples: [
          ['1.0.0-alpha', '1.0.0-alpha.1'],
          ['1.0.0-alpha', '1.0.0-alpha-1'],
          ['1.0.0-alpha.1', '1.0.0-alpha-b'],
          ['1.0.0-9', '1.0.0-10'],
          ['1.0.0-rc.1', '1.0.0'],
        ],
      },
    )
  })
})

describe('tags', () => {
  const named = (...names: string[]): { name: string; object: string; target: string; isAnnotated: boolean }[] =>
    names.map((name) => ({ name, object: name, target: name, isAnnotated: false }))

  it('are those of one style alone, the highest version first', () => {
    const tags = named('v1.2.0', 'v1.10.0', '1.11.0', 'v1.9', 'vbanana', 'tea--v2.0.0', 'v2.0.0-beta.1', 'v1.2.0+build.5', 'v', 'v01.2.3')
    expect(versionTags(tags, parseTagStyle('v{version}', 'tea')).map(({ version }) => version)).toEqual([
      '2.0.0-beta.1',
      '1.10.0',
      '1.2.0',
      '1.2.0+build.5',
    ])
    expect(versionTags(tags, parseTagStyle('{name}--v{version}', 'tea')).map(({ name }) => name)).toEqual(['tea--v2.0.0'])
  })

  it('show the style that a project uses, else the likeliest for what it is', () => {
    expect(chooseStyle(named('1.2.0'), 'tea', 'project')).toBe('{version}')
    expect(chooseStyle(named('tea@1.2.0', 'other@3.0.0'), 'tea', 'package')).toBe('{name}@{version}')
    expect(chooseStyle(named('v1.0.0'), 'tea', 'claude-plugin')).toBe('v{version}')
    expect(chooseStyle([], 'tea', 'claude-plugin')).toBe('{name}--v{version}')
    expect(chooseStyle([], '@a/tea', 'package')).toBe('{name}@{version}')
    expect(chooseStyle([], 'tea', 'project')).toBe('v{version}')
  })

  it('are found from HEAD: the highest that it stands on, also behind many that it does not', async () => {
    const side = Array.from({ length: 6 }, (_, index) => ({ message: 'feat: side', parents: [0], tags: [`v9.${index}.0`] }))
    using repository = makeRepository([
      { message: 'feat: a', tags: ['v1.0.0'] },
      ...side,
      { message: 'fix: b', parents: [0], tags: ['v1.0.1', 'v0.9.0'] },
      { message: 'fix: c' },
    ])
    const git = await openGit(repository.dir)
    const tags = versionTags(await listTags(git), parseTagStyle('v{version}', ''))
    expect((await lastRelease(git, tags))?.name).toBe('v1.0.1')
    expect(await lastRelease(git, tags, ({ version }) => version.startsWith('9.'))).toBeUndefined()
  })
})
