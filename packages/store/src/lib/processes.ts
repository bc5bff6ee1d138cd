import { readlinkSync } from 'node:fs'
import { hostname } from 'node:os'

/** Where process ids mean something: this host and, in a container, its own numbering. For rows that say who holds something. */
export function hostIdentity(): string {
  try {
    return `${hostname()} ${readlinkSync('/proc/self/ns/pid')}`
  } catch {
    return hostname()
  }
}

/** Whether a process of this host lives; an id may have been given to another since. */
export function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
