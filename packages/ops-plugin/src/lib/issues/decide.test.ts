import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeFiles } from '@switchyard/testkit'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { scan } from '../health/scan.ts'
import type { IssueRow } from '../records/rows.ts'
import { decide, type Found } from './decide.ts'

const FAULTY = {
  'README.md': `# Demo\n\n${'Some words. '.repeat(40)}\n\nSee [the guide](guide.md) and [the other](other.md).\n`,
  'package.json': '{ "name": "demo", "version": "1.0.0", "private": true }',
  'src/a.js': 'export const a = 1\n<<<<<<< ours\n=======\n>>>>>>> theirs\n',
  'src/b.js': 'export const b = 2\n',
  '.mcp.json': '{ "mcpServers": { "s": { "command": "node", "args": ["gone.js"] } } }',
  '.claude-plugin/plugin.json': '{ "name": "demo", "version": "2.0.0" }',
}

/** Issues as a first scan would have filed them. */
const filed = (created: readonly Found[]): IssueRow[] =>
  created.map(
    ({ check, fingerprint, evidence, title }, index) =>
      ({ id: index + 1, status: 'open', check_id: check.id, fingerprint, title, evidence: JSON.stringify(evidence) }) as IssueRow,
  )

const word = fc.stringMatching(/^[a-z]{3,8}$/)
const harmless = fc.oneof(
  fc.record({ kind: fc.constant('add' as const), name: word }),
  fc.record({ kind: fc.constant('rename' as const), name: word }),
  fc.record({
    kind: fc.constant('shift' as const),
    file: fc.constantFrom('README.md', 'src/a.js'),
    lines: fc.integer({ min: 1, max: 30 }),
  }),
)

describe('decide()', () => {
  it('has nothing to say where unrelated files come or are renamed and lines move', async () => {
    const property = fc.asyncProperty(fc.array(harmless, { minLength: 1, maxLength: 4 }), async (changes) => {
      const folder = mkdtempSync(join(tmpdir(), 'ops-decide-'))
      try {
        const content: Record<string, string> = { ...FAULTY }
        writeFiles(folder, content)
        const first = await scan(folder)
        const issues = filed(decide(first.checks, [], { level: 'warn' }).create)
        expect(issues.length).toBeGreaterThan(3)
        let free = 'src/b.js'
        for (const change of changes) {
          if (change.kind === 'add') writeFileSync(join(folder, 'src', `${change.name}.new.js`), 'export const x = 1\n')
          else if (change.kind === 'rename') {
            const to = `src/${change.name}.moved.js`
            renameSync(join(folder, free), join(folder, to))
            free = to
          } else {
            content[change.file] = '\n'.repeat(change.lines) + content[change.file]
            writeFileSync(join(folder, change.file), content[change.file] as string)
          }
        }
        const { create, refresh, close, reopen, still } = decide((await scan(folder)).checks, issues, { level: 'warn' })
        expect([create, refresh, close, reopen]).toEqual([[], [], [], []])
        expect(still).toHaveLength(issues.length)
      } finally {
        rmSync(folder, { recursive: true })
      }
    })
    await fc.assert(property, { numRuns: 100 })
  })

  it('tells a moved line from a new finding', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ops-decide-'))
    try {
      writeFiles(folder, FAULTY)
      const issues = filed(decide((await scan(folder)).checks, [], { level: 'warn' }).create)
      writeFileSync(join(folder, 'README.md'), `\n${FAULTY['README.md']}`)
      const moved = decide((await scan(folder)).checks, issues, { level: 'warn' })
      expect(moved.moved.map(({ found }) => found.check.id)).toContain('docs.links')
      writeFileSync(join(folder, 'README.md'), `${FAULTY['README.md']}\n[third](third.md)\n`)
      const added = decide((await scan(folder)).checks, issues, { level: 'warn' })
      expect(added.refresh.map(({ found, added: more, gone }) => [found.check.id, more, gone])).toEqual([['docs.links', 1, 0]])
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
