import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { type TestFile, writeFiles } from '@switchyard/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { planFixes } from './fix.ts'
import { lookAt, scan } from './scan.ts'
import { takeSnapshot } from './snapshot.ts'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'ops-scan-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

const git = (...args: string[]): Buffer =>
  execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], { cwd: dir, stdio: 'pipe' })
const findingsOf = (report: Awaited<ReturnType<typeof scan>>, id: string) => report.checks.find((check) => check.id === id)?.findings ?? []

const PROJECT: Readonly<Record<string, TestFile>> = {
  'package.json': '{ "name": "demo", "version": "1.0.0", "main": "gone.js" }',
  'README.md': '[a](gone.md)',
  '.gitignore': 'node_modules/\n*.log\n!keep.log\n',
  'src/a.ts': 'export const a = 1\n',
  'src/deep/er/b.ts': 'export const b = 2\n',
  'debug.log': 'out',
  'keep.log': 'in',
  'node_modules/x/index.js': 'out',
}

describe('scan() gives the same report for the same tree', () => {
  it('to the byte, twice', async () => {
    writeFiles(dir, PROJECT)
    expect(JSON.stringify(await scan(dir))).toBe(JSON.stringify(await scan(dir)))
  })

  it('whether git or a walk names the files, and whether they are committed', async () => {
    writeFiles(dir, PROJECT)
    const walked = await takeSnapshot(dir)
    git('init', '-q')
    const untracked = await takeSnapshot(dir)
    git('add', '.')
    git('commit', '-qm', 'first')
    const tracked = await takeSnapshot(dir)
    expect([walked.source, untracked.source, tracked.source]).toEqual(['folder', 'git', 'git'])
    const paths = ['.gitignore', 'README.md', 'keep.log', 'package.json', 'src/a.ts', 'src/deep/er/b.ts']
    for (const snapshot of [walked, untracked, tracked]) expect([...snapshot.files.keys()]).toEqual(paths)
  })

  it('whatever this copy of the repository or this user excludes, and whatever was installed', async () => {
    writeFiles(dir, { 'a.txt': 'a', 'mine.txt': 'b' })
    git('init', '-q')
    const before = JSON.stringify(await scan(dir))
    writeFiles(dir, { '.git/info/exclude': 'mine.txt\n', 'node_modules/x/index.js': 'x', '.switchyard/yard.db': 'x' })
    expect(JSON.stringify(await scan(dir))).toBe(before)
  })

  it('in a part of a repository, by the rules of the whole', async () => {
    writeFiles(dir, {
      '.gitignore': '*.log\n/part/out\n/other\n',
      'part/a.txt': 'a',
      'part/b.log': 'b',
      'part/out/c': 'c',
      'part/other': 'd',
    })
    git('init', '-q')
    const byGit = await takeSnapshot(join(dir, 'part'))
    expect([byGit.source, [...byGit.files.keys()], byGit.ignores('x.log'), byGit.ignores('out/x')]).toEqual([
      'git',
      ['a.txt', 'other'],
      true,
      true,
    ])
  })

  it('wherever the folder lies and whenever its files were written', async () => {
    const other = mkdtempSync(join(tmpdir(), 'ops-scan-'))
    writeFiles(dir, PROJECT)
    writeFiles(other, Object.fromEntries(Object.entries(PROJECT).reverse()))
    const [one, two] = [await scan(dir), await scan(other)]
    rmSync(other, { recursive: true })
    expect(JSON.stringify(one).replaceAll(basename(dir), '')).toBe(JSON.stringify(two).replaceAll(basename(other), ''))
  })
})

