import { closeSync, existsSync, mkdirSync, openSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Clock } from '@switchyard/contracts'
import { retryWhileBusy } from './busy.ts'
import { syncToDisk } from './sync-to-disk.ts'

const KEPT = 3
const NAME_END = /\.(\d{8}T\d{9}Z(?:-\d+)?)\.db$/

export interface BackupOptions {
  /** What the copy is of, for its name: `chain-v2`. */
  label: string
  clock: Clock
  busyTimeoutMs: number
}

/** Paths of the backups of this store, newest first. */
export function listBackups(path: string): string[] {
  const folder = backupFolder(path)
  let names: string[]
  try {
    names = readdirSync(folder)
  } catch {
    return []
  }
  const stamp = (name: string) => NAME_END.exec(name)?.[1] ?? ''
  return names
    .filter((name) => name.startsWith(`${basename(path)}.`) && NAME_END.test(name))
    .sort((a, b) => (stamp(a) < stamp(b) ? 1 : -1))
    .map((name) => join(folder, name))
}

/**
 * Copies what is committed at this moment, on a connection of its own, so that the caller may hold the write lock.
 * The copy has its final name only when it is whole and on disk.
 */
export function writeBackup(path: string, { label, clock, busyTimeoutMs }: BackupOptions): string {
  const folder = backupFolder(path)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const stem = join(folder, `${basename(path)}.${label}.${new Date(clock.now()).toISOString().replace(/[-:.]/g, '')}`)
  let target = `${stem}.db`
  for (let n = 2; existsSync(target); n++) target = `${stem}-${n}.db`
  const partial = `${target}.partial-${process.pid}`
  closeSync(openSync(partial, 'wx', 0o600))
  try {
    const reader = new DatabaseSync(path, { readOnly: true })
    try {
      retryWhileBusy(() => reader.prepare('VACUUM INTO ?').run(partial), busyTimeoutMs)
    } finally {
      reader.close()
    }
    syncToDisk(partial)
    renameSync(partial, target)
    syncToDisk(folder)
  } catch (error) {
    rmSync(partial, { force: true })
    throw error
  }
  return target
}

/** Removes all but the last three copies of one label, and what a killed process left of one. Only under the write lock. */
export function pruneBackups(path: string, label: string, written: string): void {
  const prefix = join(backupFolder(path), `${basename(path)}.${label}.`)
  // The copy just written stays even when the clock went back and it looks old.
  const older = listBackups(path).filter((backup) => backup.startsWith(prefix) && backup !== written)
  for (const backup of older.slice(KEPT - 1)) rmSync(backup, { force: true })
  for (const name of readdirSync(backupFolder(path))) {
    const entry = join(backupFolder(path), name)
    if (entry.startsWith(prefix) && name.includes('.db.partial-')) rmSync(entry, { force: true })
  }
}

function backupFolder(path: string): string {
  return join(dirname(path), 'backups')
}
