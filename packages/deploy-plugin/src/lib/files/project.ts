import { lstatSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { isAbsolute, join, normalize, relative, resolve, sep } from 'node:path'
import { z } from 'zod'
import { fileTooLarge, pathRefused, projectMissing } from './errors.ts'

/** More than any file of a deployment that people write. */
const MAX_FILE_BYTES = 16 * 1024 * 1024

export const projectField = z.string().min(1).default('.').describe('Folder of the project, relative to the workspace or absolute')

/** The project's folder, absolute and without links. @throws PROJECT_MISSING */
export function projectRoot(workspace: string, project: string): string {
  const folder = resolve(workspace, project)
  if (!(statSync(folder, { throwIfNoEntry: false })?.isDirectory() ?? false)) throw projectMissing(project)
  return realpathSync(folder)
}

/**
 * A file's path inside of the root, relative and with "/"; nothing on the way may be a link, as that could lead anywhere.
 * @throws PATH_REFUSED
 */
export function pathInside(root: string, path: string): string {
  const clean = normalize(isAbsolute(path) ? relative(root, path) : path)
  if (path === '' || clean === '.' || clean === '..' || clean.startsWith(`..${sep}`) || isAbsolute(clean) || path.includes('\0'))
    throw pathRefused(path, 'it leads out of the project')
  const parts = clean.split(sep)
  for (const [index] of parts.entries()) {
    const at = parts.slice(0, index + 1).join(sep)
    const stats = lstatSync(join(root, at), { throwIfNoEntry: false })
    if (stats === undefined) break
    if (stats.isSymbolicLink()) throw pathRefused(path, `${at} is a link`)
    if (index < parts.length - 1 ? !stats.isDirectory() : !stats.isFile()) throw pathRefused(path, `${at} is in the way`)
  }
  return parts.join('/')
}

/** A file's text; undefined where there is none. @throws PATH_REFUSED, FILE_TOO_LARGE */
export function readInside(root: string, path: string, maxBytes = MAX_FILE_BYTES): string | undefined {
  return bytesInside(root, path, maxBytes)?.toString('utf8')
}

/** A file's bytes; undefined where there is none. @throws PATH_REFUSED, FILE_TOO_LARGE */
export function bytesInside(root: string, path: string, maxBytes = MAX_FILE_BYTES): Buffer | undefined {
  const at = join(root, pathInside(root, path))
  const size = lstatSync(at, { throwIfNoEntry: false })?.size
  if (size === undefined) return undefined
  if (size > maxBytes) throw fileTooLarge(path, size, maxBytes)
  return readFileSync(at)
}
