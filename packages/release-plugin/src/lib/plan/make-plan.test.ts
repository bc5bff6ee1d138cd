import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { SwitchyardError } from '@switchyard/plugin-kit'
import { describe, expect, it } from 'vitest'
import { type MadeCommit, type MadeRepository, makeRepository } from '../../../test/made-repository.ts'
import { makePlan, type PlanInput } from './make-plan.ts'
import { planId, type ReleasePlan, releasePlan } from './release-plan.ts'

const NOW = Date.parse('2026-11-21T12:00:00Z')
const nobody = async (): Promise<never> => {
  throw new SwitchyardError('NO_RESPONDER', 'nobody')
}

/** A plan of a made repository; ops-plugin answers as `ops` says, or not at all. */
async function planOf(
  { dir }: Pick<MadeRepository, 'dir'>,
  input: Partial<PlanInput> = {},
  ops: (command: string) => Promise<unknown> = nobody,
): Promise<ReleasePlan> {
  const clock = { now: () => NOW }
  const ctx = { workspace: dir, signal: new AbortController().signal, clock, call: (command: string) => ops(command) }
  const plan = await makePlan({ project: '.', ...input }, ctx as unknown as Parameters<typeof makePlan>[1])
  expect(releasePlan.parse(plan)).toEqual(plan)
  expect(plan.id).toBe(planId(plan))
  expect(plan.text.split('\n').filter((line) => line.length > 80)).toEqual([])
  return plan
}

const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'no error',
    (error: { code?: string }) => error.code ?? error,
  )
const toOf = ({ releases }: ReleasePlan): string | undefined => releases[0]?.to
const statusOf = ({ readiness }: ReleasePlan, id: string): string | undefined => readiness.checks.find((check) => check.id === id)?.status

const pot = (version = '1.2.0'): Record<string, string> => ({ 'package.json': `{\n  "name": "pot",\n  "version": "${version}"\n}\n` })
const released: MadeCommit = { message: 'feat: begin', files: pot(), tags: ['v1.2.0'] }

