import { existsSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { noFolder } from './errors.ts'

const MARKS = ['switchyard.config.json', '.switchyard', '.git']

/**
 * The workspace that a folder belongs to: the nearest folder at or above it with a configuration, a data folder or a git
 * repository; the folder itself when there is none. A folder that was named is taken as it is.
 */
export function findWorkspace(cwd: string, named: string | undefined): string {
  if (named !== undefined) {
    const dir = resolve(cwd, named)
    if (statSync(dir, { throwIfNoEntry: false })?.isDirectory() !== true) throw noFolder(dir)
    return dir
  }
  for (let dir = cwd; ; dir = dirname(dir)) {
    if (MARKS.some((mark) => existsSync(join(dir, mark)))) return dir
    if (dir === dirname(dir)) return cwd
  }
}
