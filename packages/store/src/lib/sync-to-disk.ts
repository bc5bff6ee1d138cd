import { closeSync, fsyncSync, openSync } from 'node:fs'

/**
 * Returns when a file's content, or a folder's list of names, would survive power loss.
 * Never to be called on the store's own file: closing a descriptor of it drops this process's locks on it (POSIX).
 */
export function syncToDisk(path: string): void {
  const file = openSync(path, 'r')
  try {
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}
