import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import ops from '@switchyard/ops-plugin'
import { openStore } from '@switchyard/store'
import { openYard, type Yard } from '@switchyard/yard'
import { type BenchCase, limitCase } from '../lib/bench.ts'

const ISSUES = 100_000
const LISTS_A_ROUND = 50

/** Lists out of 100,000 issues in ten projects, through the yard: schemas, bus and all. */
export const issueCases: readonly BenchCase[] = [
  listCase('the first page of what is open', {}),
  listCase('the first page of what is open in one project', { project: 'project-3' }),
  listCase('a filter that few fit', { priority: 'critical', category: 'feature', status: 'in_progress', project: 'project-7' }),
  listCase('the page after 5,000 others, closed ones too', { status: ['open', 'in_progress', 'closed'], sort: 'updated' }, 25),
]

function listCase(what: string, input: object, pagesBefore = 0): BenchCase {
  return limitCase({
    case: `issue list out of ${ISSUES.toLocaleString('en-US')}: ${what}`,
    unit: 'ms',
    allowed: 5,
    async setup() {
      const folder = mkdtempSync(join(tmpdir(), 'bench-ops-'))
      const yard = await openYard(folder, { plugins: [ops] })
      await yard.call('ops.issue.list', {})
      fill(folder)
      let cursor: string | undefined
      for (let page = 0; page < pagesBefore; page++) cursor = (await list(yard, { ...input, limit: 200, cursor })).nextCursor
      const wanted = { ...input, ...(cursor !== undefined && { cursor }) }
      return {
        async measure() {
          const startedMs = performance.now()
          for (let count = 0; count < LISTS_A_ROUND; count++) {
            const { issues } = await list(yard, wanted)
            if (issues.length === 0) throw new Error('the list must not be empty')
          }
          return (performance.now() - startedMs) / LISTS_A_ROUND
        },
        async close() {
          await yard.close()
          rmSync(folder, { recursive: true })
        },
      }
    },
  })
}

async function list(yard: Yard, input: object): Promise<{ issues: unknown[]; nextCursor?: string }> {
  return (await yard.call('ops.issue.list', input)) as { issues: unknown[]; nextCursor?: string }
}

/** Straight into the tables: what is measured is reading. */
function fill(folder: string): void {
  using store = openStore({ path: join(folder, '.switchyard', 'yard.db') })
  store.transact(() => {
    const project = store.prepare(
      `INSERT INTO ops_project (id, name, type, description, kinds, has_skills, has_mcp, has_hooks, has_agents, metadata, created_ms, updated_ms)
       VALUES (?, ?, 'other', '', '[]', 0, 0, 0, 0, '{}', 0, 0)`,
    )
    for (let id = 1; id <= 10; id++) project.run(id, `project-${id}`)
    const issue = store.prepare(
      `INSERT INTO ops_issue (uid, project_id, title, description, status, priority, category, source, resolution, closed_as, evidence,
         created_ms, updated_ms, closed_ms)
       VALUES (?, ?, ?, ?, ?, ?, ?, 'manual', ?, ?, '[]', ?, ?, ?)`,
    )
    for (let number = 0; number < ISSUES; number++) {
      // Numbers without a common factor spread over every combination.
      const status = (['closed', 'closed', 'open', 'closed', 'in_progress'] as const)[number % 5]!
      const priority = (['low', 'medium', 'medium', 'high', 'low', 'medium', 'critical'] as const)[number % 7]!
      const category = (['bug', 'dependency', 'quality', 'structure', 'feature', 'tech-debt'] as const)[(number >> 3) % 6]!
      const closed = status === 'closed'
      const at = 1_700_000_000_000 + number * 1_000
      issue.run(
        `uid-${number}`,
        ((number % 11) % 10) + 1,
        `Issue number ${number}`,
        'What is wrong, in a sentence or two that people wrote. '.repeat(4),
        status,
        priority,
        category,
        closed ? 'done' : null,
        closed ? 'fixed' : null,
        at,
        at + ((number * 7_919) % 100_000) * 1_000,
        closed ? at + 5_000 : null,
      )
    }
  })
}
