import { createTestYard } from '@switchyard/testkit'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import ops from '../../index.ts'
import { CATEGORIES, ISSUE_STATUSES, PRIORITIES } from '../records/rows.ts'

const issue = fc.record({
  status: fc.constantFrom(...ISSUE_STATUSES),
  priority: fc.constantFrom(...PRIORITIES),
  category: fc.constantFrom(...CATEGORIES),
  createdMinutes: fc.nat(3),
  updatedMinutes: fc.nat(3),
})
const filter = fc.record(
  {
    status: fc.subarray([...ISSUE_STATUSES], { minLength: 1 }),
    priority: fc.subarray([...PRIORITIES], { minLength: 1 }),
    category: fc.subarray([...CATEGORIES], { minLength: 1 }),
  },
  { requiredKeys: [] },
)

interface Line {
  id: number
  status: string
  priority: string
  category: string
  createdAt: string
  updatedAt: string
}

describe('ops.issue.list', () => {
  it('gives every issue that fits once, in order, whatever the filter, sort and size of pages', async () => {
    const property = fc.asyncProperty(
      fc.array(issue, { maxLength: 25 }),
      filter,
      fc.constantFrom('priority', 'newest', 'oldest', 'updated'),
      fc.integer({ min: 1, max: 7 }),
      async (issues, where, sort, limit) => {
        await using kit = await createTestYard({ plugins: [ops], files: { 'package.json': '{}' } })
        const startMs = kit.clock.now()
        for (let minute = 0; minute < 4; minute++) {
          for (const [index, one] of issues.entries())
            if (one.createdMinutes === minute)
              await kit.call('ops.issue.create', { title: `n${index}`, priority: one.priority, category: one.category })
          kit.clock.jump(60_000)
        }
        const all = await listed({ status: [...ISSUE_STATUSES] }, 'oldest', 200)
        for (let minute = 0; minute < 4; minute++) {
          for (const { id, title } of all as (Line & { title: string })[]) {
            const one = issues[Number(title.slice(1))]
            if (one === undefined || one.updatedMinutes !== minute || one.status === 'open') continue
            await kit.call('ops.issue.update', { id, status: one.status, ...(one.status === 'closed' && { resolution: 'done' }) })
          }
          kit.clock.jump(60_000)
        }
        expect(startMs).toBeLessThan(kit.clock.now())

        const naive = (await listed({ status: [...ISSUE_STATUSES] }, 'oldest', 200))
          .filter(
            (one) =>
              (where.status ?? ['open', 'in_progress']).includes(one.status as 'open') &&
              (where.priority ?? PRIORITIES).includes(one.priority as 'low') &&
              (where.category ?? CATEGORIES).includes(one.category as 'bug'),
          )
          .sort(orders[sort])
        expect(await listed(where, sort, limit)).toEqual(naive)

        async function listed(by: object, order: string, size: number): Promise<Line[]> {
          const found: Line[] = []
          let cursor: string | undefined
          do {
            const page = (await kit.call('ops.issue.list', { ...by, sort: order, limit: size, ...(cursor && { cursor }) })) as {
              issues: Line[]
              nextCursor?: string
            }
            found.push(...page.issues)
            if (found.length > 1_000) throw new Error('the pages never end')
            cursor = page.nextCursor
          } while (cursor !== undefined)
          return found
        }
      },
    )
    await fc.assert(property, { numRuns: 100 })
  })
})

const rank = ({ priority }: Line): number => (PRIORITIES as readonly string[]).indexOf(priority)
const newest = (a: Line, b: Line): number => b.createdAt.localeCompare(a.createdAt) || b.id - a.id
const orders = {
  priority: (a: Line, b: Line) => rank(a) - rank(b) || newest(a, b),
  newest,
  oldest: (a: Line, b: Line) => -newest(a, b),
  updated: (a: Line, b: Line) => b.updatedAt.localeCompare(a.updatedAt) || b.id - a.id,
}
