import { dirname } from 'node:path'
import { SwitchyardError } from '@switchyard/contracts'

const STOP_FIRST = 'Stop every Switchyard process'

export function storeDamaged(path: string, found: string, backup: string | undefined, cause?: unknown): SwitchyardError {
  return new SwitchyardError('STORE_DAMAGED', `Cannot use the store as ${name(path)} must be a sound SQLite file: ${found}`, {
    data: { path, backup },
    cause,
    next: mendOfDamage(path, backup),
  })
}

/** The log goes with the damaged file: SQLite would write what it holds over a backup put beside it. */
export function mendOfDamage(path: string, backup: string | undefined): string {
  if (backup === undefined) {
    return `${STOP_FIRST} and save what can be read: sqlite3 ${quote(path)} .recover | sqlite3 ${quote(`${path}.recovered`)}`
  }
  const aside = `${path}.damaged-${new Date().toISOString().replace(/\D/g, '')}`
  const move = `mkdir ${quote(aside)} && mv ${quote(path)} ${quote(`${path}-wal`)} ${quote(`${path}-shm`)} ${quote(aside)}/ 2>/dev/null`
  return `${STOP_FIRST}, then put the newest backup in its place and keep the damaged file: ${move}; cp -n ${quote(backup)} ${quote(path)}`
}

export interface NewerVersion {
  /** Undefined for the file's own layout. */
  room?: string
  known: number
  found: number
}

export function storeNewer(path: string, { room, known, found }: NewerVersion, backup: string | undefined): SwitchyardError {
  const what = room === undefined ? 'the layout' : `room "${room}"`
  const older = backup === undefined ? '' : `; its newest backup is ${quote(backup)}`
  return new SwitchyardError(
    'STORE_NEWER',
    `Cannot use the store as ${what} of ${name(path)} must be at most version ${known}: it is ${found}`,
    {
      data: { path, room, known, found, backup },
      next: `A newer Switchyard wrote this file: update Switchyard, or use another workspace${older}`,
    },
  )
}

export function storeFull(path: string, cause: unknown): SwitchyardError {
  const folder = quote(dirname(path))
  return new SwitchyardError('STORE_FULL', `Cannot write to ${name(path)} as its disk must have space left: it is full`, {
    data: { path },
    cause,
    next: `Free some space (df -h ${folder} shows how much there is) and try again: what was stored before is intact`,
  })
}

export function storeReadonly(path: string, found: string, userId: number | undefined, cause: unknown): SwitchyardError {
  const who = userId === undefined ? 'this user' : `uid ${userId}`
  const take = userId === undefined ? '' : `, or hand it over as root: chown -R ${userId} ${quote(path)}`
  return new SwitchyardError('STORE_READONLY', `Cannot write to ${name(path)} as ${who} must be allowed to: ${found}`, {
    data: { path },
    cause,
    next: `Run Switchyard as the owner${take}`,
  })
}

export function storeOnReadonlyDisk(path: string, cause: unknown): SwitchyardError {
  return new SwitchyardError(
    'STORE_READONLY',
    `Cannot write to ${name(path)} as its file system must be writable: it is mounted read-only`,
    {
      data: { path },
      cause,
      next: 'Mount it writable, or use a workspace on another disk',
    },
  )
}

export function storeUnreachable(path: string, found: string, cause?: unknown): SwitchyardError {
  return new SwitchyardError(
    'STORE_UNREACHABLE',
    `Cannot open the store as ${name(path)} must be a file on a working local disk: ${found}`,
    {
      data: { path },
      cause,
      next: `Look at ${quote(path)} and its disk, or move the workspace to another disk`,
    },
  )
}

export function storeBusy(path: string, timeoutMs: number, cause: unknown): SwitchyardError {
  return new SwitchyardError(
    'STORE_BUSY',
    `Cannot use ${name(path)} as its lock must come free within ${timeoutMs} ms: another process holds it`,
    {
      data: { path, timeoutMs },
      cause,
      next: `Try again; should it stay so, see who holds it: fuser -v ${quote(path)}`,
    },
  )
}

export function storeMigration(path: string, room: string, version: number, found: string, cause?: unknown): SwitchyardError {
  return new SwitchyardError(
    'STORE_MIGRATION',
    `Cannot migrate room "${room}" of ${name(path)} as step ${version} must succeed: ${found}`,
    {
      data: { path, room, version },
      cause,
      next: 'Nothing was changed: go back to the version of Switchyard that worked, and report this',
    },
  )
}

export function storeClosed(path: string): SwitchyardError {
  return new SwitchyardError('STORE_CLOSED', `Cannot use the store as ${name(path)} must be open: it was closed`, { data: { path } })
}

/** The path as a person reads it; a line feed in it would tear the message apart. */
function name(path: string): string {
  return JSON.stringify(path)
}

/** The path as a shell reads it. */
function quote(path: string): string {
  return `'${path.replaceAll("'", "'\\''")}'`
}
