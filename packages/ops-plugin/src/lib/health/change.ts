import { createHash, randomBytes } from 'node:crypto'
import { chmodSync, lstatSync, mkdirSync, readFileSync, renameSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, normalize, sep } from 'node:path'
import { z } from 'zod'
import { changedMeanwhile, changedSince, changeUnknown, unsafePath } from '../errors.ts'
import type { Edit } from './fix.ts'
import { keepNewest } from './keep-newest.ts'
import type { Snapshot } from './snapshot.ts'

/** Older changes cannot be taken back any more. */
const MAX_CHANGES = 200

/** A change to a project's files that can be taken back: what each file was, and what it was made. */
const changeSchema = z.object({
  root: z.string(),
  files: z.array(
    z.object({
      path: z.string(),
      /** Base64, as it may be any bytes; null where there was no file. */
      before: z.string().nullable(),
      mode: z.int(),
      /** Of what was written; null where the file was taken away. */
      hash: z.string().nullable(),
    }),
  ),
  /** Folders that were made for it, the innermost first. */
  folders: z.array(z.string()),
})
type Change = z.output<typeof changeSchema>

/**
 * Writes the edits, each file in one step, and keeps what was there in `dataDir`. Where one cannot be written, those before it
 * are taken back. What the edits were made from may be given, so that nobody's work since then is written over. Returns the
 * change's id.
 * @throws UNSAFE_PATH, CHANGED_SINCE
 */
export function applyChange(root: string, wanted: readonly Edit[], dataDir: string, seen?: Pick<Snapshot, 'text'>): string {
  for (const { path } of wanted) assertInside(root, path)
  const id = randomBytes(8).toString('hex')
  const found = new Map(wanted.map(({ path }) => [path, bytesAt(join(root, path))]))
  const changed = wanted.filter(({ path }) => seen !== undefined && textOf(found.get(path)) !== seen.text(path))
  if (changed.length > 0) throw changedMeanwhile(changed.map(({ path }) => path))
  const edits = wanted.map((edit) => ({ ...edit, text: withMark(edit.text, found.get(edit.path)) }))
  const files = edits.map(({ path, text }) => {
    const before = found.get(path)
    return {
      path,
      before: before?.toString('base64') ?? null,
      mode: before === undefined ? 0o644 : lstatSync(join(root, path)).mode & 0o777,
      hash: text === undefined ? null : hashOf(Buffer.from(text)),
    }
  })
  const change: Change = { root, files, folders: missingFolders(root, edits) }
  keep(dataDir, id, change)
  try {
    for (const [index, { path, text, executable }] of edits.entries()) {
      const mode = files[index]?.mode ?? 0o644
      if (text === undefined) rmSync(join(root, path))
      else replaceFile(join(root, path), text, executable === undefined ? mode : executable ? mode | 0o111 : mode & ~0o111)
    }
  } catch (error) {
    takeBack(change)
    rmSync(pathOf(dataDir, id), { force: true })
    throw error
  }
  return id
}

/** Which files a change touched. @throws CHANGE_UNKNOWN */
export function readChange(dataDir: string, id: string): { readonly root: string; readonly paths: readonly string[] } {
  const { root, files } = load(dataDir, id)
  return { root, paths: files.map(({ path }) => path) }
}

/** Takes a change back, unless somebody has touched one of its files since. @throws CHANGE_UNKNOWN, CHANGED_SINCE, UNSAFE_PATH */
export function revertChange(dataDir: string, id: string): readonly string[] {
  const change = load(dataDir, id)
  for (const { path } of change.files) assertInside(change.root, path)
  const touched = change.files.filter(({ path, hash }) => hashAt(join(change.root, path)) !== hash).map(({ path }) => path)
  if (touched.length > 0) throw changedSince(touched)
  takeBack(change)
  rmSync(pathOf(dataDir, id))
  removeIfEmpty(join(dataDir, 'changes'))
  return change.files.map(({ path }) => path)
}

function takeBack({ root, files, folders }: Change): void {
  for (const { path, before, mode } of files) {
    if (before === null) rmSync(join(root, path), { force: true })
    else replaceFile(join(root, path), Buffer.from(before, 'base64'), mode)
  }
  for (const folder of folders) removeIfEmpty(join(root, folder))
}

/** Nothing is written through a link: it could lead anywhere. */
function assertInside(root: string, path: string): void {
  const clean = normalize(path)
  if (clean.startsWith('..') || clean.startsWith(sep)) throw unsafePath(path, 'it leads out of the project')
  for (let at = clean; at !== '.'; at = dirname(at)) {
    const stats = lstatSync(join(root, at), { throwIfNoEntry: false })
    if (stats === undefined) continue
    if (stats.isSymbolicLink()) throw unsafePath(path, `${at} is a link`)
    if (at === clean && !stats.isFile()) throw unsafePath(path, 'it is no file')
  }
}

function replaceFile(path: string, content: string | Buffer, mode: number): void {
  mkdirSync(dirname(path), { recursive: true })
  const temporary = `${path}.${randomBytes(4).toString('hex')}.tmp`
  try {
    writeFileSync(temporary, content, { mode, flag: 'wx' })
    chmodSync(temporary, mode)
    renameSync(temporary, path)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
}

const bytesAt = (path: string): Buffer | undefined =>
  lstatSync(path, { throwIfNoEntry: false }) === undefined ? undefined : readFileSync(path)

const MARK = '\uFEFF'
const textOf = (bytes: Buffer | undefined): string | undefined => bytes?.toString('utf8').replace(MARK, '')

/** Snapshots leave the mark of byte order out; a kernel that looks for "#!" wants none. */
function withMark(text: string | undefined, before: Buffer | undefined): string | undefined {
  const hasMark = before?.subarray(0, 3).equals(Buffer.from(MARK)) ?? false
  return text !== undefined && hasMark && !text.startsWith('#!') ? MARK + text : text
}

function missingFolders(root: string, edits: readonly Edit[]): string[] {
  const missing = new Set<string>()
  for (const { path } of edits) {
    for (let at = dirname(normalize(path)); at !== '.'; at = dirname(at)) {
      if (lstatSync(join(root, at), { throwIfNoEntry: false }) === undefined) missing.add(at)
    }
  }
  return [...missing].sort((a, b) => b.length - a.length)
}

const pathOf = (dataDir: string, id: string): string => join(dataDir, 'changes', `${id}.json`)

function keep(dataDir: string, id: string, change: Change): void {
  mkdirSync(join(dataDir, 'changes'), { recursive: true, mode: 0o700 })
  writeFileSync(pathOf(dataDir, id), JSON.stringify(change), { mode: 0o600, flag: 'wx' })
  keepNewest(join(dataDir, 'changes'), MAX_CHANGES)
}

function load(dataDir: string, id: string): Change {
  if (!/^[0-9a-f]{16}$/.test(id)) throw changeUnknown(id)
  try {
    return changeSchema.parse(JSON.parse(readFileSync(pathOf(dataDir, id), 'utf8')))
  } catch {
    throw changeUnknown(id)
  }
}

function hashAt(path: string): string | null {
  const stats = lstatSync(path, { throwIfNoEntry: false })
  if (stats === undefined) return null
  return stats.isFile() ? hashOf(readFileSync(path)) : 'no file'
}

const hashOf = (content: Buffer): string => createHash('sha256').update(content).digest('hex')

function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder)
  } catch {
    // Not empty, or gone already.
  }
}
