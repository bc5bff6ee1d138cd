import { backoffMs, isBusy } from './busy.ts'
import type { Connection } from './connection.ts'
import { storeClosed } from './errors.ts'
import { explain } from './explain.ts'

interface Entry {
  work: () => unknown
  durable: boolean
  resolve: (result: never) => void
  reject: (reason: unknown) => void
}

type Outcome = { result: unknown } | { reason: unknown }

/** Works that wait for the end of this turn of the event loop, to be committed together. */
export interface GroupCommit {
  add<result>(work: () => result, durable: boolean): Promise<result>
  /** Commits what waits, now and blocking. Never throws: whoever waits is told. */
  flush(): void
}

export function createGroupCommit(connection: Connection, path: string, busyTimeoutMs: number): GroupCommit {
  let queue: Entry[] = []
  let isScheduled = false
  /** Tries in a row at which another process had the lock, and when the first of them was. */
  let tries = 0
  let busySinceMs = 0

  function take(begin: (durable: boolean) => void): void {
    begin(queue.some((entry) => entry.durable))
    const batch = queue
    queue = []
    const [alone] = batch
    if (batch.length === 1 && alone !== undefined) settleAlone(alone)
    else settle(batch)
  }

  /** Nobody else's work has to survive a failure of this one, so it needs no savepoint of its own. */
  function settleAlone({ work, resolve, reject }: Entry): void {
    try {
      resolve(connection.finish(work) as never)
    } catch (reason) {
      reject(reason)
    }
  }

  function settle(batch: readonly Entry[]): void {
    const outcomes: Outcome[] = []
    let failure: Outcome | undefined
    try {
      connection.finish(() => {
        for (const { work, durable } of batch) outcomes.push(attempt(() => connection.nest(work, durable)))
      })
    } catch (reason) {
      failure = { reason }
    }
    for (const [index, { resolve, reject }] of batch.entries()) {
      const own = outcomes[index]
      const outcome = own !== undefined && 'reason' in own ? own : (failure ?? own)
      if (outcome === undefined || 'reason' in outcome) reject(outcome?.reason)
      else resolve(outcome.result as never)
    }
  }

  function rejectAll(reason: unknown): void {
    const batch = queue
    queue = []
    for (const { reject } of batch) reject(reason)
  }

  function schedule(delayMs?: number): void {
    isScheduled = true
    if (delayMs === undefined) setImmediate(onTurn)
    else setTimeout(onTurn, delayMs)
  }

  function onTurn(): void {
    isScheduled = false
    if (queue.length === 0) return
    try {
      take(connection.begin)
      tries = 0
    } catch (error) {
      if (tries === 0) busySinceMs = performance.now()
      if (isBusy(error) && performance.now() - busySinceMs < busyTimeoutMs) {
        schedule(backoffMs(tries++))
        return
      }
      tries = 0
      rejectAll(explain(error, path, busyTimeoutMs))
    }
  }

  return {
    add: <result>(work: () => result, durable: boolean) =>
      new Promise<result>((resolve, reject) => {
        if (!connection.isOpen) throw storeClosed(path)
        queue.push({ work, durable, resolve, reject })
        if (!isScheduled) schedule()
      }),
    flush() {
      if (queue.length === 0) return
      try {
        take(connection.beginPatiently)
      } catch (error) {
        rejectAll(error)
      }
    },
  }
}

function attempt(work: () => unknown): Outcome {
  try {
    return { result: work() }
  } catch (reason) {
    return { reason }
  }
}