describe('scan() survives what a tree may hold', () => {
  it('a folder that is a link out of the project: reported, not followed', async () => {
    const outside = mkdtempSync(join(tmpdir(), 'ops-outside-'))
    writeFiles(outside, { 'secret.txt': 'outside' })
    writeFiles(dir, { 'a.txt': 'a', 'way-out': { link: outside }, 'etc.txt': { link: '/etc/passwd' } })
    const snapshot = await takeSnapshot(dir)
    const report = await scan(dir)
    rmSync(outside, { recursive: true })
    expect([...snapshot.files.keys()]).toEqual(['a.txt'])
    expect([snapshot.text('etc.txt'), snapshot.text('way-out/secret.txt'), snapshot.text('../../etc/passwd')]).toEqual([
      undefined,
      undefined,
      undefined,
    ])
    expect(findingsOf(report, 'files.links').map(({ file, status }) => `${file} ${status}`)).toEqual(['etc.txt fail', 'way-out fail'])
  })

  it('a tracked folder that has become a link: what git lists behind it is not read', async () => {
    const outside = mkdtempSync(join(tmpdir(), 'ops-outside-'))
    writeFiles(outside, { 'a.txt': 'outside' })
    writeFiles(dir, { 'inner/a.txt': 'inside', 'b.txt': 'b' })
    git('init', '-q')
    git('add', '.')
    rmSync(join(dir, 'inner'), { recursive: true })
    writeFiles(dir, { inner: { link: outside } })
    const snapshot = await takeSnapshot(dir)
    const read = snapshot.text('inner/a.txt')
    rmSync(outside, { recursive: true })
    expect([[...snapshot.files.keys()], read]).toEqual([['b.txt'], undefined])
  })

  it('links in a circle, onto themselves and into their own folder', async () => {
    writeFiles(dir, { a: { link: 'b' }, b: { link: 'a' }, self: { link: 'self' }, 'in/up': { link: '..' }, 'in/a.txt': 'a' })
    const report = await scan(dir)
    expect(findingsOf(report, 'files.links').map(({ file, status }) => `${file} ${status}`)).toEqual(['a fail', 'b fail', 'self fail'])
    expect(report.files.total).toBe(1)
  })

  it('a link to a file inside counts as that file', async () => {
    writeFiles(dir, { 'docs/read.md': 'Hello', 'README.md': { link: 'docs/read.md' }, pages: { link: 'docs' } })
    const snapshot = await takeSnapshot(dir)
    expect([snapshot.text('README.md'), snapshot.has('pages/read.md'), snapshot.hasFolder('pages')]).toEqual(['Hello', true, true])
  })

  it('a file of 100 MB: named, not read', async () => {
    writeFileSync(join(dir, 'big.json'), '')
    truncateSync(join(dir, 'big.json'), 100 * 1024 * 1024)
    const report = await scan(dir)
    expect(findingsOf(report, 'files.large')).toMatchObject([{ status: 'fail', note: 'is 100 MB', file: 'big.json' }])
    expect(report.files.notRead).toEqual([{ path: 'big.json', why: 'too large' }])
  })

  it('binary files, invalid UTF-8 and manifests that are neither JSON nor TOML', async () => {
    const bytes = Uint8Array.from({ length: 4_096 }, (_, index) => (index * 7) % 256)
    const latin = Buffer.from('gr\xfcn', 'latin1')
    writeFiles(dir, {
      'package.json': bytes,
      'Cargo.toml': latin,
      'pyproject.toml': '[[[',
      '.claude-plugin/plugin.json': '[]',
      '.mcp.json': '"a"',
      'hooks/hooks.json': 'null',
      'a.md': latin,
    })
    const report = await scan(dir)
    expect(report.files.notRead).toEqual([
      { path: 'Cargo.toml', why: 'not UTF-8' },
      { path: 'a.md', why: 'not UTF-8' },
      { path: 'package.json', why: 'binary' },
    ])
    expect(report.status).toBe('fail')
  })

  it('JSON of any shape where a manifest is looked for', async () => {
    const shapes = [
      'null',
      '1',
      '"x"',
      '[]',
      '[null]',
      '{"name":{},"version":[],"scripts":[],"workspaces":[1],"dependencies":"x","bin":[],"exports":[[null]]}',
      '{"hooks":[[]],"plugins":[null,1,{}],"mcpServers":{"a":1},"skills":[1],"owner":1}',
      '{"packages":[]}',
    ]
    const paths = [
      'package.json',
      'package-lock.json',
      'tsconfig.json',
      '.claude-plugin/plugin.json',
      '.claude-plugin/marketplace.json',
      'hooks/hooks.json',
      '.mcp.json',
    ]
    for (const shape of shapes) {
      writeFiles(dir, {
        ...Object.fromEntries(paths.map((path) => [path, shape])),
        'skills/a/SKILL.md': `---\n${shape}\n---\n`,
        'agents/a.md': '---\n- a\n---\n',
        'pnpm-lock.yaml': shape,
      })
      const report = await scan(dir)
      expect(report.kinds).toContain('claude-plugin')
      await planFixes(await lookAt(dir))
    }
  })

  it('folders and files that may not be read', async () => {
    writeFiles(dir, { 'shut/a.txt': 'a', 'mute.txt': 'b', 'c.txt': 'c' })
    chmodSync(dir, 0o755)
    chmodSync(join(dir, 'shut'), 0)
    chmodSync(join(dir, 'mute.txt'), 0)
    const report = await asNobody(() => scan(dir))
    chmodSync(join(dir, 'shut'), 0o755)
    expect(findingsOf(report, 'files.readable')).toMatchObject([{ status: 'warn', note: 'the folder cannot be read', file: 'shut' }])
    expect(report.files.notRead).toEqual([{ path: 'mute.txt', why: 'unreadable' }])
  })

  it('folders that may not be read, where git names the files', async () => {
    writeFiles(dir, { 'shut/a.txt': 'a', 'c.txt': 'c', 'barred/b.txt': 'b' })
    git('init', '-q')
    git('add', 'shut', 'c.txt')
    chmodSync(dir, 0o755)
    for (const folder of ['shut', 'barred']) chmodSync(join(dir, folder), 0)
    // Git trusts a repository of somebody else only where the user's own settings say so.
    const [home, userHome] = [mkdtempSync(join(tmpdir(), 'ops-home-')), process.env.HOME]
    writeFiles(home, { '.gitconfig': '[safe]\n  directory = *\n' })
    chmodSync(home, 0o755)
    process.env.HOME = home
    const report = await asNobody(() => scan(dir)).finally(() => {
      process.env.HOME = userHome
      for (const folder of ['shut', 'barred']) chmodSync(join(dir, folder), 0o755)
      rmSync(home, { recursive: true })
    })
    expect(report.files.source).toBe('git')
    expect(findingsOf(report, 'files.readable').map(({ file, note }) => `${file} ${note}`)).toEqual([
      'barred the folder cannot be read',
      'shut the folder cannot be read',
      'shut/a.txt cannot be looked at',
    ])
  })

  it('a pipe, which would never end: not opened', async () => {
    writeFiles(dir, { 'a.txt': 'a' })
    execFileSync('mkfifo', [join(dir, 'README.md')])
    const report = await scan(dir)
    expect(findingsOf(report, 'files.readable')).toMatchObject([
      { status: 'warn', note: 'is no regular file and was not opened', file: 'README.md' },
    ])
  })

  it('a repository whose own configuration names a program to run while git lists', async () => {
    writeFiles(dir, { 'a.txt': 'a', 'trap.sh': { text: `#!/bin/sh\ntouch ${join(dir, 'sprung')}\n`, executable: true } })
    git('init', '-q')
    git('config', 'core.fsmonitor', join(dir, 'trap.sh'))
    const report = await scan(dir)
    expect([report.files.source, report.files.total, existsSync(join(dir, 'sprung'))]).toEqual(['git', 2, false])
  })

  it('names that would speak to a terminal, which come out harmless', async () => {
    writeFiles(dir, { 'a\u001b[2Jb\nc.md': '[x](gone.md)' })
    const { text } = await scan(dir)
    expect(text).toContain('a\\u001b[2Jb\\u000ac.md:1')
    expect(text).not.toContain('\u001b')
  })

  it('a project that is not there, or a file', async () => {
    await expect(scan(join(dir, 'nowhere'))).rejects.toMatchObject({ code: 'PROJECT_NOT_FOUND' })
    writeFiles(dir, { file: '' })
    await expect(scan(join(dir, 'file'))).rejects.toMatchObject({ code: 'PROJECT_NOT_FOUND' })
  })

  it('an empty folder', async () => {
    expect(await scan(dir)).toMatchObject({ kinds: [], files: { total: 0 }, nextBestFix: { check: 'docs.readme' } })
  })
})

