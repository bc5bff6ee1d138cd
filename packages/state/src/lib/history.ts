import { hash } from 'node:crypto'
import type { Store } from '@switchyard/store'
import type { HistoryChange, HistoryFilter, HistoryRecord, StateConflict, VerifyReport } from './api.ts'
import { stateHistory } from './errors.ts'
import { createPast, decodePast, encodePast, type Past, readPast, replay } from './past.ts'
import { canonicalJson } from './plain-json.ts'

/** A record before it has its place in the chain. */
export interface NewRecord {
  readonly kind: HistoryRecord['kind']
  readonly namespace: string
  readonly atMs: number
  readonly who: string
  readonly node: string
  readonly correlationId?: string | undefined
  readonly changes?: readonly HistoryChange[]
  /** Of lists and texts: yjs's own update, by which `at` can tell what they held. */
  readonly edits?: Uint8Array | undefined
  readonly reason?: string
  readonly conflict?: StateConflict
  /** Records with one text here are kept once. */
  readonly once?: string
}

/** The chained records of a store. What writes belongs in a transaction of the caller's. */
export interface History {
  /** False when there is one for `once` already. */
  add(record: NewRecord): boolean
  find(filter: HistoryFilter): HistoryRecord[]
  /** `kinds` are those of the fields. */
  at(namespace: string, atMs: number, kinds: Readonly<Record<string, string>>): Readonly<Record<string, unknown>>
  verify(): VerifyReport
  /** Leaves the newest, once there are `slack` more; what the others add up to stays as the base of `at`. */
  prune(keep: number, slack?: number): number
}

interface Row {
  id: number
  kind: HistoryRecord['kind']
  namespace: string
  at_ms: number
  who: string
  node: string
  correlation_id: string | null
  body: string
  once: string | null
  hash: string
}

interface Body {
  changes?: readonly HistoryChange[]
  /** Base64. */
  edits?: string
  reason?: string
  conflict?: StateConflict
}

const PAGE = 500

