import { type Clock, type Grant, isSwitchyardError } from '@switchyard/contracts'
import type { LinkEvent } from '../link.ts'
import { hubUnreachable } from './errors.ts'
import { type Hub, openHub } from './hub.ts'
import { tryHubLock } from './hub-lock.ts'
import { type HubPlace, openHubPlace } from './hub-place.ts'

export interface MeetingOptions {
  folder: string
  authorize: (identity: string, asked: Grant) => Grant
  clock: Clock
  random: () => number
  note: (event: LinkEvent) => void
  /** Connects to the hub; false or an error when it cannot. */
  join: (place: HubPlace) => Promise<boolean>
}

/** Brings a process to the hub of its workspace, and makes it the hub when there is none. */
export interface Meeting {
  readonly isHub: boolean
  /** Tries until joined or closed. @throws HUB_UNTRUSTED, LINK_LOST when there is a deadline, and else never */
  join(deadlineMs: number): Promise<void>
  /** Ends the attempts. */
  stop(): void
  /** Closes the hub if it is here. */
  close(): Promise<void>
}

/** The first wait between attempts is at most this long, each further one twice that. */
const RETRY_MS = 10
const MAX_RETRY_MS = 200

export function createMeeting({ folder, authorize, clock, random, note, join }: MeetingOptions): Meeting {
  let hub: Hub | undefined
  let stopped = false
  let wake: () => void = () => undefined

  /** Nobody votes: everyone tries, and the lock decides. */
  async function attempt(): Promise<boolean> {
    // Looked at anew each time, as somebody may have removed the folder.
    const place = openHubPlace(folder)
    try {
      if (await join(place)) return true
    } catch (error) {
      if (!isNobodyThere(error)) throw error
    }
    if (hub !== undefined) return false
    const lock = tryHubLock(place.lockPath)
    if (lock === undefined) return false
    try {
      hub = await openHub({
        place,
        lock,
        clock,
        authorize,
        note,
        onGone() {
          hub = undefined
        },
      })
    } catch (error) {
      lock.release()
      throw error
    }
    return !stopped && join(place)
  }

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = clock.after(ms, resolve)
      wake = () => {
        cancel()
        resolve()
      }
    })
  }

  return {
    get isHub() {
      return hub !== undefined
    },
    async join(deadlineMs) {
      for (let waitMs = RETRY_MS; !stopped; waitMs = Math.min(waitMs * 2, MAX_RETRY_MS)) {
        let cause: unknown
        try {
          if (await attempt()) return
        } catch (error) {
          cause = error
          if (isSwitchyardError(error, 'HUB_UNTRUSTED') && deadlineMs < Number.POSITIVE_INFINITY) throw error
        }
        if (clock.monotonicMs() > deadlineMs) throw hubUnreachable(folder, cause)
        if (!stopped) await pause(waitMs * random())
      }
    },
    stop() {
      stopped = true
      wake()
    },
    async close() {
      await hub?.close()
    },
  }
}

/** The socket is not there, or nobody listens on it any more. */
function isNobodyThere(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ECONNREFUSED')
}
