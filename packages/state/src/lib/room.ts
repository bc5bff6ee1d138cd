import type { BusClient } from '@switchyard/bus'
import type { Clock } from '@switchyard/contracts'
import type { Store } from '@switchyard/store'
import type { Access } from './access.ts'
import type { StateEvents } from './api.ts'
import type { History, NewRecord } from './history.ts'
import type { Locks } from './locks.ts'
import type { StateLog } from './log.ts'
import type { StampClock } from './stamp.ts'

/** What the namespaces of one process have in common. */
export interface Room {
  readonly store: Store
  readonly log: StateLog
  readonly history: History
  readonly locks: Locks
  readonly access: Access
  readonly clock: Clock
  readonly stamps: StampClock
  /** This process's replica of every namespace. */
  readonly node: string
  readonly durable: boolean
  /** Records of the history that stay. */
  readonly historyCount: number
  /** The plugin's handle on the bus. */
  client(plugin: string): BusClient
  emit<name extends keyof StateEvents>(event: name, value: StateEvents[name]): void
  /** Keeps a record of its own, without waiting for it. */
  record(record: NewRecord): void
}
