import { DatabaseSync } from 'node:sqlite'

/** Held by the one process that may be the hub. */
export interface HubLock {
  release(): void
}

/**
 * The lock of a workspace's hub, or undefined while another process holds it. It is SQLite's lock on an empty file: the
 * operating system lets go of it when its holder dies, however it dies, and it works alike on all systems.
 */
export function tryHubLock(path: string): HubLock | undefined {
  const file = new DatabaseSync(path)
  try {
    file.exec('PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE')
    return { release: () => file.close() }
  } catch (error) {
    file.close()
    if (isBusy(error)) return undefined
    throw error
  }
}

/** SQLITE_BUSY in any of its forms. */
function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' && (error.errcode & 0xff) === 5
}
