import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestFile, writeFiles } from '@switchyard/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FIXTURES } from '../../../../test/rule-fixtures.ts'
import { planFixes } from '../fix.ts'
import type { Rule } from '../rule.ts'
import { validate } from '../validate.ts'
import { ALL_RULES } from './all.ts'

const TODAY = '2026-11-21'
const MARK = '◆'
/** These say what programs say: their tests are where those programs are. */
const OF_TOOLS = ['caddy.adapt', 'systemd.verify']

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'deploy-rule-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

/** Files without their marks, and the places where the marks stood: files in order, lines and columns from 1. */
function unmarked(files: Readonly<Record<string, TestFile>>): { plain: Record<string, TestFile>; places: string[] } {
  const plain: Record<string, TestFile> = {}
  const places: string[] = []
  for (const [path, file] of Object.entries(files).sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (typeof file !== 'string') {
      plain[path] = file
      continue
    }
    let text = file
    for (let at = text.indexOf(MARK); at !== -1; at = text.indexOf(MARK)) {
      const before = text.slice(0, at)
      places.push(`${path}:${before.split('\n').length}:${at - before.lastIndexOf('\n')}`)
      text = before + text.slice(at + 1)
    }
    plain[path] = text
  }
  return { plain, places }
}

const judge = (rule: Rule) => validate(dir, { today: TODAY, rules: [rule] })

describe('every rule', () => {
  it('has an id of its own that begins with what it is about, and fixtures', () => {
    expect(new Set(ALL_RULES.map(({ id }) => id)).size).toBe(ALL_RULES.length)
    expect(ALL_RULES.filter(({ id, part }) => !id.startsWith(`${part}.`))).toEqual([])
    const wanted = ALL_RULES.map(({ id }) => id).filter((id) => !OF_TOOLS.includes(id))
    expect(Object.keys(FIXTURES).sort()).toEqual(wanted.sort())
  })
})

for (const rule of ALL_RULES) {
  const fixture = FIXTURES[rule.id]
  if (fixture === undefined) continue
  describe(rule.id, () => {
    it('holds', async () => {
      writeFiles(dir, fixture.pass)
      expect((await judge(rule)).findings).toEqual([])
    })

    it('finds what is wrong, and exactly where', async () => {
      const { plain, places } = unmarked(fixture.wrong)
      writeFiles(dir, plain)
      const { findings } = await judge(rule)
      expect(findings.map(({ file, line, column, note }) => `${file}:${line}:${column} ${note}`)).toEqual(
        places.map((place, index) => `${place} ${fixture.notes[index]}`),
      )
      expect(findings.every(({ severity }) => severity === rule.severity)).toBe(true)
    })

    if (rule.fix !== undefined) {
      it('finds less after its repair, which leaves all other lines as they are', async () => {
        const { plain } = unmarked(fixture.wrong)
        writeFiles(dir, plain)
        const before = await judge(rule)
        const { fixes, changes } = await planFixes(dir, { today: TODAY, rules: [rule] }, [rule.id])
        const fixable = before.findings.filter(({ fixable: is }) => is).length
        expect(fixes).toMatchObject([{ rule: rule.id, findings: fixable }])
        expect(fixable).toBeGreaterThan(0)
        for (const { before: was = '', after } of changes) {
          const kept = String(was)
            .split('\n')
            .filter((line) => String(after).split('\n').includes(line))
          expect(kept.length).toBeGreaterThanOrEqual(String(was).split('\n').length - fixable - 1)
          for (const comment of String(was).match(/#.*$/gm) ?? []) expect(after).toContain(comment)
        }
      })
    }
  })
}
