import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readDisk, type TestFile, writeFiles } from '@switchyard/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FIXTURES } from '../../../test/fixtures.ts'
import { applyChange, revertChange } from './change.ts'
import { ALL_CHECKS } from './checks/all.ts'
import { type FixPlan, planFixes } from './fix.ts'
import { keepNewest } from './keep-newest.ts'
import { lookAt, scan } from './scan.ts'

let dir: string
let dataDir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'ops-fix-'))
  dataDir = mkdtempSync(join(tmpdir(), 'ops-fix-data-'))
})
afterEach(() => {
  for (const path of [dir, dataDir]) rmSync(path, { recursive: true, force: true })
})

const plan = async (only: readonly string[] = []): Promise<FixPlan> => planFixes(await lookAt(dir), only)
const FIXABLE = ALL_CHECKS.filter(({ fix }) => fix !== undefined)

describe('every fix', () => {
  it('has an id, and stands for one thing', () => {
    const summaries = new Map<string, Set<string>>()
    for (const { fix } of FIXABLE) if (fix) summaries.set(fix.id, (summaries.get(fix.id) ?? new Set()).add(fix.summary))
    expect([...summaries.values()].filter(({ size }) => size > 1)).toEqual([])
    expect(FIXABLE.length).toBeGreaterThan(25)
  })

  for (const check of FIXABLE) {
    it(`of ${check.id} makes it pass, and is taken back`, async () => {
      const fixture = FIXTURES[check.id]
      writeFiles(dir, fixture?.fixable ?? fixture?.wrong ?? {})
      const before = readDisk(dir)
      expect((await scan(dir, { checks: [check] })).checks[0]?.status).not.toBe('pass')
      const { fixes, edits, diff, left } = await plan([check.id])
      expect({ fixes, left }).toMatchObject({ fixes: [{ check: check.id, fix: check.fix?.id, after: 'pass' }], left: [] })
      expect(readDisk(dir)).toEqual(before)
      expect(diff).toMatch(/^(--- |# )/)

      const change = applyChange(dir, edits, dataDir)
      expect((await scan(dir, { checks: [check] })).checks[0]?.status ?? 'pass').toBe('pass')
      revertChange(dataDir, change)
      expect(readDisk(dir)).toEqual(before)
      expect(existsSync(join(dataDir, 'changes'))).toBe(false)
    })
  }
})

describe('planFixes()', () => {
  const messy: Readonly<Record<string, TestFile>> = {
    'package.json':
      '{\n    "name": "demo",\n    "version": "1.0.0",\n    "devDependencies": { "vitest": "5.1.0", "@types/node": "24.1.0" }\n}\n',
    'tsconfig.json': '{\n  // ours\n  "compilerOptions": { "target": "es2024" }\n}\n',
    'src/a.ts': 'export const a = 1\n',
    LICENSE: 'MIT License\n',
  }

  it('makes several fixes to one file, each on top of the one before, and keeps its indentation and comments', async () => {
    writeFiles(dir, messy)
    const { fixes, edits } = await plan()
    const own = fixes.filter(({ paths }) => paths.includes('package.json')).map(({ fix }) => fix)
    expect(own).toEqual(['manifest-fields', 'engines', 'typecheck-script'])
    const manifest = edits.find(({ path }) => path === 'package.json')?.text
    expect(manifest).toContain('\n    "scripts": {')
    expect(JSON.parse(manifest ?? '')).toMatchObject({
      engines: { node: '>=24' },
      scripts: { test: 'vitest run', typecheck: 'tsc --noEmit' },
    })
    expect(edits.find(({ path }) => path === 'tsconfig.json')?.text).toContain('// ours')
  })

  it('shows a diff that git can apply, and that brings about the same', async () => {
    writeFiles(dir, messy)
    const { diff, edits } = await plan()
    execFileSync('git', ['init', '-q'], { cwd: dir })
    execFileSync('git', ['apply'], { cwd: dir, input: diff })
    for (const { path, text } of edits) expect([path, readFileSync(join(dir, path), 'utf8')]).toEqual([path, text])
  })

  it('writes into the entry where that is all the manifest that a plugin has', async () => {
    const servers = { main: { url: 'https://example.com/mcp' } }
    const plugins = [{ name: 'other' }, { name: 'demo', source: './demo', strict: false, mcpServers: servers }]
    writeFiles(dir, {
      '.claude-plugin/marketplace.json': JSON.stringify({ name: 'm', owner: { name: 'x' }, plugins }),
      'demo/package.json': '{ "name": "demo", "version": "2.0.0", "description": "Shows" }',
    })
    const { edits } = await plan(['plugin.manifest', 'mcp.config'])
    const written = JSON.parse(edits[0]?.text ?? '') as { plugins: object[] }
    expect(written.plugins).toMatchObject([
      { name: 'other' },
      { name: 'demo', version: '2.0.0', description: 'Shows', mcpServers: { main: { type: 'http' } } },
    ])
    expect(Object.keys(written)).toEqual(['name', 'owner', 'plugins'])
  })

  it('leaves alone what it cannot make better, and says so', async () => {
    writeFiles(dir, { 'package.json': '{ "name": "demo", "version": "1.0.0" }' })
    const { fixes, left } = await plan(['quality.test-script', 'quality.tests-exist', 'docs.license'])
    expect({ fixes, left }).toEqual({ fixes: [], left: ['docs.license', 'quality.test-script'] })
  })

  it('calls a package a module only where nothing in it would be read otherwise than before', async () => {
    const esm = { 'package.json': '{ "name": "demo", "version": "1.0.0" }', 'src/a.js': 'export const a = 1\n' }
    const type = async (more: Readonly<Record<string, TestFile>>): Promise<unknown> => {
      rmSync(join(dir, 'src'), { recursive: true, force: true })
      writeFiles(dir, more)
      const text = (await plan(['structure.manifest'])).edits.find(({ path }) => path === 'package.json')?.text
      return JSON.parse(text ?? '{}').type
    }
    expect(await type(esm)).toBe('module')
    expect(await type({ ...esm, 'src/b.ts': 'export const b = 1\n' })).toBeUndefined()
    expect(await type({ ...esm, 'src/a.config.js': 'module.exports = {}\n' })).toBeUndefined()
    expect(await type({ 'src/a.js': 'const b = require("./b")\n' })).toBe('commonjs')
    expect(await type({ 'src/a.js': '' })).toBeUndefined()
  })

  it('keeps the line ends that a file has', async () => {
    writeFiles(dir, {
      'package.json': '{ "name": "demo", "version": "1.0.0" }',
      '.gitignore': '*.log\r\n',
      '.claude-plugin/plugin.json': '{ "name": "demo" }',
      'skills/go/SKILL.md': '---\r\nname: go\r\n---\r\nSay where it all goes, and why.\r\n',
    })
    const { edits } = await plan(['structure.ignore-file', 'skills.description'])
    expect(edits.map(({ path }) => path)).toEqual(['.gitignore', 'skills/go/SKILL.md'])
    for (const { text } of edits) expect(text).not.toMatch(/[^\r]\n/)
  })

  it('leaves a file alone whose bytes it could not give back', async () => {
    const latin = Buffer.from('echo caf\u00e9\n', 'latin1')
    writeFiles(dir, {
      'run.sh': { text: '', executable: true },
      '.claude-plugin/plugin.json': '{ "name": "demo", "version": "1.0.0", "description": "Shows" }',
      '.claude-plugin/skills/go/SKILL.md': latin,
    })
    writeFileSync(join(dir, 'run.sh'), latin)
    expect(await plan(['quality.shebang', 'plugin.layout'])).toMatchObject({ edits: [], left: ['quality.shebang', 'plugin.layout'] })
  })

  it('takes the executable bit from what cannot be a program alone', async () => {
    writeFiles(dir, { 'bin/run': { text: 'echo hello\n', executable: true }, 'a.md': { text: 'Hello', executable: true }, b: '', c: '' })
    const { edits } = await plan(['quality.shebang'])
    expect(edits).toEqual([{ path: 'a.md', text: 'Hello', executable: false }])
  })

  it('finds nothing to do the second time', async () => {
    writeFiles(dir, messy)
    applyChange(dir, (await plan()).edits, dataDir)
    expect((await plan()).edits).toEqual([])
  })
})

describe('applyChange()', () => {
  it('writes through no link, and to nothing that lies outside', () => {
    const outside = mkdtempSync(join(tmpdir(), 'ops-fix-outside-'))
    symlinkSync(outside, join(dir, 'way-out'))
    symlinkSync('/etc/hosts', join(dir, 'hosts'))
    for (const path of ['way-out/a.txt', 'hosts', '../a.txt', '/etc/hosts', 'a/../../b.txt']) {
      expect(() => applyChange(dir, [{ path, text: 'x' }], dataDir), path).toThrow(expect.objectContaining({ code: 'UNSAFE_PATH' }))
    }
    rmSync(outside, { recursive: true })
    expect(existsSync(join(dataDir, 'changes'))).toBe(false)
  })

  it('takes the first file back where the second cannot be written', () => {
    writeFiles(dir, { 'a.txt': 'a', file: 'f' })
    const before = readDisk(dir)
    const edits = [
      { path: 'a.txt', text: 'changed' },
      { path: 'file/b.txt', text: 'b' },
    ]
    expect(() => applyChange(dir, edits, dataDir)).toThrow()
    expect(readDisk(dir)).toEqual(before)
  })

  it('keeps the mark of byte order, but not before what a kernel reads', () => {
    writeFiles(dir, { 'a.json': '\uFEFF{}', 'a.sh': '\uFEFFecho' })
    const edits = [
      { path: 'a.json', text: '{ }' },
      { path: 'a.sh', text: '#!/bin/sh\necho' },
    ]
    applyChange(dir, edits, dataDir)
    expect(['a.json', 'a.sh'].map((path) => readFileSync(join(dir, path), 'utf8'))).toEqual(['\uFEFF{ }', '#!/bin/sh\necho'])
  })

  it('writes nothing where one of the files changed since it was looked at', async () => {
    writeFiles(dir, { 'a.txt': 'a', 'b.txt': '\uFEFFb' })
    const edits = ['a.txt', 'b.txt', 'c.txt'].map((path) => ({ path, text: 'fixed' }))
    const { snapshot } = await lookAt(dir)
    for (const path of ['a.txt', 'b.txt', 'c.txt']) snapshot.text(path)
    for (const [path, text] of [
      ['b.txt', 'by hand'],
      ['c.txt', 'by hand'],
    ] as const) {
      const was = readDisk(dir)
      writeFiles(dir, { [path]: text })
      const now = readDisk(dir)
      expect(() => applyChange(dir, edits, dataDir, snapshot)).toThrow(
        expect.objectContaining({ code: 'CHANGED_SINCE', data: { paths: [path] } }),
      )
      expect(readDisk(dir)).toEqual(now)
      rmSync(join(dir, path))
      writeFiles(dir, { ...(path === 'b.txt' && { 'b.txt': '\uFEFFb' }) })
      expect(readDisk(dir)).toEqual(was)
    }
    applyChange(dir, edits, dataDir, snapshot)
    expect(readFileSync(join(dir, 'c.txt'), 'utf8')).toBe('fixed')
  })

  it('keeps a file’s mode', () => {
    writeFileSync(join(dir, 'a.sh'), 'a')
    chmodSync(join(dir, 'a.sh'), 0o750)
    applyChange(dir, [{ path: 'a.sh', text: 'b' }], dataDir)
    expect(statSync(join(dir, 'a.sh')).mode & 0o777).toBe(0o750)
  })
})

describe('keepNewest()', () => {
  it('removes the oldest beyond the count', () => {
    for (const [index, name] of ['a', 'b', 'c'].entries()) {
      writeFileSync(join(dir, name), name)
      utimesSync(join(dir, name), index, index)
    }
    keepNewest(dir, 2)
    expect([...readDisk(dir).keys()]).toEqual(['b', 'c'])
  })
})

describe('revertChange()', () => {
  it('touches nothing where one of the files was changed since', () => {
    writeFiles(dir, { 'a.txt': 'a', 'b.txt': 'b' })
    const edits = ['a.txt', 'b.txt'].map((path) => ({ path, text: 'fixed' }))
    const change = applyChange(dir, edits, dataDir)
    writeFiles(dir, { 'b.txt': 'by hand' })
    expect(() => revertChange(dataDir, change)).toThrow(expect.objectContaining({ code: 'CHANGED_SINCE', data: { paths: ['b.txt'] } }))
    expect(readFileSync(join(dir, 'a.txt'), 'utf8')).toBe('fixed')
  })

  it('follows no folder that has become a link meanwhile', () => {
    const outside = mkdtempSync(join(tmpdir(), 'ops-fix-outside-'))
    writeFiles(dir, { 'src/a.txt': 'a' })
    const change = applyChange(dir, [{ path: 'src/a.txt', text: 'fixed' }], dataDir)
    rmSync(join(dir, 'src'), { recursive: true })
    writeFiles(outside, { 'a.txt': 'fixed' })
    symlinkSync(outside, join(dir, 'src'))
    expect(() => revertChange(dataDir, change)).toThrow(expect.objectContaining({ code: 'UNSAFE_PATH' }))
    expect(readFileSync(join(outside, 'a.txt'), 'utf8')).toBe('fixed')
    rmSync(outside, { recursive: true })
  })

  it('brings bytes back that are no text, and knows each change once', () => {
    const bytes = Uint8Array.from([0, 255, 254, 10])
    writeFiles(dir, { 'a.bin': bytes })
    const before = readDisk(dir)
    const change = applyChange(dir, [{ path: 'a.bin', text: undefined }], dataDir)
    expect(existsSync(join(dir, 'a.bin'))).toBe(false)
    revertChange(dataDir, change)
    expect(readDisk(dir)).toEqual(before)
    for (const id of [change, '../../etc/passwd', '']) {
      expect(() => revertChange(dataDir, id)).toThrow(expect.objectContaining({ code: 'CHANGE_UNKNOWN' }))
    }
  })
})
