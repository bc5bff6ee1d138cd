import { execFileSync } from 'node:child_process'
import { globSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import semver from 'semver'
import { expect, it } from 'vitest'
import { switchyard } from '../../../test/cli.ts'
import { PLAIN_GIT } from '../../../test/repository.ts'

interface Manifest {
  name: string
  version: string
  dependencies?: Record<string, string>
  devDependencies?: Record<string, string>
}

it('this repository is released by its own program: all workspaces, lock, plugin manifests and changelog in step, and taken back', {
  timeout: 120_000,
}, async () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'release-self-')))
  const root = join(folder, 'self')
  const sh = (command: string, cwd = root): string =>
    execFileSync('sh', ['-c', command], { cwd, encoding: 'utf8', env: { ...process.env, ...PLAIN_GIT } }).trim()
  const read = <value>(path: string): value => JSON.parse(readFileSync(join(root, path), 'utf8')) as value
  try {
    // The files of this checkout's last commit with a short history of their own: how long the real one is, and whether it is here, varies.
    const top = sh('git rev-parse --show-toplevel', import.meta.dirname)
    sh(`mkdir self && git -C "${top}" archive HEAD | tar -x -C self`, folder)
    const { version: from } = read<Manifest>('package.json')
    writeFileSync(join(root, 'switchyard.release.json'), '{ "tests": false, "policy": { "scoreFail": 0 } }')
    const author = '-c user.name=Ada -c user.email=ada@example.org'
    sh(
      `git init -q -b main && git config user.name Ada && git config user.email ada@example.org && git add -A && git ${author} commit -qm "chore: begin"`,
    )
    sh(`git tag -a -m "${from}" "v${from}" && git commit -q --allow-empty -m "feat: release by itself"`)
    const before = sh('git rev-parse HEAD && git for-each-ref && git status --porcelain && git ls-files --stage')

    const cut = await switchyard({ root, folder }, ['release', 'cut', '--yes', '--json'])
    expect(cut, cut.stderr).toMatchObject({ code: 0 })
    const to = semver.inc(from, 'minor') ?? ''
    expect(sh('git describe')).toBe(`v${to}`)
    const manifests = ['package.json', ...globSync(['packages/*/package.json', 'bench/package.json'], { cwd: root })].map((path) => ({
      path,
      ...read<Manifest>(path),
    }))
    expect(manifests.length).toBeGreaterThan(12)
    const names = new Set(manifests.map(({ name }) => name))
    const lock = read<{ version: string; packages: Record<string, Manifest> }>('package-lock.json')
    expect(lock.version).toBe(to)
    for (const { path, name, version, dependencies, devDependencies } of manifests) {
      expect({ name, version }).toEqual({ name, version: to })
      const inner = Object.entries({ ...dependencies, ...devDependencies }).filter(([other]) => names.has(other))
      expect({ name, inner }).toEqual({ name, inner: inner.map(([other]) => [other, to]) })
      expect(lock.packages[path.replace(/\/?package\.json$/, '')]).toMatchObject({ version: to })
    }
    for (const path of globSync('packages/*-plugin/src/index.ts', { cwd: root }))
      expect(readFileSync(join(root, path), 'utf8')).toContain(`version: '${to}'`)
    expect(readFileSync(join(root, 'CHANGELOG.md'), 'utf8')).toMatch(
      new RegExp(`## \\[${to.replaceAll('.', '\\.')}\\][^#]*### Added[^#]*- release by itself`, 'i'),
    )
    expect(sh('git status --porcelain')).toBe('')

    const undone = await switchyard({ root, folder }, ['release', 'undo', '--yes'])
    expect(undone, undone.stderr).toMatchObject({ code: 0 })
    expect(sh('git rev-parse HEAD && git for-each-ref && git status --porcelain && git ls-files --stage')).toBe(before)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