describe('scan() takes time in proportion to what it reads', () => {
  const CHARS = 200_000
  const PIECES = [
    '[',
    '](',
    '`',
    '[a](<',
    '"',
    '    ',
    '\n',
    '---\n',
    '{',
    '*',
    'a/',
    '- a\n',
    'a: &a ',
    'sk-',
    ':',
    '://',
    'timeout:',
    'https://x:',
  ]
  for (const piece of PIECES) {
    it(`where all of it is ${JSON.stringify(piece)}`, async () => {
      const text = piece.repeat(CHARS / piece.length)
      const hooks = { hooks: { PreToolUse: [{ matcher: text, hooks: [{ type: 'command', command: text }] }] } }
      const paths = [
        'a.md',
        'package.json',
        'src/server.ts',
        '.github/workflows/a.yml',
        '.gitignore',
        'go.mod',
        'go.sum',
        'Cargo.toml',
        'pnpm-workspace.yaml',
        'pnpm-lock.yaml',
        'src/a.rs',
      ]
      writeFiles(dir, {
        ...Object.fromEntries(paths.map((path) => [path, text])),
        'skills/a/SKILL.md': `---\n${text}\n---\n${text}`,
        'hooks/hooks.json': JSON.stringify(hooks),
      })
      const begin = performance.now()
      await scan(dir)
      expect(performance.now() - begin).toBeLessThan(10_000)
    })
  }
})

