import type { Clock, PluginStore } from '@switchyard/plugin-kit'

/** A time in which a deployment has to prove itself. */
interface Watch {
  readonly deployment: number
  readonly state: 'watching' | 'healthy' | 'unhealthy' | 'rolled-back' | 'stopped'
  /** Whether a person asked beforehand for it to be taken back when it fails. */
  readonly rollback: boolean
  readonly untilMs: number
  readonly reason: string | undefined
}

export interface Watches {
  begin(deployment: number, options: { readonly rollback: boolean; readonly untilMs: number }): void
  find(deployment: number): Watch | undefined
  /** Those whose time is not over. */
  open(): readonly Watch[]
  /** Ends one that still watches; false where somebody was first, so that only one acts on it. */
  end(deployment: number, state: Exclude<Watch['state'], 'watching' | 'rolled-back'>, reason?: string): boolean
  rolledBack(deployment: number): void
}

interface Row {
  deployment_id: number
  state: Watch['state']
  rollback: number
  until_ms: number
  reason: string | null
}

export function createWatches({ store, clock }: { readonly store: PluginStore; readonly clock: Clock }): Watches {
  const watchOf = ({ deployment_id: deployment, state, rollback, until_ms: untilMs, reason }: Row): Watch => ({
    deployment,
    state,
    rollback: rollback === 1,
    untilMs,
    reason: reason ?? undefined,
  })
  return {
    begin(deployment, { rollback, untilMs }) {
      store
        .prepare(
          `INSERT INTO deploy_watch (deployment_id, state, rollback, began_ms, until_ms) VALUES (?, 'watching', ?, ?, ?)
             ON CONFLICT DO UPDATE SET state = 'watching', rollback = excluded.rollback, began_ms = excluded.began_ms,
               until_ms = excluded.until_ms, ended_ms = NULL, reason = NULL`,
        )
        .run(deployment, rollback ? 1 : 0, clock.now(), untilMs)
    },
    find(deployment) {
      const row = store.prepare('SELECT * FROM deploy_watch WHERE deployment_id = ?').get<Row>(deployment)
      return row && watchOf(row)
    },
    open: () => store.prepare(`SELECT * FROM deploy_watch WHERE state = 'watching' AND until_ms > ?`).all<Row>(clock.now()).map(watchOf),
    end(deployment, state, reason) {
      const { changes } = store
        .prepare(`UPDATE deploy_watch SET state = ?, reason = ?, ended_ms = ? WHERE deployment_id = ? AND state = 'watching'`)
        .run(state, reason ?? null, clock.now(), deployment)
      return changes > 0
    },
    rolledBack(deployment) {
      store.prepare(`UPDATE deploy_watch SET state = 'rolled-back' WHERE deployment_id = ?`).run(deployment)
    },
  }
}
