import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isSwitchyardError } from '@switchyard/plugin-kit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type CutYard, createCutYard } from '../../../test/cut-yard.ts'
import { makeRepository, planOf, stateOf, type TestRepository } from '../../../test/repository.ts'

let repository: TestRepository
let yard: CutYard

beforeEach(async () => {
  repository = makeRepository()
  yard = await createCutYard()
})
afterEach(async () => {
  await yard[Symbol.asyncDispose]()
  repository.remove()
})

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'done',
    (error: unknown) => (isSwitchyardError(error) ? error.code : String(error)),
  )

/** Cuts, pushes and takes back, and holds that everything is then as before, byte for byte. */
async function thereAndBack(at: TestRepository = repository, between: () => void = () => undefined): Promise<void> {
  const before = stateOf(at)
  await yard.cut(planOf(at), { push: true })
  expect(at.there('rev-parse', 'v1.1.0^{commit}')).toBe(at.git('rev-parse', 'HEAD'))
  expect(at.git('diff', '--name-only', 'HEAD^', 'HEAD')).toBe('CHANGELOG.md\ndocs/next/NEWS.md\npackage.json\ntool.sh')
  between()
  await yard.call('undo', { project: at.root })
  expect(stateOf(at)).toEqual(before)
}

/** An SSH key that git signs with and knows again. */
function signBySsh(): void {
  const key = join(repository.folder, 'key')
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'ada@example.org', '-f', key])
  writeFileSync(join(repository.folder, 'signers'), `ada@example.org ${readFileSync(`${key}.pub`, 'utf8')}`)
  for (const [name, value] of Object.entries({
    'gpg.format': 'ssh',
    'user.signingKey': `${key}.pub`,
    'gpg.ssh.allowedSignersFile': join(repository.folder, 'signers'),
    'commit.gpgSign': 'true',
    'tag.gpgSign': 'true',
  }))
    repository.git('config', name, value)
}

describe('a cut where git is set up to sign', () => {
  it('signs commit and tag by the key, also after it failed once', async () => {
    signBySsh()
    const key = join(repository.folder, 'key')
    renameSync(key, `${key}.away`)
    const before = stateOf(repository)
    expect(await codeOf(yard.cut(planOf(repository)))).toBe('GIT_FAILED')
    expect(stateOf(repository)).toEqual(before)
    renameSync(`${key}.away`, key)
    await thereAndBack(repository, () => {
      expect(repository.git('log', '-1', '--format=%G? %GS')).toBe('G ada@example.org')
      // Ends with an error where the signature is none.
      repository.git('tag', '--verify', 'v1.1.0')
      expect(repository.git('cat-file', 'tag', 'v1.1.0')).toContain('BEGIN SSH SIGNATURE')
    })
  })

  it('signs the tag alone where only tags are', async () => {
    signBySsh()
    repository.git('config', 'commit.gpgSign', 'false')
    await thereAndBack(repository, () => {
      expect(repository.git('log', '-1', '--format=%G?')).toBe('N')
      repository.git('tag', '--verify', 'v1.1.0')
    })
  })
})

describe('[U3] a cut and its undo leave all else as it was', () => {
  it('in a work tree beside the first', async () => {
    const root = join(repository.folder, 'second')
    repository.git('worktree', 'add', '-q', '-b', 'side', root)
    const before = stateOf(repository)
    const git = (...args: string[]): string => execFileSync('git', ['-C', root, ...args], { encoding: 'utf8' }).trim()
    const read = (path: string): string => readFileSync(join(root, path), 'utf8')
    await thereAndBack({ ...repository, root, git, read }, () => {
      expect(git('branch', '--show-current')).toBe('side')
      expect({ ...stateOf(repository), refs: '', remote: '' }).toEqual({ ...before, refs: '', remote: '' })
    })
  })

  it('with a submodule, whose own commits it does not touch', async () => {
    const inner = join(repository.folder, 'inner')
    execFileSync('git', ['clone', '-q', repository.remote, inner])
    repository.git('-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', inner, 'vendor/inner')
    repository.commit('feat: a submodule')
    await thereAndBack(repository, () => {
      expect(repository.git('submodule', 'status')).toMatch(/^[0-9a-f]/)
    })
  })

  it('in a sparse checkout, of which no file comes back by itself', async () => {
    repository.write('far/away.txt', 'not here\n')
    repository.commit('feat: far away')
    repository.git('sparse-checkout', 'set', '--no-cone', '/*', '!/far/')
    expect(existsSync(join(repository.root, 'far'))).toBe(false)
    await thereAndBack(repository, () => {
      expect(existsSync(join(repository.root, 'far'))).toBe(false)
      expect(repository.git('ls-tree', '-r', '--name-only', 'HEAD')).toContain('far/away.txt')
    })
  })

  it('with files that a filter keeps elsewhere, as LFS does', async () => {
    // Of a file only its checksum is in the repository; the filter stands for git-lfs, which works the same way.
    const store = join(repository.folder, 'store')
    mkdirSync(store)
    const filter = join(repository.folder, 'filter.sh')
    writeFileSync(
      filter,
      `cd "${store}"; if [ "$1" = clean ]; then cat > new; sum=$(sha256sum < new | cut -d' ' -f1); mv new "$sum"; echo "oid $sum"; else read -r _ sum; cat "$sum"; fi\n`,
    )
    repository.git('config', 'filter.kept.clean', `sh "${filter}" clean`)
    repository.git('config', 'filter.kept.smudge', `sh "${filter}" smudge`)
    repository.git('config', 'filter.kept.required', 'true')
    repository.write('.gitattributes', '*.bin filter=kept\nCHANGELOG.md filter=kept\n')
    repository.write('big.bin', 'large\n')
    repository.git('rm', '-q', '--cached', 'CHANGELOG.md')
    repository.commit('feat: large files')
    await thereAndBack(repository, () => {
      expect(repository.git('show', 'HEAD:CHANGELOG.md')).toMatch(/^oid [0-9a-f]{64}$/)
      expect(repository.git('status', '--porcelain')).toBe('')
    })
  })

  it('with modes that are unusual: read-only, executable, for the owner alone', async () => {
    for (const [path, mode] of [
      ['CHANGELOG.md', 0o444],
      ['package.json', 0o600],
      ['tool.sh', 0o700],
    ] as const)
      chmodSync(join(repository.root, path), mode)
    await thereAndBack()
  })

  it('with tags of several packages, pushed', async () => {
    const plan = planOf(repository)
    const before = stateOf(repository)
    const releases = ['cup', '@tea/pot'].flatMap((name) =>
      plan.releases.map((release) => ({ ...release, name, to: '3.0.0', tag: { name: `${name}--v3.0.0`, message: name } })),
    )
    await yard.cut({ ...plan, releases: [...plan.releases, ...releases] }, { push: true })
    expect(repository.there('tag', '--points-at', 'main')).toBe('@tea/pot--v3.0.0\ncup--v3.0.0\nv1.1.0')
    await yard.call('undo', { project: repository.root })
    expect(stateOf(repository)).toEqual(before)
  })
})

