import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestFile, writeFiles } from '@switchyard/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FIXTURES, type Fixture } from '../../../../test/fixtures.ts'
import type { Check } from '../check.ts'
import type { Facts } from '../facts.ts'
import { scan } from '../scan.ts'
import { ALL_CHECKS } from './all.ts'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'ops-check-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

async function judge(
  check: Check,
  files: Readonly<Record<string, TestFile>>,
  { git, facts }: { git: Fixture['git']; facts: Facts | undefined },
) {
  writeFiles(dir, files)
  if (git !== undefined) execFileSync('git', ['init', '-q'], { cwd: dir })
  if (git === 'tracked') execFileSync('git', ['add', '.'], { cwd: dir })
  const report = await scan(dir, { checks: [check], ...(facts && { facts }) })
  return report.checks[0]
}

describe('every check', () => {
  it('has an id of its own that begins with its domain, and fixtures', () => {
    expect(new Set(ALL_CHECKS.map(({ id }) => id)).size).toBe(ALL_CHECKS.length)
    expect(ALL_CHECKS.filter(({ id, domain }) => !id.startsWith(`${domain}.`))).toEqual([])
    expect(Object.keys(FIXTURES).sort()).toEqual(ALL_CHECKS.map(({ id }) => id).sort())
  })
})

for (const check of ALL_CHECKS) {
  const fixture = FIXTURES[check.id]
  if (fixture === undefined) continue
  const { pass, wrong, none, found, git, facts } = fixture
  describe(check.id, () => {
    it('passes', async () => {
      expect(await judge(check, pass, { git, facts: facts?.pass })).toMatchObject({ status: 'pass', findings: [] })
    })

    it('finds what is wrong, and where', async () => {
      const judged = await judge(check, wrong, { git, facts: facts?.wrong })
      const [first] = judged?.findings ?? []
      const place = first?.line === undefined ? (first?.file ?? '') : `${first.file}:${first.line}`
      expect([judged?.status, `${place} ${first?.note}`]).toEqual(found)
    })

    if (none !== undefined) {
      it('says nothing where it does not apply', async () => {
        expect(await judge(check, none, { git, facts: facts?.none })).toBeUndefined()
      })
    }
  })
}