export function createHistory(store: Store): History {
  const last = store.prepare('SELECT hash FROM state_record ORDER BY id DESC LIMIT 1')
  const insert = store.prepare(
    `INSERT INTO state_record (kind, namespace, at_ms, who, node, correlation_id, body, once, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (once) DO NOTHING`,
  )
  const newest = store.prepare('SELECT * FROM state_record WHERE id < ? ORDER BY id DESC LIMIT ?')
  const newestOf = store.prepare('SELECT * FROM state_record WHERE namespace = ? AND id < ? ORDER BY id DESC LIMIT ?')
  const oldest = store.prepare('SELECT * FROM state_record WHERE id > ? ORDER BY id LIMIT ?')
  const oldestOf = store.prepare('SELECT * FROM state_record WHERE namespace = ? AND id > ? ORDER BY id LIMIT ?')
  const count = store.prepare('SELECT count(*) AS records FROM state_record')
  const span = store.prepare('SELECT coalesce(max(id) - min(id), 0) AS records FROM state_record')
  const cut = store.prepare('DELETE FROM state_record WHERE id <= ?')
  const getMeta = store.prepare('SELECT value FROM state_meta WHERE name = ?')
  const putMeta = store.prepare(
    'INSERT INTO state_meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
  )
  const getBase = store.prepare('SELECT at_ms AS atMs, content FROM state_base WHERE namespace = ?')
  const putBase = store.prepare(
    `INSERT INTO state_base (namespace, at_ms, content) VALUES (?, ?, ?)
     ON CONFLICT (namespace) DO UPDATE SET at_ms = max(at_ms, excluded.at_ms), content = excluded.content`,
  )

  /** Of the last record that was pruned. */
  const anchor = (): string => getMeta.get<{ value: string }>('anchor')?.value ?? ''

  function baseOf(namespace: string): { atMs: number; past: Past } {
    const row = getBase.get<{ atMs: number; content: string }>(namespace)
    return row === undefined ? { atMs: -Infinity, past: createPast() } : { atMs: row.atMs, past: decodePast(row.content) }
  }

  return {
    add(record) {
      const { kind, namespace, atMs, who, node, correlationId = null, changes, reason, conflict, once = null } = record
      const edits = record.edits && Buffer.from(record.edits).toString('base64')
      const body = JSON.stringify({ changes, edits, reason, conflict } satisfies { [key in keyof Body]: Body[key] | undefined })
      const before = last.get<{ hash: string }>()?.hash ?? anchor()
      const chained = link(before, { kind, namespace, at_ms: atMs, who, node, correlation_id: correlationId, body, once })
      return insert.run(kind, namespace, atMs, who, node, correlationId, body, once, chained).changes === 1
    },
    find({ namespace, field, key, kind, limit = 100 }) {
      const found: HistoryRecord[] = []
      for (let before = Number.MAX_SAFE_INTEGER; found.length < limit; ) {
        const rows = namespace === undefined ? newest.all<Row>(before, PAGE) : newestOf.all<Row>(namespace, before, PAGE)
        for (const row of rows) {
          const record = parse(row)
          if ((kind === undefined || kind === record.kind) && concerns(record, field, key)) found.push(record)
        }
        if (rows.length < PAGE) break
        before = rows.at(-1)!.id
      }
      return found.slice(0, limit)
    },
    at(namespace, atMs, kinds) {
      const base = baseOf(namespace)
      if (atMs < base.atMs) throw stateHistory(namespace, base.atMs)
      const { past } = base
      for (let after = 0; ; ) {
        const rows = oldestOf.all<Row>(namespace, after, PAGE)
        for (const row of rows) if (row.kind === 'change' && row.at_ms <= atMs) add(past, row)
        if (rows.length < PAGE) return readPast(past, kinds, atMs)
        after = rows.at(-1)!.id
      }
    },
    verify() {
      let before = anchor()
      let records = 0
      for (let after = 0; ; ) {
        const rows = oldest.all<Row>(after, PAGE)
        for (const row of rows) {
          if (link(before, row) !== row.hash) {
            const problem = `record ${row.id} (${row.kind} of "${row.namespace}" by ${row.who}) is not what was written, or one before it is missing`
            return { sound: false, records, head: before, problem }
          }
          before = row.hash
          records++
        }
        if (rows.length < PAGE) return { sound: true, records, head: before, problem: undefined }
        after = rows.at(-1)!.id
      }
    },
    prune(keep, slack = 0) {
      if (span.get<{ records: number }>()!.records < keep + slack) return 0
      let surplus = count.get<{ records: number }>()!.records - keep
      let pruned = 0
      while (surplus > 0) {
        const rows = oldest.all<Row>(0, Math.min(PAGE, surplus))
        const bases = new Map<string, { atMs: number; past: Past }>()
        for (const row of rows) {
          if (row.kind !== 'change') continue
          const base = bases.get(row.namespace) ?? baseOf(row.namespace)
          bases.set(row.namespace, base)
          add(base.past, row)
          base.atMs = Math.max(base.atMs, row.at_ms)
        }
        for (const [namespace, { atMs, past }] of bases) putBase.run(namespace, atMs, encodePast(past))
        const { id, hash: anchored } = rows.at(-1)!
        putMeta.run('anchor', anchored)
        cut.run(id)
        pruned += rows.length
        surplus -= rows.length
      }
      return pruned
    },
  }
}

type Linked = Pick<Row, 'kind' | 'namespace' | 'at_ms' | 'who' | 'node' | 'correlation_id' | 'body' | 'once'>

function link(before: string, { kind, namespace, at_ms, who, node, correlation_id, body, once }: Linked): string {
  return hash('sha256', `${before}\n${JSON.stringify([kind, namespace, at_ms, who, node, correlation_id, once])}\n${body}`)
}

/** Of a value in a record: enough to compare, and nothing to read. */
export function digest(value: unknown): string {
  return hash('sha256', canonicalJson(value)).slice(0, 16)
}

function parse({ id, kind, namespace, at_ms, who, node, correlation_id, body }: Row): HistoryRecord {
  const { changes = [], reason, conflict } = JSON.parse(body) as Body
  return { id, kind, namespace, atMs: at_ms, who, node, correlationId: correlation_id ?? undefined, changes, reason, conflict }
}

function add(past: Past, { body }: Row): void {
  const { changes = [], edits } = JSON.parse(body) as Body
  replay(past, changes, edits)
}

function concerns({ changes, conflict }: HistoryRecord, field: string | undefined, key: string | undefined): boolean {
  if (field === undefined && key === undefined) return true
  const touched = conflict === undefined ? changes : [conflict]
  return touched.some((one) => (field === undefined || one.field === field) && (key === undefined || one.key === key))
}
