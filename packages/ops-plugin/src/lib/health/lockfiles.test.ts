import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestFile, writeFiles } from '@switchyard/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { lockfileDrift } from './lockfiles.ts'
import { describeProject } from './project.ts'
import { takeSnapshot } from './snapshot.ts'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'ops-lock-'))
})
afterEach(() => rmSync(dir, { recursive: true }))

async function drift(files: Readonly<Record<string, TestFile>>): Promise<readonly string[]> {
  writeFiles(dir, files)
  return lockfileDrift(describeProject(await takeSnapshot(dir))).map(({ file, line, note }) => `${file}:${line ?? ''} ${note}`)
}

const wants = (dependencies: Readonly<Record<string, string>>): string => JSON.stringify({ name: 'demo', version: '1.0.0', dependencies })

describe('lockfileDrift()', () => {
  it('npm: a range, a dependency on either side alone, a version, a workspace', async () => {
    const packages = { '': { version: '0.9.0', dependencies: { zod: '^3', gone: '1' } } }
    const root = { name: 'demo', version: '1.0.0', workspaces: ['a'], dependencies: { zod: '^4', new: '1' } }
    const found = await drift({
      'package.json': JSON.stringify(root),
      'a/package.json': '{"name":"a"}',
      'package-lock.json': JSON.stringify({ packages }, null, 1),
    })
    expect(found).toEqual([
      'package-lock.json:4 has package.json at 0.9.0; it is at 1.0.0',
      'package.json:1 wants zod ^4, package-lock.json has ^3',
      'package.json:1 wants new, which package-lock.json does not have',
      'package-lock.json: has gone for package.json, which does not want it (dependencies)',
      'package-lock.json: does not know the workspace a',
    ])
  })

  it('npm: nothing in the first version of the format, which does not say what was wanted', async () => {
    expect(await drift({ 'package.json': wants({ zod: '^4' }), 'package-lock.json': '{"lockfileVersion":1,"dependencies":{}}' })).toEqual(
      [],
    )
  })

  it('pnpm: the importers, of a lock file with more in it', async () => {
    const lock =
      "lockfileVersion: '9.0'\n\nimporters:\n\n  .:\n    dependencies:\n      zod:\n        specifier: ^3\n        version: 3.0.0\n\npackages:\n\n  zod@3.0.0:\n    resolution: {}\n"
    expect(await drift({ 'package.json': wants({ zod: '^4', new: '1' }), 'pnpm-lock.yaml': lock })).toEqual([
      'package.json:1 wants zod ^4, pnpm-lock.yaml has ^3',
      'package.json:1 wants new, which pnpm-lock.yaml does not have',
    ])
    expect(await drift({ 'package.json': wants({ zod: '^3' }) })).toEqual([])
  })

  it('yarn: both of its formats', async () => {
    expect(await drift({ 'package.json': wants({ zod: '^4' }), 'yarn.lock': 'zod@^3:\n  version "3.0.0"\n' })).toEqual([
      'package.json:1 wants zod ^4, which yarn.lock does not have',
    ])
    expect(await drift({ 'yarn.lock': '"zod@npm:^4":\n  version: 4.0.0\n' })).toEqual([])
  })

  it('Cargo: the crate’s own version and what it wants, under its own name', async () => {
    const manifest =
      '[package]\nname = "demo"\nversion = "1.0.0"\n[dependencies]\nserde = "1"\nother = { package = "real", version = "1" }\n'
    const lock = (version: string, ...names: string[]): string =>
      [
        `[[package]]\nname = "demo"\nversion = "${version}"`,
        ...names.map((name) => `[[package]]\nname = "${name}"\nversion = "1.0.0"`),
      ].join('\n')
    expect(await drift({ 'Cargo.toml': manifest, 'Cargo.lock': lock('0.9.0', 'real') })).toEqual([
      'Cargo.lock: has demo at 0.9.0; it is at 1.0.0',
      'Cargo.toml:5 wants serde, which Cargo.lock does not have',
    ])
    expect(await drift({ 'Cargo.lock': lock('1.0.0', 'serde', 'real') })).toEqual([])
  })

  it('Go: each module at its version, but for what is replaced', async () => {
    const manifest =
      'module example.com/a\n\nrequire github.com/a/b v1.2.0\nrequire (\n\tgithub.com/c/d v0.1.0 // indirect\n\tgithub.com/e/f v1.0.0\n)\nreplace github.com/e/f => ../f\n'
    const sum = (version: string): string =>
      `github.com/a/b ${version} h1:x=\ngithub.com/a/b ${version}/go.mod h1:x=\ngithub.com/c/d v0.1.0/go.mod h1:x=\n`
    expect(await drift({ 'go.mod': manifest, 'go.sum': sum('v1.1.0') })).toEqual([
      'go.mod:3 wants github.com/a/b v1.2.0, which go.sum does not have',
    ])
    expect(await drift({ 'go.sum': sum('v1.2.0') })).toEqual([])
  })

  it('Python: names in whatever way they are written', async () => {
    const manifest = '[project]\nname = "demo"\ndependencies = ["Foo.Bar>=1", "httpx[http2]"]\n'
    expect(await drift({ 'pyproject.toml': manifest, 'uv.lock': '[[package]]\nname = "foo-bar"\nversion = "1"\n' })).toEqual([
      'pyproject.toml:3 wants httpx, which uv.lock does not have',
    ])
  })
})
