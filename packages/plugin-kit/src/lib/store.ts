import type { CommitOptions, Statement } from '@switchyard/contracts'

/** The tables of a plugin, in the workspace's one file, which many processes write to at once. */
export interface PluginStore {
  /** The same text gives the same statement: keep values out of it. */
  prepare(sql: string): Statement
  /** One transaction; rolled back when `work` throws. `work` must not be async. What reads in order to write belongs in one. */
  transact<result>(work: () => result, options?: CommitOptions): result
  /** Like `transact`, but all that is queued in one turn of the event loop shares one transaction and one sync. */
  commit<result>(work: () => result, options?: CommitOptions): Promise<result>
}