describe('scan() of what Claude Code loads for a project alone', () => {
  const hook = (command: string) => ({ hooks: { Stop: [{ hooks: [{ type: 'command', command }] }] } })
  const own = (command: string): Readonly<Record<string, TestFile>> => ({
    '.claude/settings.json': JSON.stringify(hook(command)),
    'bin/a.sh': 'true',
  })

  it('judges hooks, skills, agents and servers in the places of a project', async () => {
    writeFiles(dir, {
      ...own(`sh "\${CLAUDE_PROJECT_DIR}/bin/gone.sh"`),
      '.claude/skills/go/SKILL.md': '---\nname: go\n---\nGo',
      '.claude/agents/a.md': '---\nname: a\ndescription: Looks at things\npermissionMode: plan\n---\nLook',
      '.mcp.json': '{ "mcpServers": { "main": { "url": "https://example.com" } } }',
    })
    const report = await scan(dir)
    const notes = (id: string) => findingsOf(report, id).map(({ file, note }) => `${file} ${note}`)
    expect(notes('hooks.scripts')).toEqual(['.claude/settings.json runs bin/gone.sh, which is not there'])
    expect(notes('skills.description')).toEqual(['.claude/skills/go/SKILL.md has no description'])
    expect(notes('mcp.config')).toEqual(['.mcp.json server "main" has no command, and its url needs a type'])
    // An agent of a project may set what a plugin's may not.
    expect(notes('agents.frontmatter')).toEqual([])
    expect([report.kinds, report.pluginType, report.notApplicable.includes('plugin.manifest')]).toEqual([[], undefined, true])
  })

  it('knows which root is empty there', async () => {
    writeFiles(dir, own(`sh "\${CLAUDE_PLUGIN_ROOT}/bin/a.sh"`))
    expect(findingsOf(await scan(dir), 'hooks.scripts')[0]?.note).toBe(
      `names \${CLAUDE_PLUGIN_ROOT}, which is empty outside of a plugin: use \${CLAUDE_PROJECT_DIR}`,
    )
    writeFiles(dir, own(`sh "\${CLAUDE_PROJECT_DIR}/bin/a.sh"`))
    expect(findingsOf(await scan(dir), 'hooks.scripts')).toEqual([])
  })

  it('takes an entry of a marketplace for the manifest of a plugin that has none', async () => {
    const entry = { name: 'demo', source: './plugins/demo', strict: false, category: 'x', version: '1.0.0', description: 'Shows', wat: 1 }
    writeFiles(dir, {
      '.claude-plugin/marketplace.json': JSON.stringify({ name: 'm', owner: { name: 'x' }, plugins: [entry] }, null, 1),
      'plugins/demo/skills/go/SKILL.md': 'Go',
    })
    const report = await scan(dir)
    expect([report.kinds, report.pluginType]).toEqual([['claude-marketplace', 'claude-plugin'], 'skill-only'])
    expect(findingsOf(report, 'plugin.manifest')).toMatchObject([
      { file: '.claude-plugin/marketplace.json', line: 14, note: 'has the unknown key "wat", which is ignored at load' },
    ])
    expect(findingsOf(report, 'skills.frontmatter')).toMatchObject([{ file: 'plugins/demo/skills/go/SKILL.md' }])
  })

  it('knows that a script ends as its main function returns, and that what is async cannot block', async () => {
    const stop = (handler: object): string => JSON.stringify({ hooks: { Stop: [{ hooks: [{ type: 'command', ...handler }] }] } })
    const command = `python3 "\${CLAUDE_PROJECT_DIR}/gate.py"`
    writeFiles(dir, { '.claude/settings.json': stop({ command, async: true }), 'gate.py': 'def main():\n  return 1\nsys.exit(main())\n' })
    expect(findingsOf(await scan(dir), 'hooks.blocking')).toMatchObject([
      { file: 'gate.py', line: 2, note: 'ends with 1 on Stop, and what is async cannot block' },
    ])
    writeFiles(dir, {
      '.claude/settings.json': stop({ command }),
      'gate.py': 'def main():\n  return 1 if mild else 0\n  return 2\nsys.exit(main())\n',
    })
    expect(findingsOf(await scan(dir), 'hooks.blocking')).toEqual([])
  })

  it('asks nothing of settings without hooks', async () => {
    writeFiles(dir, { '.claude/settings.json': '{ "permissions": {} }' })
    expect(findingsOf(await scan(dir), 'hooks.shape')).toEqual([])
  })
})

