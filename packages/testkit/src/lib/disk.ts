import { createHash } from 'node:crypto'
import { chmodSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** A file to begin with: its text or bytes, more about it where needed, or a symbolic link. */
export type TestFile = string | Uint8Array | { readonly text: string; readonly executable: boolean } | { readonly link: string }

/** What lies in a folder: by relative path, a line that changes whenever kind, mode or content changes. */
export type DiskState = ReadonlyMap<string, string>

/** Writes files by their relative paths, making the folders that they need; a path that ends with "/" is an empty folder. */
export function writeFiles(dir: string, files: Readonly<Record<string, TestFile>>): void {
  for (const [path, file] of Object.entries(files)) {
    const target = join(dir, path)
    mkdirSync(path.endsWith('/') ? target : dirname(target), { recursive: true })
    if (path.endsWith('/')) continue
    if (typeof file === 'string' || file instanceof Uint8Array) writeFileSync(target, file)
    else if ('link' in file) symlinkSync(file.link, target)
    else {
      writeFileSync(target, file.text)
      chmodSync(target, file.executable ? 0o755 : 0o644)
    }
  }
}

/** The state of a workspace; of the data folder only what plugins keep there, as the rest is the yard's own. */
export function readDisk(dir: string, { ignore = [] }: { ignore?: readonly string[] } = {}): DiskState {
  const state = new Map<string, string>()
  const isIgnored = (path: string): boolean => ignore.some((prefix) => path === prefix || path.startsWith(`${prefix.replace(/\/$/, '')}/`))
  const visit = (folder: string): void => {
    for (const name of readdirSync(join(dir, folder)).sort()) {
      const path = folder === '' ? name : `${folder}/${name}`
      if (isIgnored(path) || (folder === '.switchyard' && name !== 'plugins')) continue
      const stats = lstatSync(join(dir, path))
      if (stats.isDirectory()) {
        if (!/^\.switchyard(\/plugins(\/[^/]+)?)?$/.test(path)) state.set(path, 'folder')
        visit(path)
      } else if (stats.isSymbolicLink()) state.set(path, `link to ${readlinkSync(join(dir, path))}`)
      else if (stats.isFile()) state.set(path, describeFile(readFileSync(join(dir, path)), stats.mode))
      else state.set(path, 'special file')
    }
  }
  visit('')
  return state
}

/** What became of each path that is not as it was. */
export function diskChanges(before: DiskState, after: DiskState): readonly { readonly path: string; readonly change: string }[] {
  const changes: { path: string; change: string }[] = []
  for (const path of [...new Set([...before.keys(), ...after.keys()])].sort()) {
    const [was, is] = [before.get(path), after.get(path)]
    if (was === is) continue
    changes.push({
      path,
      change: was === undefined ? `was not there, and is: ${is}` : is === undefined ? `is gone; it was: ${was}` : `was: ${was}; is: ${is}`,
    })
  }
  return changes
}

const SHOWN_BYTES = 60

function describeFile(content: Buffer, mode: number): string {
  const hash = createHash('sha256').update(content).digest('hex').slice(0, 12)
  const isShort = content.length <= SHOWN_BYTES && !content.includes(0)
  const shown = isShort ? JSON.stringify(content.toString('utf8')) : `${content.length} bytes, sha256 ${hash}`
  return `${shown}, mode ${(mode & 0o777).toString(8)}`
}
