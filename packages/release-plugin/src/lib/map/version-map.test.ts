import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { makeRepository } from '../../../test/made-repository.ts'
import { openGit } from '../git/git.ts'
import { releaseConfig } from '../plan/config.ts'
import { fileEdit, rewritePlaces } from './edit.ts'
import { readTree, type Tree } from './tree.ts'
import { expectedVersions, findDrift, readVersionMap, type VersionMap } from './version-map.ts'

async function mapOf(
  files: Record<string, string | Uint8Array>,
  config: Parameters<typeof releaseConfig.parse>[0] = {},
): Promise<{ map: VersionMap; tree: Tree }> {
  using repository = makeRepository([{ message: 'feat: begin', files: {} }])
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(repository.dir, path)), { recursive: true })
    writeFileSync(join(repository.dir, path), content)
  }
  repository.git('add', '-A')
  const tree = await readTree(await openGit(repository.dir))
  const map = readVersionMap(tree, '.', releaseConfig.parse(config))
  // The folder is gone when a test looks: what it needs must have been read.
  for (const path of Object.keys(files)) tree.text(path)
  return { map, tree }
}

const placesOf = ({ places }: VersionMap): string[] => places.map(({ file, line, label, found }) => `${file}:${line} ${label} ${found}`)

/** Files of every kind, with comments and odd formatting, all at 1.2.3. */
const EVERYTHING = {
  'package.json':
    '{\n\t"version" : "1.2.3",\r\n  "name": "@tea/pot",   "workspaces": ["packages/*", "!packages/old"],\n  "devDependencies": { "@tea/cup": "^1.2.3", "semver": "1.2.3" } }',
  'packages/cup/package.json':
    '{ "name": "@tea/cup", "version": "1.2.3", "dependencies": { "@tea/lid": "workspace:~1.2.3" }, "peerDependencies": { "@tea/lid": "*" } }\n',
  'packages/lid/package.json': '{ "name": "@tea/lid", "version": "1.2.3" }\n',
  'packages/old/package.json': '{ "name": "@tea/old", "version": "0.0.7" }\n',
  'examples/demo/package.json': '{ "name": "demo", "version": "9.9.9", "dependencies": { "@tea/cup": "1.0.0" } }\n',
  'package-lock.json': JSON.stringify(
    {
      name: '@tea/pot',
      version: '1.2.3',
      lockfileVersion: 3,
      packages: {
        '': { name: '@tea/pot', version: '1.2.3', devDependencies: { '@tea/cup': '^1.2.3', semver: '1.2.3' } },
        'node_modules/@tea/cup': { resolved: 'packages/cup', link: true },
        'node_modules/semver': { version: '1.2.3' },
        'packages/cup': { name: '@tea/cup', version: '1.2.3', dependencies: { '@tea/lid': 'workspace:~1.2.3' } },
      },
    },
    null,
    2,
  ),
  '.claude-plugin/plugin.json': '{ "name": "teapot", "version": "1.2.3" }',
  '.claude-plugin/marketplace.json':
    '{ "name": "shop", "metadata": { "version": "1.2.3" }, "plugins": [\n  { "name": "teapot", "source": "./", "version": "1.2.3" },\n  { "name": "far", "source": { "source": "github", "repo": "a/b" }, "version": "4.5.6" } ] }',
  'server.json': '{ "name": "io.tea/pot", "version": "1.2.3", "packages": [{ "identifier": "@tea/pot", "version": "1.2.3" }] }',
  'pyproject.toml': '# tea\n[project]\nname = "teapot"   # keep me\nversion = \'1.2.3\' # and me\n\n[tool.poetry]\nversion="1.2.3"\n',
  'Cargo.toml':
    '[workspace]\nmembers = ["crates/*"]\n[workspace.package]\nversion = "1.2.3"\n[dependencies]\nleaf = { path = "crates/leaf", version = "1.2.3" } # ours\nserde = "1.2.3"\n',
  'crates/leaf/Cargo.toml': '[package]\nname = "leaf"\nversion = "1.2.3"\n',
  'Cargo.lock':
    '[[package]]\nname = "leaf"\nversion = "1.2.3"\n\n[[package]]\nname = "serde"\nversion = "1.2.3"\nsource = "registry+https://github.com/rust-lang/crates.io-index"\n',
  'chart/Chart.yaml': '# chart\nname: pot\nversion: 1.2.3 # its own\nappVersion: "1.2.3"\n',
  'compose.yaml':
    'services:\n  pot:\n    build: .\n    image: ghcr.io/tea/whatever:v1.2.3 # ours\n  cup:\n    image: "ghcr.io/tea/cup:${TAG:-1.2.3}"\n  db:\n    image: postgres:1.2.3\n  pinned:\n    image: tea/cup:1.2.3@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n',
  'src/index.ts': "const protocol = '1.2.3'\nexport const VERSION = '1.2.3'\nnew McpServer({ name: 'pot', version: '1.2.3' }, {})\n",
  'src/other.ts': "export const VERSION = '1.2.3'\n",
  'teapot/__init__.py': '"""Tea."""\n__version__ = "1.2.3"\n',
  'README.md': '![v](https://img.shields.io/badge/version-1.2.3-blue) needs tea 1.2.3, `npm i @tea/pot@1.2.3`\n',
  'test/package.json': '{ "version": "1.2.3" }',
}

