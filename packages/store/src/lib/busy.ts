/** What node:sqlite throws for everything that SQLite itself refuses. */
export interface SqliteError extends Error {
  /** SQLite's extended result code; the low byte is the kind. */
  readonly errcode: number
  /** SQLite's words for the code, without the details that `message` may have. */
  readonly errstr: string
}

export function isSqliteError(error: unknown): error is SqliteError {
  return error instanceof Error && 'code' in error && error.code === 'ERR_SQLITE_ERROR' && 'errcode' in error
}

const BUSY = 5
const READONLY = 8
/** SQLite lost a race for the log's locks too often; another try is all it wants. */
const PROTOCOL = 15

/** True when another process was in the way and nothing else is wrong. */
export function isBusy(error: unknown): boolean {
  return isSqliteError(error) && ((error.errcode & 0xff) === BUSY || error.errcode === PROTOCOL)
}

/** True when SQLite would have to write, and may not. */
export function isReadonly(error: unknown): boolean {
  return isSqliteError(error) && (error.errcode & 0xff) === READONLY
}

/** How long to wait before the next try; random, so that processes that collided do not meet again. */
export function backoffMs(tries: number): number {
  return Math.min(0.25 * 1.5 ** tries, 8) * (0.5 + Math.random())
}

/**
 * Repeats `attempt`, blocking in between, while another process is in the way.
 * SQLite's own busy timeout is not used: it is not consulted for every kind of lock, and its waits of up to 100 ms let
 * a busy writer starve the others.
 */
export function retryWhileBusy<result>(attempt: () => result, timeoutMs: number): result {
  let deadlineMs: number | undefined
  for (let tries = 0; ; tries++) {
    try {
      return attempt()
    } catch (error) {
      if (!isBusy(error)) throw error
      deadlineMs ??= performance.now() + timeoutMs
      if (performance.now() >= deadlineMs) throw error
      blockFor(backoffMs(tries))
    }
  }
}

/** Blocks this thread, as a synchronous call must. */
export function blockFor(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}