describe('scan() of projects in other languages', () => {
  const TREES: Readonly<Record<string, Readonly<Record<string, TestFile>>>> = {
    python: {
      'pyproject.toml': '[project]\nname = "my-shop"\nversion = "1.0.0"\nrequires-python = ">=3.12"\ndependencies = ["httpx"]\n',
      'uv.lock': '[[package]]\nname = "httpx"\nversion = "1.0.0"\n',
      'src/my_shop/__init__.py': '',
      'tests/test_shop.py': 'def test_one(): pass\n',
      '.gitignore': '__pycache__/\n.venv/\n',
    },
    go: {
      'go.mod': 'module example.com/shop\n\ngo 1.26\n\nrequire github.com/a/b v1.2.3\n',
      'go.sum': 'github.com/a/b v1.2.3 h1:x=\n',
      'main.go': 'package main\n',
      'main_test.go': 'package main\n',
      '.gitignore': '/shop\n',
    },
    rust: {
      'Cargo.toml': '[package]\nname = "shop"\nversion = "1.0.0"\nedition = "2024"\nrust-version = "1.90"\n[dependencies]\nserde = "1"\n',
      'Cargo.lock': '[[package]]\nname = "serde"\nversion = "1.0.0"\n[[package]]\nname = "shop"\nversion = "1.0.0"\n',
      'src/main.rs': 'fn main() {}\n#[cfg(test)]\nmod tests {}\n',
      '.gitignore': 'target/\n',
    },
  }
  for (const [kind, files] of Object.entries(TREES)) {
    it(`asks a ${kind} project what applies to it, and finds a good one good`, async () => {
      writeFiles(dir, { ...files, 'README.md': 'word '.repeat(50), LICENSE: 'MIT', '.github/workflows/a.yml': 'on: push\n' })
      const report = await scan(dir)
      expect(report).toMatchObject({ kinds: [kind], score: 100 })
      expect(report.checks.map(({ id }) => id)).toEqual(
        expect.arrayContaining(
          [
            'structure.manifest',
            'structure.layout',
            'dependencies.lockfile-in-step',
            'dependencies.runtime-declared',
            'quality.tests-exist',
          ].filter((id) => !(kind === 'go' && id === 'structure.layout')),
        ),
      )
      expect(report.notApplicable).toEqual(expect.arrayContaining(['quality.test-script', 'structure.tsconfig-strict', 'plugin.manifest']))
    })
  }
})

describe('scan()', () => {
  it('fits the report into 80 columns', async () => {
    writeFiles(dir, { ...PROJECT, [`docs/${'long'.repeat(30)}.md`]: `[a](${'gone'.repeat(40)}.md)` })
    const { text } = await scan(dir)
    expect(text.split('\n').filter((line) => line.length > 80)).toEqual([])
    expect(text).toMatch(/^ops-scan-\w+: \d+ of 100, \w+\n/)
    expect(text).toMatch(/\nNext best fix: \S+, \+[\d.]+: /)
  })

  it('scores as much better as it said, once the next best fix is made', async () => {
    const manifest = '{ "name": "demo", "version": "1.0.0" }'
    writeFiles(dir, { 'package.json': manifest, 'README.md': 'word '.repeat(50), '.gitignore': '.env\nnode_modules/\n' })
    const before = await scan(dir)
    expect(before.nextBestFix).toMatchObject({ check: 'quality.test-script' })
    writeFiles(dir, { 'package.json': '{ "name": "demo", "version": "1.0.0", "scripts": { "test": "vitest" } }' })
    const after = await scan(dir)
    expect(Math.abs(after.score - before.score - (before.nextBestFix?.gain ?? 0))).toBeLessThan(1)
  })

  it('stops when its caller gives up', async () => {
    writeFiles(dir, PROJECT)
    await expect(scan(dir, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'CANCELLED' })
  })

  it('looks at 1,000 files in less than 400 ms', async () => {
    const source = 'export const value = { name: "a", text: "some words to look at" }\n'.repeat(100)
    writeFiles(dir, {
      ...PROJECT,
      ...Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`src/${index % 40}/f${index}.ts`, source])),
    })
    git('init', '-q')
    await scan(dir)
    const times: number[] = []
    for (let round = 0; round < 5; round++) {
      const begin = performance.now()
      await scan(dir)
      times.push(performance.now() - begin)
    }
    // The quickest of five: the others tell how busy the machine is.
    expect(Math.min(...times)).toBeLessThan(400)
  })
})

/** Root may read everything, so as root the scan runs as somebody else. */
async function asNobody<value>(work: () => Promise<value>): Promise<value> {
  if (process.geteuid?.() !== 0) return work()
  process.seteuid?.(65_534)
  try {
    return await work()
  } finally {
    process.seteuid?.(0)
  }
}