describe('makePlan()', () => {
  it('writes over no changelog that it cannot read', async () => {
    using repository = makeRepository([released, { message: 'feat: a lid' }])
    writeFileSync(join(repository.dir, 'CHANGELOG.md'), Buffer.from('# \u00c4nderungen\n', 'latin1'))
    repository.git('add', '-A')
    expect(await codeOf(planOf(repository))).toBe('CHANGELOG_UNREADABLE')
  })

  it('plans the version, every file, changelog, commit and tag, with the reasons; and writes nothing', async () => {
    using repository = makeRepository([
      released,
      { message: 'docs: write' },
      { message: 'fix(spout): no drip', author: 'Bob <bob@example.org>' },
      { message: 'feat: a lid\n\nCloses #7' },
    ])
    repository.git('remote', 'add', 'origin', 'https://ada:s3cret@github.com/tea/pot.git')
    const before = repository.git('status', '--porcelain=v2', '--branch') + readdirSync(repository.dir).join()
    const plan = await planOf(repository)
    expect(plan).toMatchObject({
      mode: 'single',
      head: repository.ids[3],
      branch: 'main',
      remote: 'origin',
      date: '2026-11-21',
      version: { from: '1.2.0', to: '1.3.0' },
    })
    const [release] = plan.releases
    expect(release).toMatchObject({
      name: 'pot',
      bump: 'minor',
      tag: { name: 'v1.3.0' },
      since: { tag: 'v1.2.0', commit: repository.ids[0] },
      commits: 3,
      isLatest: true,
    })
    expect(release?.reasons.map(({ asks, subject, author, why }) => [asks, subject, author, why])).toEqual([
      ['minor', 'feat: a lid', 'Ada', 'it adds a feature'],
      ['patch', 'fix(spout): no drip', 'Bob', 'it fixes something'],
      ['none', 'docs: write', 'Ada', '"docs" changes nothing for users'],
    ])
    expect(plan.files.map(({ path, before }) => [path, before === null])).toEqual([
      ['CHANGELOG.md', true],
      ['package.json', false],
    ])
    expect(plan.files[1]?.diff).toContain('-  "version": "1.2.0"\n+  "version": "1.3.0"\n')
    expect(release?.changelog.section).toMatch(
      /^### Added\n\n- a lid \(\[#7\]\(https:\/\/github\.com\/tea\/pot\/issues\/7\), \[[0-9a-f]{7}\]/,
    )
    expect(release?.tag.message).toBe(`pot 1.3.0\n\n${release?.changelog.section}`)
    expect(plan.commit.message).toBe('chore(release): 1.3.0')
    expect(JSON.stringify(plan)).not.toContain('s3cret')
    expect(repository.git('status', '--porcelain=v2', '--branch') + readdirSync(repository.dir).join()).toBe(before)
    expect((await planOf(repository)).id).toBe(plan.id)
  })

  it('has nothing to release where no commit asks for it, and does as told where one is asked for', async () => {
    using repository = makeRepository([released, { message: 'docs: write' }, { message: 'Tidy up' }])
    const plan = await planOf(repository)
    expect(plan).toMatchObject({ releases: [], files: [], version: null, readiness: { ready: false } })
    expect(plan.text).toContain('Nothing to release on main')
    const forced = await planOf(repository, { bump: 'patch' })
    expect(toOf(forced)).toBe('1.2.1')
    expect(forced.releases[0]?.changelog.section).toContain('- Tidy up')
    expect(forced.warnings).toEqual(['pot is released although no commit asks for it'])
    expect(toOf(await planOf(repository, { version: '3.0.0-rc.1' }))).toBe('3.0.0-rc.1')
    for (const version of ['1.2.0', '1.1.9', 'v2.0.0', '2.0', 'banana'])
      expect(await codeOf(planOf(repository, { version }))).toBe('VERSION_INVALID')
  })

  it('adds commits that do not say what they are to no changelog that somebody has written', async () => {
    const changelog = '# Changelog\n\n## [Unreleased]\n\n### Added\n\n- A lid, by hand\n\n## [1.2.0]\n\n- Begin\n'
    const [publish, version] = [{ kind: 'github', url: 'https://api.github.com', repository: 'tea/pot' }, '1.3.0']
    using repository = makeRepository([
      { ...released, files: { ...pot(), 'CHANGELOG.md': changelog, 'switchyard.release.json': JSON.stringify({ publish: [publish] }) } },
      { message: 'Tidy up' },
    ])
    const plan = await planOf(repository, { version })
    expect(plan.releases[0]?.changelog.section).toBe('### Added\n\n- A lid, by hand')
    expect(JSON.stringify(plan.publish)).toContain('- A lid, by hand')
    repository.git('commit', '--allow-empty', '-q', '-m', 'fix: no drip')
    expect((await planOf(repository, { version })).releases[0]?.changelog.section).toMatch(
      /^### Added\n\n- A lid, by hand\n\n### Fixed\n\n- no drip \(\w+\)$/,
    )
  })

  it('has nothing to release right after a release', async () => {
    using repository = makeRepository([released])
    expect((await planOf(repository)).releases).toEqual([])
  })

  it('makes the first release of what the files say', async () => {
    using repository = makeRepository([{ message: 'feat: begin', files: pot('0.4.0') }])
    const plan = await planOf(repository)
    expect(plan.version).toEqual({ from: null, to: '0.4.0' })
    expect(plan.files.map(({ path }) => path)).toEqual(['CHANGELOG.md'])
    expect(toOf(await planOf(repository, { bump: 'minor' }))).toBe('0.5.0')
    using bare = makeRepository([{ message: 'feat: begin' }])
    expect(await codeOf(planOf(bare))).toBe('NO_VERSION')
    expect(toOf(await planOf(bare, { version: '0.1.0' }))).toBe('0.1.0')
  })

  it('says no to what is no repository, has no commit, or lies elsewhere', async () => {
    using repository = makeRepository([])
    expect(await codeOf(planOf(repository))).toBe('NO_COMMITS')
    rmSync(join(repository.dir, '.git'), { recursive: true })
    expect(await codeOf(planOf(repository))).toBe('NOT_A_REPOSITORY')
  })

  it('takes what is taken back for nothing, and says so', async () => {
    const commits: MadeCommit[] = [released, { message: 'feat!: square cups' }, { message: 'fix: a' }]
    using draft = makeRepository(commits)
    const revert = { message: `Revert "feat!: square cups"\n\nThis reverts commit ${draft.ids[1]}.` }
    using repository = makeRepository([...commits, revert])
    const plan = await planOf(repository)
    expect(toOf(plan)).toBe('1.2.1')
    expect(plan.releases[0]?.reasons.filter(({ why }) => why === 'it and its revert cancel out')).toHaveLength(2)
    expect(plan.releases[0]?.changelog.section).not.toContain('square')
  })

  it('sees what merges bring in, and squashes by their title', async () => {
    using repository = makeRepository([
      released,
      { message: 'fix: on main' },
      { message: 'feat: on the side', parents: [0], files: { 'side.txt': '1' } },
      { message: "Merge branch 'side'", parents: [1, 2] },
      { message: 'perf: squashed (#3)\n\n* feat: one\n* fix: two' },
    ])
    const plan = await planOf(repository)
    expect(toOf(plan)).toBe('1.3.0')
    expect(plan.releases[0]).toMatchObject({ commits: 3 })
  })

  it('makes pre-releases of a channel, each with what is new since the one before', async () => {
    using repository = makeRepository([
      released,
      { message: 'feat: a lid' },
      { message: 'fix: the lid', tags: ['v1.3.0-beta.0'] },
      { message: 'feat: a handle' },
    ])
    const beta = await planOf(repository, { channel: 'beta' })
    expect(beta.releases[0]).toMatchObject({
      to: '1.3.0-beta.1',
      bump: 'prerelease',
      channel: 'beta',
      since: { tag: 'v1.3.0-beta.0' },
      commits: 1,
    })
    const proper = await planOf(repository)
    expect(proper.releases[0]).toMatchObject({ to: '1.3.0', since: { tag: 'v1.2.0' }, commits: 3 })
    using quiet = makeRepository([released, { message: 'feat: a lid', tags: ['v1.3.0-beta.0'] }, { message: 'docs: write' }])
    expect((await planOf(quiet, { channel: 'beta' })).releases).toEqual([])
  })

  it('stops at a dirty tree, a detached head, a tag that is there, a diverged branch, and a version that files are beyond', async () => {
    using repository = makeRepository([released, { message: 'feat: a lid', tags: ['v1.4.0'] }, { message: 'fix: a' }])
    writeFileSync(join(repository.dir, 'changes.txt'), 'by hand')
    writeFileSync(join(repository.dir, 'new\nfile'), '')
    const dirty = await planOf(repository)
    expect(statusOf(dirty, 'tree.clean')).toBe('fail')
    expect(dirty.readiness.ready).toBe(false)
    repository.git('reset', '-q', '--hard')
    expect(statusOf(await planOf(repository), 'tree.clean')).toBe('warn')
    repository.git('clean', '-qfd')
    repository.git('checkout', '-q', '--detach')
    expect(statusOf(await planOf(repository), 'branch.attached')).toBe('fail')
    repository.git('checkout', '-q', '-B', 'topic', repository.ids[0] ?? '')
    repository.git('branch', '-q', '--set-upstream-to=main')
    repository.git('commit', '-q', '--allow-empty', '-m', 'feat: on the topic')
    const topic = await planOf(repository, { version: '1.4.0' })
    expect(statusOf(topic, 'tag.free')).toBe('fail')
    expect(statusOf(topic, 'branch.current')).toBe('fail')
    expect(statusOf(topic, 'branch.release')).toBe('warn')
    expect(topic.releases[0]?.isLatest).toBe(false)
    using ahead = makeRepository([{ message: 'feat: begin', files: pot('2.0.0'), tags: ['v1.2.0'] }, { message: 'fix: a' }])
    expect(statusOf(await planOf(ahead), 'versions.ahead')).toBe('fail')
  })

  it('asks ops-plugin over the bus, and goes on without it', async () => {
    using repository = makeRepository([released, { message: 'fix: a' }])
    const silent = await planOf(repository)
    expect(['health.score', 'issues.critical'].map((id) => statusOf(silent, id))).toEqual(['unknown', 'unknown'])
    expect(silent.readiness.ready).toBe(true)
    expect((await planOf(repository, { strict: true })).readiness.ready).toBe(false)
    const with_ =
      (score: number, ...priorities: string[]) =>
      async (command: string) =>
        command === 'ops.health.scan' ? { score } : { issues: priorities.map((priority) => ({ title: 'It leaks', priority })) }
    const good = await planOf(repository, {}, with_(95))
    expect(good.readiness.checks.filter(({ status }) => status === 'fail')).toEqual([])
    expect(statusOf(await planOf(repository, {}, with_(69)), 'health.score')).toBe('warn')
    expect((await planOf(repository, {}, with_(59))).readiness.ready).toBe(false)
    const leaking = await planOf(repository, {}, with_(95, 'high', 'critical'))
    expect(leaking.readiness.checks.find(({ id }) => id === 'issues.critical')).toMatchObject({ status: 'fail', found: 'It leaks' })
    expect(statusOf(await planOf(repository, {}, async () => 'nonsense'), 'health.score')).toBe('unknown')
  })

  it('never reads what came before the last release: it may be gone', async () => {
    const old: MadeCommit[] = Array.from({ length: 200 }, (_, index) => ({
      message: `feat: old ${index}`,
      ...(index === 0 && { files: pot() }),
    }))
    using repository = makeRepository([...old, { message: 'feat: released', tags: ['v1.2.0'] }, { message: 'fix: a' }])
    repository.git('repack', '-adq')
    const pack = join(repository.dir, '.git/objects/pack')
    const name = readdirSync(pack).find((file) => file.endsWith('.pack')) ?? ''
    writeFileSync(join(repository.dir, '.git/old.pack'), execFileSync('cat', [join(pack, name)]))
    for (const file of readdirSync(pack)) rmSync(join(pack, file), { force: true })
    execFileSync('git', ['unpack-objects', '-q'], {
      cwd: repository.dir,
      input: execFileSync('cat', [join(repository.dir, '.git/old.pack')]),
    })
    // git looks a few commits beyond where it is told to stop; more it must not need.
    for (const id of repository.ids.slice(0, 190)) rmSync(join(repository.dir, '.git/objects', id.slice(0, 2), id.slice(2)))
    expect(() => repository.git('rev-list', '--count', 'HEAD')).toThrow()
    expect(toOf(await planOf(repository))).toBe('1.2.1')
  })

  it('says that history is missing where a shallow clone ends before the last release', async () => {
    using repository = makeRepository([released, { message: 'feat: a' }, { message: 'fix: b' }, { message: 'fix: c' }])
    const clone = join(repository.dir, '.git/clone')
    execFileSync('git', ['clone', '-q', '--depth', '1', `file://${repository.dir}`, clone])
    expect(await codeOf(planOf({ dir: clone }))).toBe('HISTORY_INCOMPLETE')
    execFileSync('git', ['fetch', '-q', '--depth', '4', 'origin', 'tag', 'v1.2.0', 'main'], { cwd: clone, stdio: 'ignore' })
    expect(toOf(await planOf({ dir: clone }))).toBe('1.3.0')
  })

  it('takes hostile messages and file names for what they are', async () => {
    const evil = '$(touch pwned) `touch pwned` "; rm -rf / #\\'
    using repository = makeRepository([
      {
        message: 'feat: begin',
        files: { ...pot(), [`${evil}\n/package.json`]: '{"version":"1.2.0"}', '-rf': 'x', '--output=x': 'x', ':(glob)*': 'x' },
        tags: ['v1.2.0'],
      },
      { message: `feat: ${evil}\x1b[2J\u202e\n\nBREAKING CHANGE: ${evil}`, author: '$(id) <a;b@example.org>' },
      { message: Buffer.from([0x66, 0x69, 0x78, 0x3a, 0x20, 0x63, 0x61, 0x66, 0xe9]) },
      { message: 'feat: a\0hidden' },
      { message: '--format=%H' },
      { message: '' },
    ])
    repository.git('tag', 'v1.2.1-$(touch${IFS}pwned)')
    const plan = await planOf(repository)
    expect(toOf(plan)).toBe('2.0.0')
    expect(plan.releases[0]?.reasons.map(({ subject }) => subject)).toContain('fix: caf\u00e9')
    expect(plan.text).not.toContain('\x1b')
    expect(existsSync(join(repository.dir, 'pwned'))).toBe(false)
  })

  it('plans over 50,000 commits', async () => {
    const commits: MadeCommit[] = Array.from({ length: 50_000 }, (_, index) => ({
      message: `${index % 3 === 0 ? 'feat' : 'fix'}: change ${index}`,
      files: index === 0 ? pot() : {},
    }))
    commits[0] = released
    using repository = makeRepository(commits)
    const plan = await planOf(repository)
    expect(plan.releases[0]).toMatchObject({ to: '1.3.0', commits: 49_999 })
    expect(plan.releases[0]?.reasons).toHaveLength(200)
  }, 60_000)
})

