import { createHash } from 'node:crypto'
import { existsSync, lstatSync, mkdirSync, readFileSync, realpathSync, rmSync, type Stats } from 'node:fs'
import { dirname, join, sep } from 'node:path'
import type { FileEdit } from '../plan/release-plan.ts'
import { fileChanged, fileNotPlain } from './errors.ts'
import { type Cut, draftOf, type Journal, removeIfEmpty, writeDurably } from './journal.ts'

export const sha256 = (bytes: string | Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** How a file is found: as planned, as the release leaves it, or as neither. */
export type Found = 'before' | 'after' | 'other'

/** @throws FILE_NOT_PLAIN for a link, a folder, and what a link leads out of the repository */
export function lookAt(
  root: string,
  { path, before, after }: FileEdit,
): { found: Found; bytes: Buffer | undefined; stats: Stats | undefined } {
  const full = placeOf(root, path)
  const stats = lstatSync(full, { throwIfNoEntry: false })
  if (stats !== undefined && !stats.isFile()) throw fileNotPlain(path, stats.isSymbolicLink() ? 'it is a link' : 'it is none')
  const bytes = stats === undefined ? undefined : readFileSync(full)
  const sum = bytes === undefined ? null : sha256(bytes)
  const found = sum === before ? 'before' : sum === sha256(after) ? 'after' : 'other'
  return { found, bytes, stats }
}

function placeOf(root: string, path: string): string {
  const parts = path.split('/')
  if (path.startsWith('/') || parts.includes('..') || parts.includes('') || parts[0]?.toLowerCase() === '.git')
    throw fileNotPlain(path, 'its path leads elsewhere')
  const full = join(root, ...parts)
  let folder = dirname(full)
  while (!existsSync(folder)) folder = dirname(folder)
  const real = realpathSync(folder)
  if (real !== folder || (real !== root && !real.startsWith(root + sep))) throw fileNotPlain(path, 'a folder above it is a link')
  return full
}

/** Writes every planned file, after keeping what it was. May be repeated. @throws FILE_CHANGED before anything is written */
export function writeFiles(journal: Journal, cut: Cut): void {
  const { root, files } = cut.plan
  const looked = files.map((edit) => ({ edit, ...lookAt(root, edit) }))
  for (const { edit, found } of looked) if (found === 'other') throw fileChanged(edit.path)
  if (cut.modes === undefined) {
    for (const [index, { bytes, edit, found }] of looked.entries()) {
      if (found !== 'before') throw fileChanged(edit.path)
      if (bytes !== undefined) journal.keepBefore(cut.id, index, bytes)
    }
    const modes = looked.map(({ stats }) => (stats === undefined ? 0o666 & ~process.umask() : stats.mode & 0o7777))
    journal.note(cut.id, { modes, folders: missingFolders(root, files) })
  }
  const { modes = [] } = journal.read(cut.id)
  for (const [index, { edit, found }] of looked.entries()) {
    const full = join(root, edit.path)
    rmSync(draftOf(full), { force: true })
    if (found === 'after') continue
    mkdirSync(dirname(full), { recursive: true })
    writeDurably(full, edit.after, modes[index] ?? 0o644)
  }
}

/**
 * Puts every file back as it was, byte for byte. May be repeated. What somebody changed meanwhile is left alone.
 * @throws FILE_CHANGED that names the first such file, once all others are back
 */
export function restoreFiles(journal: Journal, cut: Cut): void {
  const { root, files } = cut.plan
  if (cut.modes === undefined) return
  const changed: string[] = []
  for (const [index, edit] of files.entries()) {
    const full = join(root, edit.path)
    const { found } = lookAt(root, edit)
    rmSync(draftOf(full), { force: true })
    if (found === 'other') changed.push(edit.path)
    if (found !== 'after') continue
    if (edit.before === null) rmSync(full)
    else writeDurably(full, journal.readBefore(cut.id, index), cut.modes[index] ?? 0o644)
  }
  for (const folder of (cut.folders ?? []).toReversed()) removeIfEmpty(join(root, folder))
  if (changed[0] !== undefined) throw fileChanged(changed[0])
}

function missingFolders(root: string, files: readonly FileEdit[]): string[] {
  const missing = new Set<string>()
  for (const { path } of files)
    for (let folder = dirname(path); folder !== '.' && !existsSync(join(root, folder)); folder = dirname(folder)) missing.add(folder)
  return [...missing].sort()
}
