/** What SQLite can hold. Booleans and dates are the caller's to encode, `undefined` is refused. */
export type SqlValue = null | number | bigint | string | Uint8Array

/** Values for `?`, in order, or one object of named values for `:name`. */
export type SqlParameters = readonly SqlValue[] | readonly [Readonly<Record<string, SqlValue>>]

/**
 * A prepared statement. It belongs to the store's one connection, so inside `transact` it is part of the transaction.
 * The row type is the caller's word and is not checked.
 *
 * There is no cursor on purpose: a read that stays open pins the write-ahead log and makes the next write of this
 * connection fail once another process has written. Read long lists in pages: `WHERE id > ? ORDER BY id LIMIT 500`.
 */
export interface Statement {
  /** The first row, `undefined` when there is none. */
  get<row = Readonly<Record<string, SqlValue>>>(...parameters: SqlParameters): row | undefined
  all<row = Readonly<Record<string, SqlValue>>>(...parameters: SqlParameters): row[]
  /** Outside of `transact` each call is a transaction of its own. */
  run(...parameters: SqlParameters): { readonly changes: number; readonly lastInsertRowid: number }
}

export interface CommitOptions {
  /** True: on disk before it is acknowledged, so it survives power loss. False: it survives `kill -9`, not power loss. @default false */
  durable?: boolean
}
