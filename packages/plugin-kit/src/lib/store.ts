/** What SQLite can hold. Booleans and dates are the caller's to encode, `undefined` is refused. */
export type SqlValue = null | number | bigint | string | Uint8Array

/** Values for `?`, in order, or one object of named values for `:name`. */
export type SqlParameters = readonly SqlValue[] | readonly [Readonly<Record<string, SqlValue>>]

/** A prepared statement; inside `transact` it is part of the transaction. The row type is the caller's word. */
export interface Statement {
  /** The first row, `undefined` when there is none. */
  get<row = Readonly<Record<string, SqlValue>>>(...parameters: SqlParameters): row | undefined
  all<row = Readonly<Record<string, SqlValue>>>(...parameters: SqlParameters): row[]
  run(...parameters: SqlParameters): { readonly changes: number; readonly lastInsertRowid: number }
}

export interface CommitOptions {
  /** Whether it must survive power loss, and not only the end of the process. @default false */
  durable?: boolean
}

/** The tables of a plugin, in the workspace's one file, which many processes write to at once. */
export interface PluginStore {
  /** The same text gives the same statement: keep values out of it. */
  prepare(sql: string): Statement
  /** One transaction; rolled back when `work` throws. `work` must not be async. What reads in order to write belongs in one. */
  transact<result>(work: () => result, options?: CommitOptions): result
  /** Like `transact`, but all that is queued in one turn of the event loop shares one transaction and one sync. */
  commit<result>(work: () => result, options?: CommitOptions): Promise<result>
}
