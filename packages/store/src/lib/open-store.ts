import type { Clock } from '@switchyard/contracts'
import type { Store } from './store.ts'

export interface OpenStoreOptions {
  /** The file, created with mode 0600 in a folder created with mode 0700; or `:memory:`. */
  path: string
  /** Names the backups. @default systemClock */
  clock?: Clock
  /** How long a call waits for other processes before it throws STORE_BUSY. @default 10_000 */
  busyTimeoutMs?: number
}

/**
 * Opens the store; call it once a process and path and pass the store on.
 * @throws STORE_DAMAGED, STORE_NEWER, STORE_FULL, STORE_READONLY, STORE_UNREACHABLE or STORE_BUSY; the file is left as it was
 */
export function openStore(options: OpenStoreOptions): Store {
  throw new Error(`not written yet: ${options.path}`)
}
