import { existsSync, lstatSync, readFileSync, realpathSync, rmSync, statSync } from 'node:fs'
import { dirname, relative, resolve, sep } from 'node:path'
import { parseChangelog, sectionBody, withSection } from '../changelog/changelog.ts'
import { sha256 } from '../cut/files.ts'
import { writeDurably } from '../cut/journal.ts'
import { changelogUnreadable, exportChanged, fileOutside } from '../errors.ts'
import type { RecordRow } from './schema.ts'

/**
 * A file inside a project, absolute.
 * @throws FILE_OUTSIDE where it leads out of it, by its name or by a link, or is no plain file
 */
export function fileInside(folder: string, file: string): string {
  const path = resolve(folder, file)
  const inside = relative(folder, path)
  if (inside === '' || inside.startsWith('..') || inside.startsWith(sep)) throw fileOutside(file, folder, 'it lies outside')
  const parent = dirname(path)
  if (!statSync(parent, { throwIfNoEntry: false })?.isDirectory()) throw fileOutside(file, folder, 'its folder is not there')
  const [real, root] = [realpathSync(parent), realpathSync(folder)]
  if (real !== root && !real.startsWith(root + sep)) throw fileOutside(file, folder, 'a link on its way leads outside')
  const stat = lstatSync(path, { throwIfNoEntry: false })
  if (stat !== undefined && !stat.isFile()) throw fileOutside(file, folder, stat.isSymbolicLink() ? 'it is a link' : 'it is none')
  return path
}

/** The changelog with a section for every record, highest version first; what people wrote stays. */
export function mergeRecords(before: string | undefined, records: readonly RecordRow[]): string {
  let text = before
  // Lowest first: each goes above those that are there.
  for (const { version, created_ms, changelog } of records.toReversed()) {
    text = withSection(text, { version, date: new Date(created_ms).toISOString().slice(0, 10), body: changelog })
  }
  return text ?? ''
}

export type ExportState = 'not-exported' | 'in-sync' | 'modified' | 'missing'

/** How a record and its section in the file compare. */
export function exportState(
  folder: string,
  { file_path, version, changelog }: RecordRow,
): { state: ExportState; written: string | undefined } {
  if (file_path === null) return { state: 'not-exported', written: undefined }
  const text = readText(fileInside(folder, file_path))
  const written = text === undefined ? undefined : sectionBody(parseChangelog(text), version)
  if (written === undefined) return { state: 'missing', written }
  return { state: written === changelog.trim() ? 'in-sync' : 'modified', written }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Undefined where there is no file. @throws CHANGELOG_UNREADABLE where its bytes could not be given back */
export function readText(path: string): string | undefined {
  if (!existsSync(path)) return undefined
  try {
    return utf8.decode(readFileSync(path))
  } catch {
    throw changelogUnreadable(path)
  }
}

/** Whole or not at all; keeps the mode of the file that it replaces. */
export function replaceFile(path: string, text: string): void {
  writeDurably(path, text, existsSync(path) ? statSync(path).mode & 0o777 : 0o644)
}

/** Puts back what stood there before. @throws EXPORT_CHANGED */
export function restoreFile(path: string, after: string, before: string | undefined): void {
  if (!existsSync(path) || sha256(readFileSync(path)) !== after) throw exportChanged(path)
  if (before === undefined) rmSync(path)
  else replaceFile(path, before)
}
