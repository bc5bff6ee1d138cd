import type { PluginStore, SqlValue } from '@switchyard/plugin-kit'
import { decodeCursor, encodeCursor } from '../records/list.ts'
import { type Category, type IssueRow, type IssueStatus, PRIORITIES, type Priority } from '../records/rows.ts'
import { type NamedIssue, SELECT_ISSUE } from './issue.ts'

export const ISSUE_SORTS = ['priority', 'newest', 'oldest', 'updated'] as const
export type IssueSort = (typeof ISSUE_SORTS)[number]

export interface IssueFilter {
  readonly projectId?: number | undefined
  readonly statuses: readonly IssueStatus[]
  readonly priorities: readonly Priority[]
  readonly categories: readonly Category[]
  readonly source?: IssueRow['source'] | undefined
  readonly check?: string | undefined
  readonly text?: string | undefined
  /** All of them. */
  readonly labels?: readonly string[]
  readonly sinceMs?: number | undefined
  readonly untilMs?: number | undefined
}

export interface IssuePage {
  readonly rows: readonly NamedIssue[]
  readonly nextCursor?: string
}

interface Entry {
  readonly id: number
  readonly rank: number
  readonly key: number
}

/**
 * One page of issues. The indexes begin with state, priority and category, so each combination of them is a range that is
 * read in order up to the page's size, and the ranges are merged: a page costs the same among ten issues and among a million,
 * but for `text`, `source`, `check` and `labels`, which are looked at row by row. @throws CURSOR_INVALID
 */
export function pageOfIssues(
  store: PluginStore,
  filter: IssueFilter,
  { sort, limit, cursor }: { sort: IssueSort; limit: number; cursor?: string | undefined },
): IssuePage {
  const from = cursor === undefined ? undefined : parseCursor(cursor, sort)
  const byPriority = sort === 'priority'
  const column = sort === 'updated' ? 'updated_ms' : 'created_ms'
  const ascending = sort === 'oldest'
  const entries: Entry[] = []
  // By priority, each priority is a page of its own that comes before the next one's.
  const groups = byPriority ? filter.priorities.toSorted(byRank).map((priority) => [priority]) : [filter.priorities]
  for (const group of groups) {
    const rank = byPriority ? rankOf(group[0] as Priority) : 0
    if (from !== undefined && rank < from.rank) continue
    const after = from !== undefined && rank === from.rank ? from : undefined
    const wanted = limit + 1 - entries.length
    const found: Entry[] = []
    for (const status of filter.statuses)
      for (const priority of group)
        for (const category of filter.categories)
          found.push(...range(store, { ...filter, status, priority, category }, { column, ascending, rank, after, limit: wanted }))
    found.sort((a, b) => (ascending ? a.key - b.key || a.id - b.id : b.key - a.key || b.id - a.id))
    entries.push(...found.slice(0, wanted))
    if (entries.length > limit) break
  }
  const page = entries.slice(0, limit)
  const statement = store.prepare(`${SELECT_ISSUE} WHERE i.id = ?`)
  const rows = page.flatMap(({ id }) => statement.get<NamedIssue>(id) ?? [])
  const last = page.at(-1)
  if (entries.length <= limit || last === undefined) return { rows }
  return { rows, nextCursor: encodeCursor([`issue-${sort}`, last.rank, last.key, last.id]) }
}

interface Bucket extends IssueFilter {
  readonly status: IssueStatus
  readonly priority: Priority
  readonly category: Category
}

interface Range {
  readonly column: 'created_ms' | 'updated_ms'
  readonly ascending: boolean
  readonly rank: number
  readonly after: Entry | undefined
  readonly limit: number
}

function range(store: PluginStore, bucket: Bucket, { column, ascending, rank, after, limit }: Range): Entry[] {
  const given: (readonly [string, ...SqlValue[]])[] = [
    ['status = ?', bucket.status],
    ['priority = ?', bucket.priority],
    ['category = ?', bucket.category],
  ]
  if (bucket.projectId !== undefined) given.unshift(['project_id = ?', bucket.projectId])
  if (after !== undefined) given.push([`(${column}, id) ${ascending ? '>' : '<'} (?, ?)`, after.key, after.id])
  if (bucket.sinceMs !== undefined) given.push(['created_ms >= ?', bucket.sinceMs])
  if (bucket.untilMs !== undefined) given.push(['created_ms < ?', bucket.untilMs])
  if (bucket.source !== undefined) given.push(['source = ?', bucket.source])
  if (bucket.check !== undefined) given.push(['check_id = ?', bucket.check])
  if (bucket.text !== undefined) given.push(["instr(lower(title || ' ' || description), lower(?)) > 0", bucket.text])
  for (const label of bucket.labels ?? []) given.push(['EXISTS (SELECT 1 FROM json_each(labels) WHERE lower(value) = lower(?))', label])
  const order = ascending ? 'ASC' : 'DESC'
  const sql = `SELECT id, ${column} AS key FROM ops_issue WHERE ${given.map(([condition]) => condition).join(' AND ')} ORDER BY ${column} ${order}, id ${order} LIMIT ?`
  return store
    .prepare(sql)
    .all<{ id: number; key: number }>(...given.flatMap(([, ...values]) => values), limit)
    .map(({ id, key }) => ({ id, key, rank }))
}

const rankOf = (priority: Priority): number => PRIORITIES.indexOf(priority)
const byRank = (a: Priority, b: Priority): number => rankOf(a) - rankOf(b)

function parseCursor(cursor: string, sort: IssueSort): Entry {
  const [, rank, key, id] = decodeCursor(cursor, `issue-${sort}`, 4)
  return { rank: Number(rank), key: Number(key), id: Number(id) }
}
