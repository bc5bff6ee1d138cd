import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestFile, writeFiles } from '@switchyard/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { scan } from '../scan.ts'
import { ALL_CHECKS } from './all.ts'

// What maintainers of well-known projects do on purpose, and what differs from it only a little and is wrong.

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'ops-real-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

// Put together at run time, so that no scanner takes this file for a leak.
const key = `-----BEGIN PRIVATE KEY-----\n${'MIIEvQIBADANBgkqhkiG9w0BAQEFAASC'.repeat(2)}\n`
const token = `ghp_${'aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0dF3hJ6'}`
const node = (fields: object): string => JSON.stringify({ name: 'demo', version: '1.0.0', ...fields })
const commands = (map: object): string => JSON.stringify({ name: 'demo', version: '1.0.0', description: 'Shows', commands: map })
const library = '[project]\nname = "demo"\nversion = "1"\ndependencies = ["httpx"]\n'

const CASES: readonly (readonly [
  says: string,
  check: string,
  files: Readonly<Record<string, TestFile>>,
  status: 'pass' | 'warn' | 'fail',
])[] = [
  [
    'finds the door that Node takes where none is named',
    'structure.manifest',
    { 'package.json': node({ type: 'module', description: 'Shows', license: 'MIT', scripts: {} }), 'index.js': '' },
    'pass',
  ],
  [
    'warns of a door that only its publisher builds',
    'structure.entry-point',
    { 'package.json': node({ private: true, main: './index.js', scripts: { build: 'rollup -c' } }) },
    'warn',
  ],
  ['wants the lock of a Python program', 'dependencies.lockfile', { 'pyproject.toml': library }, 'fail'],
  [
    'warns where a Python library has none, whose users never see it',
    'dependencies.lockfile',
    { 'pyproject.toml': `${library}[build-system]\nrequires = ["hatchling"]\n` },
    'warn',
  ],
  [
    'takes any of the usual names of a virtual environment',
    'structure.ignore-file',
    { 'pyproject.toml': library, '.gitignore': '__pycache__/\nvenv/\n' },
    'pass',
  ],
  ['sees a link from the root of a site', 'docs.links', { 'docs/es/index.md': '[a](/es/start.md)', 'docs/es/start.md': 'a' }, 'pass'],
  [
    'sees a link between the folders that pages become',
    'docs.links',
    { 'docs/async.md': '[a](../advanced/http#top)', 'docs/advanced/http.md': 'a' },
    'pass',
  ],
  ['leaves names of Rust to its own tools', 'docs.links', { 'docs/a.md': '[`a`]: tower_http::trace' }, 'pass'],
  ['finds a link that leads nowhere by any of these', 'docs.links', { 'docs/es/index.md': '[a](/es/gone.md) [b](../gone)' }, 'warn'],
  [
    'lets Git hooks of husky be',
    'quality.shebang',
    { '.husky/pre-commit': { text: 'npm test\n', executable: true }, 'a.txt': 'a' },
    'pass',
  ],
  [
    'counts tests that are shell scripts',
    'quality.tests-exist',
    { 'package.json': node({}), 'index.js': '', 'test/1_default.sh': 'true' },
    'pass',
  ],
  ['takes a made-up secret file of a test for one', 'security.secret-files', { 'tests/fixtures/.netrc': 'machine a password b' }, 'pass'],
  ['takes the keystore that every Android project has', 'security.secret-files', { 'android/app/debug.keystore': 'a' }, 'pass'],
  [
    'takes settings of a build that hold no secret',
    'security.secret-files',
    { '.env.production': 'VITE_API_URL=https://example.com\nVITE_API_KEY=public\n' },
    'pass',
  ],
  ['warns of an .env that holds none yet', 'security.secret-files', { '.env': 'PORT=3000\n' }, 'warn'],
  ['finds the one that does', 'security.secret-files', { '.env.production': 'PORT=3000\nexport SESSION_SECRET="abc"\n' }, 'fail'],
  ['finds a secret in an address', 'security.secret-files', { '.env.local': `DATABASE_URL=${'postgres'}://app:letmein@db/app\n` }, 'fail'],
  ['warns of a key in an example', 'security.secrets', { 'examples/tls/key.pem': key }, 'warn'],
  ['finds a key elsewhere', 'security.secrets', { 'src/key.pem': key }, 'fail'],
  [
    'sees the files of commands that are named one by one',
    'plugin.paths',
    { '.claude-plugin/plugin.json': commands({ go: { source: './cmd/go.md' } }), 'cmd/go.md': 'Go' },
    'pass',
  ],
  ['finds one of them that is gone', 'plugin.paths', { '.claude-plugin/plugin.json': commands({ go: { source: './cmd/go.md' } }) }, 'fail'],
  [
    'takes a command whose text stands in the manifest',
    'plugin.manifest',
    { '.claude-plugin/plugin.json': commands({ go: { content: 'Go' } }) },
    'pass',
  ],
  [
    'finds a command that has neither text nor file',
    'plugin.manifest',
    { '.claude-plugin/plugin.json': commands({ go: { description: 'Goes' } }) },
    'fail',
  ],
  [
    'reads what is named one by one as any other command',
    'skills.argument-hint',
    { '.claude-plugin/plugin.json': commands({ go: { source: './cmd/go.md' } }), 'cmd/go.md': '---\ndescription: Goes\n---\nGo to $1' },
    'warn',
  ],
  ['finds a token wherever it is', 'security.secrets', { 'tests/a.txt': token }, 'fail'],
]

describe('checks agree with maintainers', () => {
  for (const [says, id, files, status] of CASES) {
    it(`${id} ${says}`, async () => {
      writeFiles(dir, files)
      const report = await scan(dir, { checks: ALL_CHECKS.filter((check) => check.id === id) })
      const [{ findings, ...judged } = { findings: [] }] = report.checks
      expect({ ...judged, findings }, JSON.stringify(findings)).toMatchObject({ status })
    })
  }
})
