import type { Clock } from '@switchyard/contracts'
import type { Store } from '@switchyard/store'
import type { Receipt } from '../durable.ts'
import { logClosed } from './errors.ts'
import type { Presence } from './presence.ts'

/** Runs work once for a scope and key, over all processes of the store. */
export interface OnceReceiver {
  receiveOnce<result>(receipt: Receipt, work: () => result | Promise<result>): Promise<result>
  /** How many are at work here. */
  readonly running: number
  /** Inside a transaction: forgets results from before, and claims of the dead. */
  forgetBefore(wallMs: number): number
  /** Ends the wait for other processes; resolves when the work that runs here has ended. */
  close(): Promise<unknown>
}

interface ResultRow {
  readonly owner: string
  readonly result: string | null
}

type Claim = { readonly is: 'ours' } | { readonly is: 'theirs' } | { readonly is: 'done'; readonly result: string }

/** Between looks at what another process is doing. */
const LOOK_MS = 20
/** What JSON has no text for. */
const UNDEFINED = ''

/** `onRunning` is called when work begins, which then must be kept alive by signs of life. */
export function createOnceReceiver(store: Store, clock: Clock, presence: Presence, onRunning: () => void): OnceReceiver {
  const read = store.prepare('SELECT owner, result FROM bus_result WHERE scope = ? AND key = ?')
  const claim = store.prepare('INSERT OR REPLACE INTO bus_result (scope, key, owner, at_ms) VALUES (?, ?, ?, ?)')
  const finish = store.prepare('UPDATE bus_result SET result = ?, at_ms = ? WHERE scope = ? AND key = ? AND result IS NULL')
  const abandon = store.prepare('DELETE FROM bus_result WHERE scope = ? AND key = ? AND owner = ? AND result IS NULL')
  const forget = store.prepare('DELETE FROM bus_result WHERE at_ms < ? AND (result IS NOT NULL OR owner NOT IN (SELECT id FROM bus_owner))')
  const flights = new Map<string, Promise<string>>()
  const waits = new Set<() => void>()
  let running = 0
  let isClosed = false

  function tryClaim({ scope, key }: Receipt): Claim {
    const row = read.get<ResultRow>(scope, key)
    if (row !== undefined && row.result !== null) return { is: 'done', result: row.result }
    if (row !== undefined && !presence.isGone(row.owner)) return { is: 'theirs' }
    presence.appear()
    claim.run(scope, key, presence.id, clock.now())
    return { is: 'ours' }
  }

  async function fly(receipt: Receipt, work: () => unknown): Promise<string> {
    const { scope, key } = receipt
    for (;;) {
      if (isClosed) throw logClosed('receive')
      receipt.signal?.throwIfAborted()
      const claimed = await store.commit(() => tryClaim(receipt))
      if (claimed.is === 'done') return claimed.result
      if (claimed.is === 'ours') break
      await look(receipt.signal)
    }
    running++
    onRunning()
    try {
      const text = JSON.stringify(await work()) ?? UNDEFINED
      // Where another process took over from us as we seemed dead, the result that was stored first is everybody's.
      return await store.commit(
        () => {
          finish.run(text, clock.now(), scope, key)
          return read.get<ResultRow>(scope, key)?.result ?? text
        },
        { durable: true },
      )
    } catch (error) {
      await store.commit(() => abandon.run(scope, key, presence.id)).catch(() => {})
      throw error
    } finally {
      running--
    }
  }

  function look(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        cancel()
        waits.delete(end)
        signal?.removeEventListener('abort', end)
        resolve()
      }
      const cancel = clock.after(LOOK_MS, end)
      waits.add(end)
      signal?.addEventListener('abort', end)
    })
  }

  return {
    async receiveOnce<result>(receipt: Receipt, work: () => result | Promise<result>): Promise<result> {
      const id = JSON.stringify([receipt.scope, receipt.key])
      let flight = flights.get(id)
      if (flight === undefined) {
        flight = fly(receipt, work).finally(() => flights.delete(id))
        flights.set(id, flight)
      }
      const text = await flight
      return decodeResult(text)
    },
    get running() {
      return running
    },
    forgetBefore: (wallMs) => forget.run(wallMs).changes,
    close() {
      isClosed = true
      for (const end of waits) end()
      return Promise.allSettled(flights.values())
    },
  }
}

/** What the first caller's work returned is what every caller gets, so the type is the work's. */
function decodeResult<result>(text: string): result {
  return (text === UNDEFINED ? undefined : JSON.parse(text)) as result
}
