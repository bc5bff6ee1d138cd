import type { Clock } from '@switchyard/plugin-kit'

/** Timers of a clock keep no process alive; whoever waits for one does, or a program would end in the middle of a run. */
function stayAlive(): () => void {
  const timer = setInterval(() => {}, LONG_MS)
  return () => clearInterval(timer)
}

const LONG_MS = 3_600_000

/** How a piece of work with a time limit ended. */
export type Outcome<value> = { readonly ended: 'in-time'; readonly value: value } | { readonly ended: 'too-late' }

/**
 * Gives `work` a signal that is aborted after `timeoutMs` by the clock, or with the outer one. Work that ignores its signal is
 * left behind, never waited for. Its own failure rejects; so does the outer signal, with its reason.
 */
export async function withDeadline<value>(
  { clock, signal }: { clock: Clock; signal: AbortSignal },
  timeoutMs: number,
  work: (signal: AbortSignal) => Promise<value>,
): Promise<Outcome<value>> {
  signal.throwIfAborted()
  const { promise, resolve, reject } = Promise.withResolvers<Outcome<value>>()
  const own = new AbortController()
  const letGo = stayAlive()
  const cancelTimer = clock.after(timeoutMs, () => {
    resolve({ ended: 'too-late' })
    own.abort()
  })
  const giveUp = (): void => {
    reject(signal.reason)
    own.abort()
  }
  signal.addEventListener('abort', giveUp, { once: true })
  work(own.signal).then((value) => resolve({ ended: 'in-time', value }), reject)
  try {
    return await promise
  } finally {
    letGo()
    cancelTimer()
    signal.removeEventListener('abort', giveUp)
  }
}

/** Resolves after `delayMs` by the clock; true when the signal ended the wait. */
export function pause(clock: Clock, delayMs: number, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return Promise.resolve(true)
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const letGo = stayAlive()
  const end = (): void => {
    cancelTimer()
    resolve(true)
  }
  const cancelTimer = clock.after(delayMs, () => {
    signal.removeEventListener('abort', end)
    resolve(false)
  })
  signal.addEventListener('abort', end, { once: true })
  return promise.finally(letGo)
}