describe('readVersionMap()', () => {
  it('finds every place that says the version, and no other', async () => {
    const { map } = await mapOf(EVERYTHING)
    expect(placesOf(map).sort()).toEqual(
      [
        'package.json:2 version 1.2.3',
        'package.json:4 devDependencies.@tea/cup 1.2.3',
        'packages/cup/package.json:1 version 1.2.3',
        'packages/cup/package.json:1 dependencies.@tea/lid 1.2.3',
        'packages/cup/package.json:1 peerDependencies.@tea/lid *',
        'packages/lid/package.json:1 version 1.2.3',
        'package-lock.json:3 version 1.2.3',
        'package-lock.json:8 packages[""].version 1.2.3',
        'package-lock.json:10 packages[""].devDependencies.@tea/cup 1.2.3',
        'package-lock.json:23 packages["packages/cup"].version 1.2.3',
        'package-lock.json:25 packages["packages/cup"].dependencies.@tea/lid 1.2.3',
        '.claude-plugin/plugin.json:1 version 1.2.3',
        '.claude-plugin/marketplace.json:1 metadata.version 1.2.3',
        '.claude-plugin/marketplace.json:2 plugins["teapot"].version 1.2.3',
        'server.json:1 version 1.2.3',
        'server.json:1 packages[0].version 1.2.3',
        'pyproject.toml:4 project.version 1.2.3',
        'pyproject.toml:7 tool.poetry.version 1.2.3',
        'Cargo.toml:4 workspace.package.version 1.2.3',
        'Cargo.toml:6 dependencies.leaf.version 1.2.3',
        'crates/leaf/Cargo.toml:3 package.version 1.2.3',
        'Cargo.lock:3 package "leaf" 1.2.3',
        'chart/Chart.yaml:3 version 1.2.3',
        'chart/Chart.yaml:4 appVersion 1.2.3',
        'compose.yaml:4 services.pot.image 1.2.3',
        'compose.yaml:6 services.cup.image 1.2.3',
        'src/index.ts:2 VERSION 1.2.3',
        'src/index.ts:3 definition 1.2.3',
        'teapot/__init__.py:2 __version__ 1.2.3',
        'README.md:1 badge 1.2.3',
      ].sort(),
    )
    expect(map.packages.map(({ name, path }) => `${path} ${name}`)).toEqual([
      '. teapot',
      'crates/leaf leaf',
      'packages/cup @tea/cup',
      'packages/lid @tea/lid',
    ])
    expect(findDrift(map, expectedVersions(map, 'fixed'))).toEqual([])
  })

  it('edits nothing but the version: formatting, comments, quotes and line ends stay to the byte', async () => {
    const { map, tree } = await mapOf(EVERYTHING)
    const texts = rewritePlaces(tree, map.places, () => '2.0.0-beta.1')
    for (const [path, before] of Object.entries(EVERYTHING)) {
      const changed = map.places.filter(({ file, range }) => file === path && range !== '*').length
      expect(texts.has(path), path).toBe(changed > 0)
      const after = texts.get(path) ?? before
      expect(after.split('2.0.0-beta.1').length - 1, path).toBe(changed)
      expect(after.replaceAll('2.0.0-beta.1', '1.2.3'), path).toBe(before)
    }
    expect(fileEdit(tree, 'pyproject.toml', texts.get('pyproject.toml') ?? '').diff).toContain("+version = '2.0.0-beta.1' # and me")
  })

  it('says what is out of step, with file and line', async () => {
    const { map } = await mapOf({
      'package.json': '{ "name": "a", "version": "1.2.3", "workspaces": ["p/*"] }',
      'p/b/package.json': '{\n  "name": "b",\n  "version": "1.2.2",\n  "dependencies": { "c": "^1.0.0", "a": "~1.1.0" }\n}',
      'p/c/package.json': '{ "name": "c", "version": "1.2.3" }',
      '.claude-plugin/plugin.json': '{ "name": "a", "version": "1.2.3-rc.1" }',
      'src/server.ts': "new McpServer({ name: 'a', version: '1.0.0' })\nconst VERSION = '7.7.7'\n",
    })
    const drift = findDrift(map, expectedVersions(map, 'fixed')).map(
      ({ place, expected }) => `${place.file}:${place.line} ${place.found} ${expected}`,
    )
    expect(drift.sort()).toEqual([
      '.claude-plugin/plugin.json:1 1.2.3-rc.1 1.2.3',
      'p/b/package.json:3 1.2.2 1.2.3',
      'p/b/package.json:4 1.1.0 1.2.3',
      'src/server.ts:1 1.0.0 1.2.3',
    ])
  })

  it('takes patterns and folders that are configured, and leaves alone what is ignored', async () => {
    const files = {
      'package.json': '{ "name": "a", "version": "1.2.3" }',
      'docs/install.md': 'curl a/v1.2.3.tar.gz; wget a/v1.0.0.tar.gz',
      'python/pyproject.toml': '[project]\nname = "a"\nversion = "1.2.3"\n',
      'chart/Chart.yaml': 'version: 9.0.0\nappVersion: 1.2.2\n',
    }
    const { map } = await mapOf(files, {
      packages: ['python'],
      versions: { literals: [{ file: 'docs/*.md', pattern: '/v{version}.tar.gz' }], ignore: ['chart'] },
    })
    expect(placesOf(map)).toEqual([
      'package.json:1 version 1.2.3',
      'python/pyproject.toml:3 project.version 1.2.3',
      'docs/install.md:1 "/v{version}.tar.gz" 1.2.3',
      'docs/install.md:1 "/v{version}.tar.gz" 1.0.0',
    ])
  })

  it('reads past what is damaged: half a file, other encodings, a mark of byte order', async () => {
    const { map } = await mapOf({
      'package.json': '\ufeff{ "name": "a", "version": "1.2.3" }',
      'Cargo.toml': '[package\nversion = ',
      'pyproject.toml': '[project]\nversion = 1.2.3\n',
      'Chart.yaml': 'version: [1.2.3\nappVersion: {',
      'compose.yaml': '- services\n',
      'package-lock.json': '{ "version": "1.2.3", "packages": [',
      'README.md': new Uint8Array([0xff, 0xfe, 0x41, 0x00]),
      '.claude-plugin/plugin.json': '{ "version": 1.2 }',
      '.claude-plugin/marketplace.json': '{ "plugins": "none", "metadata": [] }',
    })
    expect(placesOf(map)).toEqual(['package.json:1 version 1.2.3', 'package-lock.json:1 version 1.2.3'])
    expect(map.places[0]?.start).toBe('\ufeff{ "name": "a", "version": "'.length)
  })

  it('follows no link', async () => {
    using repository = makeRepository([{ message: 'feat: begin', files: { 'real.json': '{ "version": "1.2.3" }' } }])
    symlinkSync('real.json', join(repository.dir, 'package.json'))
    repository.git('add', '-A')
    const tree = await readTree(await openGit(repository.dir))
    expect(readVersionMap(tree, '.', releaseConfig.parse({})).places).toEqual([])
  })
})
