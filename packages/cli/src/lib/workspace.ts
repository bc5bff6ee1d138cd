import { statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { noFolder } from './errors.ts'

const MARKS = ['switchyard.config.json', '.switchyard', '.git']

/**
 * The workspace that a folder belongs to: the nearest folder at or above it with a configuration, a data folder or a git
 * repository; the folder itself when there is none. A folder above counts only where its marks belong to root, to this user or to
 * the owner of the folder: its configuration names code to run, and anybody may write to /tmp. A folder that was named is taken
 * as it is.
 */
export function findWorkspace(cwd: string, named: string | undefined, userId: number | undefined): string {
  if (named !== undefined) {
    const dir = resolve(cwd, named)
    if (statSync(dir, { throwIfNoEntry: false })?.isDirectory() !== true) throw noFolder(dir)
    return dir
  }
  const trusted = [0, userId, ownerOf(cwd)]
  for (let dir = cwd; ; dir = dirname(dir)) {
    const owners = MARKS.flatMap((mark) => ownerOf(join(dir, mark)) ?? [])
    if (owners.length > 0 && (dir === cwd || owners.every((owner) => trusted.includes(owner)))) return dir
    if (dir === dirname(dir)) return cwd
  }
}

/** Undefined where nothing is there, or nothing that may be looked at. */
function ownerOf(path: string): number | undefined {
  try {
    return statSync(path).uid
  } catch {
    return undefined
  }
}
