import type { Clock } from '@switchyard/contracts'
import type { HubClient } from './hub-client.ts'

/** Clients that do not answer do not keep a `sync` waiting longer. */
const LIMIT_MS = 1_000

/** Finds out when all other clients have heard what one has announced: each is asked, and answers in order. */
export interface HubSyncs {
  start(from: HubClient, id: number, others: readonly HubClient[]): void
  echo(client: HubClient, token: number): void
  /** It will not answer any more. */
  drop(client: HubClient): void
  /** Ends those that wait for nobody, or too long. */
  look(): void
}

export function createHubSyncs(
  clock: Clock,
  ask: (client: HubClient, token: number) => void,
  done: (from: HubClient, id: number) => void,
): HubSyncs {
  const syncs = new Map<number, { from: HubClient; id: number; waitsFor: Set<HubClient>; sinceMs: number }>()
  let lastToken = 0

  function look(): void {
    for (const [token, { from, id, waitsFor, sinceMs }] of syncs) {
      if (waitsFor.size > 0 && clock.monotonicMs() - sinceMs < LIMIT_MS) continue
      syncs.delete(token)
      done(from, id)
    }
  }

  return {
    start(from, id, others) {
      const token = ++lastToken
      syncs.set(token, { from, id, waitsFor: new Set(others), sinceMs: clock.monotonicMs() })
      for (const other of others) ask(other, token)
      look()
    },
    echo(client, token) {
      syncs.get(token)?.waitsFor.delete(client)
      look()
    },
    drop(client) {
      for (const { waitsFor } of syncs.values()) waitsFor.delete(client)
      look()
    },
    look,
  }
}
