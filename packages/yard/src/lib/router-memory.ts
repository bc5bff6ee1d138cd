import { createHash } from 'node:crypto'
import type { Decided } from '@switchyard/router'
import type { Store } from '@switchyard/store'

const MIGRATIONS = [
  `CREATE TABLE router_correction (request TEXT PRIMARY KEY, command TEXT NOT NULL, at_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;
   CREATE TABLE router_decision (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, request TEXT NOT NULL, decision TEXT NOT NULL, at_ms INTEGER NOT NULL) STRICT`,
]

/** How many decisions are kept to be looked at again. */
const KEPT_DECISIONS = 1_000

/** A request this long is no sentence that anybody will ask again. */
const MAX_KEPT_CHARS = 4_000

/** What a person said a request means. */
export interface Correction {
  readonly request: string
  readonly command: string
}

/** What was decided once, as it was decided then. */
interface KeptDecision {
  readonly decision: Decided
  readonly atMs: number
}

/** What the router keeps of a workspace beside its model: corrections, and what it decided. */
export interface RouterMemory {
  corrections(): readonly Correction[]
  correct(correction: Correction, nowMs: number): void
  /** Whether there was such a correction. */
  forget(request: string): boolean
  /** Written with what else is written in this turn; nothing waits for it. */
  keep(decision: Decided, nowMs: number): Promise<void>
  /** Newest first. */
  decisions(): readonly KeptDecision[]
}

export function createRouterMemory(store: Store): RouterMemory {
  store.migrate('router-memory', MIGRATIONS)
  return {
    corrections: () => store.prepare('SELECT request, command FROM router_correction ORDER BY at_ms, request').all<Correction & {}>(),
    correct({ request, command }, nowMs) {
      store
        .prepare(
          'INSERT INTO router_correction VALUES (?, ?, ?) ON CONFLICT (request) DO UPDATE SET command = excluded.command, at_ms = excluded.at_ms',
        )
        .run(request, command, nowMs)
    },
    forget: (request) => store.prepare('DELETE FROM router_correction WHERE request = ?').run(request).changes > 0,
    async keep(decision, nowMs) {
      if (mayHoldSecret(decision.request)) return
      await store.commit(() => {
        const key = createHash('sha256').update(decision.request).digest('base64url')
        store.prepare('DELETE FROM router_decision WHERE key = ?').run(key)
        store
          .prepare('INSERT INTO router_decision (key, request, decision, at_ms) VALUES (?, ?, ?, ?)')
          .run(key, decision.request, JSON.stringify(decision), nowMs)
        store.prepare('DELETE FROM router_decision WHERE id <= (SELECT max(id) FROM router_decision) - ?').run(KEPT_DECISIONS)
      })
    },
    decisions: () =>
      store
        .prepare('SELECT decision, at_ms FROM router_decision ORDER BY id DESC')
        .all<{ decision: string; at_ms: number }>()
        .map(({ decision, at_ms }) => ({ decision: JSON.parse(decision) as Decided, atMs: at_ms })),
  }
}

/** A long run of letters and digits mixed, or a word that says so: such a request is not written down, and one too long to look through is not, either. */
export function mayHoldSecret(request: string): boolean {
  return (
    request.length > MAX_KEPT_CHARS ||
    /pass(?:word|phrase|wd)|secret|token|api[ _-]?key|credential/i.test(request) ||
    /(?=[\w+/=-]*\d)(?=[\w+/=-]*[A-Za-z])[\w+/=-]{20,}/.test(request)
  )
}
