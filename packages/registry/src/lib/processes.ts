import type { Clock } from '@switchyard/contracts'
import { hostIdentity, processExists, type Store } from '@switchyard/store'
import { heartbeatOf, type LifeState } from './health.ts'

/** A process that serves plugins for others, as it last said; one that ended in order is not there any more. */
export interface ServingProcess {
  readonly pid: number
  readonly plugins: readonly string[]
  /** By name, those that are not closed as it sees them; none where it said nothing of any. */
  readonly breakers?: OpenBreakers
  readonly sinceMs: number
  /** When it was last heard of. */
  readonly heardMs: number
  readonly state: Extract<LifeState, 'ready' | 'degraded' | 'down'>
  readonly reason?: string
}

type OpenBreakers = Readonly<Record<string, 'half-open' | 'open'>>

/** The processes of a workspace that stay, each with the plugins that it serves: a row each, renewed every ten seconds. */
export interface Processes {
  list(): readonly ServingProcess[]
  /** This process is there, serves these, and sees breakers so. */
  beat(plugins: readonly string[], breakers: OpenBreakers): void
  /** This process ends. */
  leave(): void
}

/** How long one is remembered that ended without a word, for whoever asks why something is down. */
const REMEMBERED_MS = 3_600_000

interface Row {
  readonly id: string
  readonly pid: number
  readonly host: string
  readonly plugins: string
  readonly since_ms: number
  readonly beat_ms: number
  readonly breakers: string
}

export function createProcesses(store: Store, clock: Clock, id: string): Processes {
  const host = hostIdentity()
  const sinceMs = Math.round(clock.now())

  function processOf({ pid, host: where, plugins, since_ms, beat_ms, breakers }: Row): ServingProcess {
    const said = {
      pid,
      plugins: JSON.parse(plugins) as readonly string[],
      ...(breakers !== '{}' && { breakers: JSON.parse(breakers) as OpenBreakers }),
      sinceMs: since_ms,
      heardMs: beat_ms,
    }
    // Nobody has to wait for heartbeats to be missed where it can be seen that they will be.
    if (where === host && !processExists(pid)) return { ...said, state: 'down', reason: `process ${pid} ended without a word` }
    const { state, missed } = heartbeatOf(clock.now() - beat_ms)
    return state === 'ready' ? { ...said, state } : { ...said, state, reason: `${missed} heartbeats of process ${pid} were missed` }
  }

  return {
    list: () => store.prepare('SELECT * FROM registry_process ORDER BY since_ms, id').all<Row>().map(processOf),
    beat(plugins, breakers) {
      const nowMs = Math.round(clock.now())
      store.transact(() => {
        store.prepare('DELETE FROM registry_process WHERE beat_ms < ?').run(nowMs - REMEMBERED_MS)
        store
          .prepare('INSERT OR REPLACE INTO registry_process VALUES (?, ?, ?, ?, ?, ?, ?)')
          .run(id, process.pid, host, JSON.stringify(plugins), sinceMs, nowMs, JSON.stringify(breakers))
      })
    },
    leave: () => void store.prepare('DELETE FROM registry_process WHERE id = ?').run(id),
  }
}
