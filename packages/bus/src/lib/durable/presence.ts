import { randomUUID } from 'node:crypto'
import type { Clock } from '@switchyard/contracts'
import { hostIdentity, processExists, type Store } from '@switchyard/store'

/**
 * Who is alive among the processes of one store. A sign of life is a number that changes, and watchers time its silence
 * by their own monotonic clock: no two clocks are ever compared, so none that jumps takes a lease from anybody.
 */
export interface Presence {
  /** Names this log among all that ever opened the store. */
  readonly id: string
  /** Inside a transaction that takes something in our name: makes us known. */
  appear(): void
  /** Inside a transaction. */
  beat(): void
  /** True when the owner left, its process is gone, or it has shown no sign of life for the lease time; also for ourselves, who know better. */
  isGone(owner: string): boolean
  /** Inside a transaction: nobody need wait for us. */
  leave(): void
  /** Inside a transaction: forgets owners whose processes of this machine are gone. */
  sweep(): number
}

interface OwnerRow {
  readonly id: string
  readonly host: string
  readonly pid: number
  readonly beat: number
}

export function createPresence(store: Store, clock: Clock, leaseMs: number): Presence {
  const id = randomUUID()
  const host = hostIdentity()
  const insert = store.prepare('INSERT INTO bus_owner (id, host, pid) VALUES (?, ?, ?) ON CONFLICT DO NOTHING')
  const beat = store.prepare('UPDATE bus_owner SET beat = beat + 1 WHERE id = ?')
  const read = store.prepare('SELECT id, host, pid, beat FROM bus_owner WHERE id = ?')
  const readAll = store.prepare('SELECT id, host, pid, beat FROM bus_owner')
  const remove = store.prepare('DELETE FROM bus_owner WHERE id = ?')
  const watched = new Map<string, { beat: number; sinceMs: number }>()

  const isDead = (owner: OwnerRow): boolean => owner.host === host && owner.pid !== process.pid && !processExists(owner.pid)

  return {
    id,
    appear: () => void insert.run(id, host, process.pid),
    beat: () => void beat.run(id),
    isGone(owner) {
      if (owner === id) return true
      const row = read.get<OwnerRow>(owner)
      if (row === undefined || isDead(row)) {
        watched.delete(owner)
        return true
      }
      const seen = watched.get(owner)
      if (seen === undefined || seen.beat !== row.beat) {
        watched.set(owner, { beat: row.beat, sinceMs: clock.monotonicMs() })
        return false
      }
      return clock.monotonicMs() - seen.sinceMs >= leaseMs
    },
    leave: () => void remove.run(id),
    sweep() {
      const dead = readAll.all<OwnerRow>().filter(isDead)
      for (const owner of dead) remove.run(owner.id)
      return dead.length
    },
  }
}