describe('somebody works while a release is cut', () => {
  it('commits while the tests run: the cut ends, and the commit stays', async () => {
    const commit = 'echo mine > mine.txt; git add mine.txt; git commit -qm "fix: mine"'
    const plan = planOf(repository, { tests: { path: '.', argv: ['sh', '-c', commit] } })
    expect(await codeOf(yard.cut(plan))).toBe('HEAD_MOVED')
    expect(repository.git('log', '-2', '--format=%s')).toBe('fix: mine\nfeat: pour tea')
    expect(repository.git('status', '--porcelain')).toBe('?? "notes of mine.txt"')
    expect(repository.git('tag')).toBe('v1.0.0')
    expect(JSON.parse(repository.read('package.json'))).toMatchObject({ version: '1.0.0' })
  })

  it('commits between files and commit: the files are put back, and the commit stays', async () => {
    repository.hook('pre-commit', 'git update-index --add tea.txt; git update-ref HEAD "$(git commit-tree -p HEAD -m mine "HEAD^{tree}")"')
    const before = stateOf(repository)
    expect(await codeOf(yard.cut(planOf(repository)))).toBe('HEAD_MOVED')
    expect(repository.git('log', '-2', '--format=%s')).toBe('mine\nfeat: pour tea')
    expect({ ...stateOf(repository), refs: '' }).toEqual({ ...before, refs: '' })
    rmSync(join(repository.root, '.git/hooks/pre-commit'))
    expect(await yard.cut(planOf(repository))).toMatchObject({ state: 'done' })
  })

  it('commits the very files of the release: nothing of it is touched', async () => {
    repository.hook('pre-commit', 'git update-ref HEAD "$(git commit-tree -p HEAD -m mine "$(git write-tree)")"')
    expect(await codeOf(yard.cut(planOf(repository)))).toBe('RELEASE_HALF_MADE')
    expect(repository.git('log', '-2', '--format=%s')).toBe('mine\nfeat: pour tea')
    expect(repository.git('status', '--porcelain')).toBe('?? "notes of mine.txt"')
  })

  it('stages something while the tests run: the cut ends, and it stays staged', async () => {
    const plan = planOf(repository, { tests: { path: '.', argv: ['sh', '-c', 'echo black > tea.txt; git add tea.txt'] } })
    expect(await codeOf(yard.cut(plan))).toBe('DIRTY_TREE')
    expect(repository.git('diff', '--cached', '--name-only')).toBe('tea.txt')
    expect(repository.git('rev-parse', 'HEAD')).toBe(plan.head)
    expect(repository.git('status', '--porcelain')).toBe('M  tea.txt\n?? "notes of mine.txt"')
  })

  it('edits a file that is not of the release: it is not committed, and the edit stays', async () => {
    await yard.cut(planOf(repository, { tests: { path: '.', argv: ['sh', '-c', 'echo black > tea.txt'] } }))
    expect(repository.git('show', 'HEAD:tea.txt')).toBe('green')
    expect(repository.read('tea.txt')).toBe('black\n')
  })

  it('edits a file of the release: nothing is overwritten', async () => {
    const plan = planOf(repository, { tests: { path: '.', argv: ['sh', '-c', 'echo mine > CHANGELOG.md'] } })
    expect(await codeOf(yard.cut(plan))).toBe('FILE_CHANGED')
    expect(repository.read('CHANGELOG.md')).toBe('mine\n')
    expect(repository.git('rev-parse', 'HEAD')).toBe(plan.head)
    expect(repository.git('status', '--porcelain')).toBe('M CHANGELOG.md\n?? "notes of mine.txt"')
  })
})

it('a hook that writes another message has it its way, as with git commit', async () => {
  repository.hook('commit-msg', 'echo "release: another word" > "$1"')
  await yard.cut(planOf(repository))
  expect(repository.git('log', '-1', '--format=%B')).toBe('release: another word')
  rmSync(join(repository.root, '.git/hooks/commit-msg'))
})
