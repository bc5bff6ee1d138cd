import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createWorkspaceNames, readWorkspaceNames } from './workspace-names.ts'

function folder(files: Readonly<Record<string, string>>): string {
  const dir = mkdtempSync(join(tmpdir(), 'names-'))
  onTestFinished(() => rmSync(dir, { recursive: true }))
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, path)), { recursive: true })
    writeFileSync(join(dir, path), text)
  }
  return dir
}

const HASH = '0123456789012345678901234567890123456789'

describe('readWorkspaceNames()', () => {
  it('reads branches and tags, loose and packed, without running git', () => {
    const dir = folder({
      '.git/refs/heads/main': HASH,
      '.git/refs/heads/feature/login': HASH,
      '.git/refs/tags/v2.0.0': HASH,
      '.git/packed-refs': `# pack-refs with: peeled\n${HASH} refs/heads/release/1.x\n${HASH} refs/tags/v1.0.0\n^${HASH}\n${HASH} refs/remotes/origin/main\n`,
    })
    const { branch, version } = readWorkspaceNames(dir)
    expect(branch?.toSorted()).toEqual(['feature/login', 'main', 'release/1.x'])
    expect(version).toEqual(['v2.0.0', 'v1.0.0'])
  })

  it('follows a work tree to where its branches are', () => {
    const dir = folder({
      'main/.git/refs/heads/main': HASH,
      'main/.git/worktrees/tree/commondir': '../..\n',
      'tree/.git': 'gitdir: ../main/.git/worktrees/tree\n',
    })
    expect(readWorkspaceNames(join(dir, 'tree'))).toEqual({ branch: ['main'] })
  })

  it('reads environments and services of what is hosted, and minds no other shape', () => {
    const hosted = { environments: { prod: { target: 'web-1' }, qa: {} }, services: { api: {} } }
    expect(readWorkspaceNames(folder({ 'switchyard.deploy.json': JSON.stringify(hosted) }))).toEqual({
      env: ['prod', 'qa'],
      service: ['api'],
    })
    expect(readWorkspaceNames(folder({ 'switchyard.deploy.json': '{ "environments": ["prod"], "services": "api" }' }))).toEqual({})
  })

  it('reads services of compose files and of those that are watched, and packages by name and folder', () => {
    const dir = folder({
      'compose.yaml':
        'name: shop\nservices:\n  # the front\n  web:\n    image: web\n    ports:\n      - "80:80"\n\n  "search-api":\n    image: s\nvolumes:\n  data:\n',
      'switchyard.services.json': '{ "services": [{ "name": "pg" }, { "name": 3 }] }',
      'package.json': '{ "name": "shop", "workspaces": ["packages/*", "tools/cli"] }',
      'packages/api/package.json': '{ "name": "@shop/api" }',
      'packages/notes.txt': '',
      'tools/cli/package.json': '{ "name": "shop-cli" }',
    })
    expect(readWorkspaceNames(dir)).toEqual({
      service: ['web', 'search-api', 'pg'],
      project: ['shop', '@shop/api', 'packages/api', 'shop-cli', 'tools/cli'],
    })
  })

  it('has no names of what is missing, broken or no file', () => {
    const broken = folder({ 'package.json': '{ "name": ', 'switchyard.services.json': '[1]', 'compose.yaml/x': '', '.git': 'nonsense' })
    expect(readWorkspaceNames(broken)).toEqual({})
    expect(readWorkspaceNames(join(broken, 'nowhere'))).toEqual({})
  })
})

describe('createWorkspaceNames()', () => {
  it('puts what is configured first, and reads again when what it knows may be old', () => {
    const dir = folder({ '.git/refs/heads/main': HASH })
    let nowMs = 0
    const names = createWorkspaceNames(dir, { branch: ['trunk'], env: ['live'] }, { now: () => nowMs })
    expect(names()).toEqual({ branch: ['trunk', 'main'], env: ['live'] })
    writeFileSync(join(dir, '.git/refs/heads/next'), HASH)
    nowMs = 9_000
    expect(names().branch).not.toContain('next')
    nowMs = 10_000
    expect(names().branch).toContain('next')
  })
})