describe('makePlan() of a monorepo', () => {
  const manifest = (name: string, version: string, more = {}): string => `${JSON.stringify({ name, version, ...more }, null, 2)}\n`
  const root = manifest('shop', '0.0.0', { private: true, workspaces: ['packages/*'] })
  const independent = (config = {}): MadeCommit[] => [
    {
      message: 'feat: begin',
      files: {
        'package.json': root,
        'packages/cup/package.json': manifest('cup', '1.0.0'),
        'packages/pot/package.json': manifest('pot', '2.0.0', { dependencies: { cup: '^1.0.0' } }),
        'packages/app/package.json': manifest('app', '3.0.0', { private: true, dependencies: { pot: '2.0.0' } }),
        'switchyard.release.json': JSON.stringify({ mode: 'independent', ...config }),
      },
      tags: ['cup@1.0.0', 'pot@2.0.0', 'app@3.0.0'],
    },
  ]
  const versionsOf = ({ releases }: ReleasePlan): string[] => releases.map(({ name, to, tag }) => `${name} ${to} ${tag.name}`)

  it('gives each package what happened in its folder, with a tag and a changelog of its own', async () => {
    using repository = makeRepository([
      ...independent(),
      { message: 'fix: the cup', files: { 'packages/cup/a.txt': '1' } },
      { message: 'feat: everywhere', files: { 'readme.txt': '1' } },
    ])
    const plan = await planOf(repository)
    expect(versionsOf(plan)).toEqual(['cup 1.0.1 cup@1.0.1'])
    expect(plan.files.map(({ path }) => path)).toEqual(['packages/cup/CHANGELOG.md', 'packages/cup/package.json'])
  })

  it('releases along with a package those that ask for it in a way that its new version leaves', async () => {
    using repository = makeRepository([...independent(), { message: 'feat!: square cups', files: { 'packages/cup/a.txt': '1' } }])
    const plan = await planOf(repository)
    expect(versionsOf(plan)).toEqual(['cup 2.0.0 cup@2.0.0', 'pot 2.0.1 pot@2.0.1'])
    const texts = new Map(plan.files.map(({ path, after }) => [path, after]))
    expect(texts.get('packages/pot/package.json')).toContain('"cup": "^2.0.0"')
    // The app is private: it takes the new version in and is not released itself.
    expect(texts.get('packages/app/package.json')).toBe(manifest('app', '3.0.0', { private: true, dependencies: { pot: '2.0.1' } }))
    expect(plan.commit.message).toBe('chore(release): 2 packages\n\n- cup@2.0.0\n- pot@2.0.1')
  })

  it('plans one package where one is named', async () => {
    using repository = makeRepository([
      ...independent(),
      { message: 'feat: all', files: { 'packages/cup/a.txt': '1', 'packages/pot/a.txt': '1' } },
    ])
    expect(versionsOf(await planOf(repository, { package: 'pot' }))).toEqual(['pot 2.1.0 pot@2.1.0'])
    expect(versionsOf(await planOf(repository, { package: 'pot', version: '5.0.0' }))).toEqual(['pot 5.0.0 pot@5.0.0'])
    expect(await codeOf(planOf(repository, { package: 'nobody' }))).toBe('PACKAGE_UNKNOWN')
    expect(await codeOf(planOf(repository, { version: '5.0.0' }))).toBe('VERSION_INVALID')
  })

  it('moves all packages together where they share one version', async () => {
    const files = {
      'package.json': manifest('shop', '1.0.0', { workspaces: ['packages/*'] }),
      'packages/cup/package.json': manifest('cup', '1.0.0', { devDependencies: { pot: '1.0.0' } }),
      'packages/pot/package.json': manifest('pot', '1.0.0', { dependencies: { cup: '1.0.0' } }),
      'switchyard.release.json':
        '{ "publish": [{ "kind": "npm", "provenance": true }, { "kind": "command", "id": "site", "run": ["make", "site"] }] }',
    }
    using repository = makeRepository([
      { message: 'feat: begin', files, tags: ['v1.0.0'] },
      { message: 'feat: a', files: { 'packages/cup/a.txt': '1' } },
    ])
    const plan = await planOf(repository)
    expect(plan.mode).toBe('fixed')
    expect(versionsOf(plan)).toEqual(['shop 1.1.0 v1.1.0'])
    expect(plan.files.map(({ path }) => path)).toEqual([
      'CHANGELOG.md',
      'package.json',
      'packages/cup/package.json',
      'packages/pot/package.json',
    ])
    expect(plan.releases[0]?.packages.map(({ name, from, to }) => `${name} ${from} ${to}`)).toEqual([
      'shop 1.0.0 1.1.0',
      'cup 1.0.0 1.1.0',
      'pot 1.0.0 1.1.0',
    ])
    expect(plan.publish.map(({ id }) => id)).toEqual(['npm:shop', 'npm:cup', 'npm:pot', 'site'])
  })

  it('gives npm a tag by which nobody gets an older line, or a pre-release, who did not ask for it', async () => {
    using repository = makeRepository([
      {
        message: 'feat: begin',
        files: { ...pot('1.0.0'), 'switchyard.release.json': '{ "publish": [{ "kind": "npm" }] }' },
        tags: ['v1.0.0'],
      },
      { message: 'feat: a lid', tags: ['v2.0.0'] },
      { message: 'fix: a' },
    ])
    const tagOf = async (input: Partial<PlanInput> = {}): Promise<unknown> =>
      (await planOf(repository, input)).publish.map((step) => (step.kind === 'npm' ? `${step.version} ${step.distTag}` : step.kind))
    expect(await tagOf()).toEqual(['2.0.1 latest'])
    expect(await tagOf({ channel: 'beta' })).toEqual(['2.0.1-beta.0 beta'])
    repository.git('checkout', '-q', '-B', '1.x', repository.ids[0] ?? '')
    repository.git('commit', '-q', '--allow-empty', '-m', 'fix: b')
    expect(await tagOf()).toEqual(['1.0.1 release-1.x'])
  })

  it('plans a project that is a folder of a larger repository', async () => {
    using repository = makeRepository([
      {
        message: 'feat: begin',
        files: { 'services/api/package.json': manifest('api', '1.0.0'), 'package.json': manifest('other', '9.0.0') },
        tags: ['v1.0.0'],
      },
      { message: 'fix: the api', files: { 'services/api/a.txt': '1' } },
      { message: 'feat: something else', files: { 'b.txt': '1' } },
    ])
    const plan = await planOf(repository, { project: 'services/api' })
    expect(plan).toMatchObject({ path: 'services/api', version: { to: '1.0.1' } })
    expect(plan.files.map(({ path }) => path)).toEqual(['services/api/CHANGELOG.md', 'services/api/package.json'])
  })

  it('says all mistakes of a configuration', async () => {
    using repository = makeRepository(independent({ tag: 'no version', branches: 'main', changelog: '../up.md', nonsense: 1 }))
    const error = await planOf(repository).catch((reason: unknown) => reason)
    expect(String(error)).toMatch(/tag: .*branches: .*changelog: .*nonsense/s)
  })
})
