import type { Clock } from '@switchyard/contracts'
import { hostIdentity, processExists, type Store } from '@switchyard/store'

/**
 * Which processes of a workspace are alive. A sign of life is a number that changes, and a watcher times its silence by its own
 * monotonic clock, so that no wall clock that jumps takes a chain from anybody.
 */
export interface Presence {
  readonly id: string
  /** Inside a transaction: makes this process known as one that has had chains, from this number on. */
  appear(number: number): void
  beat(): void
  /** Processes that left without saying so. */
  gone(): readonly string[]
  /** Inside a transaction. */
  forget(runner: string): void
}

interface RunnerRow {
  readonly id: string
  readonly host: string
  readonly pid: number
  readonly beat: number
}

export function createPresence(store: Store, clock: Clock, id: string, leaseMs: number): Presence {
  const host = hostIdentity()
  const insert = store.prepare(
    `INSERT INTO chain_runner (id, host, pid, oldest) VALUES (?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET oldest = excluded.oldest WHERE excluded.oldest < oldest`,
  )
  const beat = store.prepare('UPDATE chain_runner SET beat = beat + 1 WHERE id = ?')
  const others = store.prepare('SELECT id, host, pid, beat FROM chain_runner WHERE id <> ?')
  const remove = store.prepare('DELETE FROM chain_runner WHERE id = ?')
  const watched = new Map<string, { beat: number; sinceMs: number }>()

  return {
    id,
    appear: (number) => void insert.run(id, host, process.pid, number),
    beat: () => void beat.run(id),
    gone: () =>
      others
        .all<RunnerRow>(id)
        .filter(isGone)
        .map((runner) => runner.id),
    forget(runner) {
      watched.delete(runner)
      remove.run(runner)
    },
  }

  function isGone(runner: RunnerRow): boolean {
    if (runner.host === host && runner.pid !== process.pid && !processExists(runner.pid)) return true
    const seen = watched.get(runner.id)
    if (seen === undefined || seen.beat !== runner.beat) {
      watched.set(runner.id, { beat: runner.beat, sinceMs: clock.monotonicMs() })
      return false
    }
    return clock.monotonicMs() - seen.sinceMs >= leaseMs
  }
}
