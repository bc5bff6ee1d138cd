import type { Clock } from '@switchyard/contracts'
import type { StateLock, StateLockOptions } from '@switchyard/plugin-kit'
import type { Store } from '@switchyard/store'
import { stateLocked, stateLockLost } from './errors.ts'

/** Locks in the store: they hold among all processes that share it. */
export interface Locks {
  take(name: string, holder: string, options: StateLockOptions): Promise<StateLock>
  /** For use inside a transaction. @throws STATE_LOCK_LOST */
  assertHeld(lock: StateLock): void
}

interface LockRow {
  holder: string
  mode: 'read' | 'write'
  token: number
  depth: number
  expiresMs: number
}

/** How often a lock that is held is looked at again. */
const RETRY_MS = 25

export function createLocks(store: Store, clock: Clock): Locks {
  const expire = store.prepare('DELETE FROM state_lock WHERE expires_ms <= ?')
  const holders = store.prepare('SELECT holder, mode, token, depth, expires_ms AS expiresMs FROM state_lock WHERE name = ?')
  const put = store.prepare(
    `INSERT INTO state_lock (name, holder, mode, token, depth, expires_ms) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (name, holder)
     DO UPDATE SET mode = excluded.mode, depth = excluded.depth, expires_ms = max(expires_ms, excluded.expires_ms)`,
  )
  const extend = store.prepare('UPDATE state_lock SET expires_ms = ? WHERE name = ? AND token = ? AND expires_ms > ?')
  const leave = store.prepare('UPDATE state_lock SET depth = depth - 1 WHERE name = ? AND token = ?')
  const remove = store.prepare('DELETE FROM state_lock WHERE name = ? AND depth <= 0')
  const held = store.prepare('SELECT 1 AS held FROM state_lock WHERE name = ? AND token = ? AND expires_ms > ?')
  // The row goes at once, its number never comes back: AUTOINCREMENT remembers.
  const nextToken = store.prepare('INSERT INTO state_token (name) VALUES (?)')
  const forgetTokens = store.prepare('DELETE FROM state_token')

  /** The token, or who is in the way. */
  function attempt(name: string, holder: string, mode: 'read' | 'write', ttlMs: number): number | string[] {
    const nowMs = clock.now()
    expire.run(nowMs)
    const rows = holders.all<LockRow>(name)
    const own = rows.find((row) => row.holder === holder)
    const others = rows.filter((row) => row.holder !== holder && (mode === 'write' || row.mode === 'write'))
    if (others.length > 0) return others.map((row) => row.holder)
    const token = own?.token ?? Number(nextToken.run(name).lastInsertRowid)
    forgetTokens.run()
    const strongest = own?.mode === 'write' ? 'write' : mode
    put.run(name, holder, strongest, token, (own?.depth ?? 0) + 1, nowMs + ttlMs)
    return token
  }

  /** The clock's timers do not keep the process alive, and whoever waits for a lock must not end instead. */
  async function pause(delayMs: number): Promise<void> {
    const alive = setInterval(() => {}, 60_000)
    try {
      await new Promise<void>((resolve) => void clock.after(delayMs, resolve))
    } finally {
      clearInterval(alive)
    }
  }

  return {
    async take(name, holder, { ttlMs = 30_000, waitMs = 0, mode = 'write' }) {
      if (!Number.isFinite(ttlMs) || ttlMs <= 0)
        throw new RangeError(`Cannot lock "${name}" as ttlMs must be above 0: current value is ${ttlMs}`)
      const untilMs = clock.monotonicMs() + waitMs
      for (;;) {
        const taken = await store.commit(() => attempt(name, holder, mode, ttlMs))
        if (typeof taken === 'number') return lockOf(name, taken, ttlMs)
        const leftMs = untilMs - clock.monotonicMs()
        if (leftMs <= 0) throw stateLocked(name, taken)
        await pause(Math.min(RETRY_MS, leftMs))
      }
    },
    assertHeld({ name, token }) {
      if (held.get(name, token, clock.now()) === undefined) throw stateLockLost(name, token)
    },
  }

  function lockOf(name: string, token: number, ttlMs: number): StateLock {
    let released = false
    const lock: StateLock = {
      name,
      token,
      async renew() {
        const nowMs = clock.now()
        const { changes } = await store.commit(() => extend.run(nowMs + ttlMs, name, token, nowMs))
        if (changes === 0) throw stateLockLost(name, token)
      },
      async release() {
        if (released) return
        released = true
        await store.commit(() => {
          leave.run(name, token)
          remove.run(name)
        })
      },
      [Symbol.asyncDispose]: () => lock.release(),
    }
    return lock
  }
}
