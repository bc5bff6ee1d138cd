import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createIgnoreRules } from './ignore.ts'

let dir: string
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'ops-ignore-'))
  execFileSync('git', ['init', '-q'], { cwd: dir })
})
afterAll(() => rmSync(dir, { recursive: true }))

/** What git itself says of files that are not there; the folders above them it takes for folders. */
function gitIgnores(rules: string, paths: readonly string[]): readonly string[] {
  writeFileSync(join(dir, '.gitignore'), rules)
  const { stdout } = spawnSync('git', ['check-ignore', '--no-index', '--stdin', '-z'], { cwd: dir, input: paths.join('\0') })
  return stdout
    .toString('utf8')
    .split('\0')
    .filter((path) => path !== '')
}

function weIgnore(rules: string, paths: readonly string[]): readonly string[] {
  const ignored = createIgnoreRules()
  ignored.add('', rules)
  return paths.filter((path) => ignored.ignores(path))
}

describe('createIgnoreRules()', () => {
  it('reads rules as git does', () => {
    const piece = fc.constantFrom('a', 'b', 'ab', '*', '**', '?', 'a*', '*.b', '[ab]', '[!a]', '\\*', 'a b', '.a')
    const rule = fc
      .array(piece, { minLength: 1, maxLength: 3 })
      .chain((pieces) =>
        fc
          .constantFrom('', '!', '#', '/')
          .chain((before) => fc.constantFrom('', '/', ' ').map((after) => `${before}${pieces.join('/')}${after}`)),
      )
    const name = fc.constantFrom('a', 'b', 'ab', 'a.b', '*', '.a', 'a b', 'ba')
    const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => names.join('/'))
    fc.assert(
      fc.property(fc.array(rule, { minLength: 1, maxLength: 4 }), fc.array(path, { minLength: 1, maxLength: 12 }), (rules, paths) => {
        const [text, unique] = [rules.join('\n'), [...new Set(paths)]]
        expect(weIgnore(text, unique)).toEqual(gitIgnores(text, unique))
      }),
      { numRuns: 300 },
    )
  })

  it('keeps rules of a folder to that folder', () => {
    const ignored = createIgnoreRules()
    ignored.add('', '*.log\n')
    ignored.add('packages/a', '/out\n!keep.log\n')
    expect(['packages/a/out', 'packages/a/x/y.log'].map((path) => ignored.ignores(path))).toEqual([true, true])
    expect(['out', 'packages/a/b/out', 'packages/a/keep.log'].map((path) => ignored.ignores(path))).toEqual([false, false, false])
  })
})
