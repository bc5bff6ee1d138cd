import { createHash, randomBytes } from 'node:crypto'
import {
  chmodSync,
  closeSync,
  fchmodSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { changeUnknown, filesChangedSince } from './errors.ts'
import { bytesInside, pathInside } from './project.ts'

/** What a file is to become. */
export interface FileChange {
  /** Inside of the root. */
  readonly path: string
  /** Undefined where there was no file when the change was thought out. */
  readonly before: string | Buffer | undefined
  /** Undefined takes the file away. */
  readonly after: string | Buffer | undefined
  /** @default that of the file before, else 0o644 */
  readonly mode?: number
  /**
   * Holds secrets: what it was is not kept anywhere else, so only what was added at its end, or a whole new file, can be taken back.
   * @default false
   */
  readonly secret?: boolean
}

/** Older changes cannot be taken back any more. */
const MAX_KEPT = 100

const recordSchema = z.object({
  root: z.string(),
  files: z.array(
    z.object({
      path: z.string(),
      /** Base64, or how many of the bytes that are there now were there before; null where there was no file. */
      before: z.union([z.string(), z.object({ bytes: z.int(), sha256: z.string() })]).nullable(),
      mode: z.int(),
      /** Of what was written; null where the file was taken away. */
      sha256: z.string().nullable(),
    }),
  ),
  folders: z.array(z.string()),
  /** Last generated versions as they were before, by name. */
  bases: z.record(z.string(), z.string().nullable()).default({}),
})
type Recorded = z.output<typeof recordSchema>

/**
 * Writes the files, each in one step, and keeps in `dataDir` how to take that back; where one fails, those before it are taken back
 * at once. Returns the change's id, or undefined where nothing differs.
 * @throws PATH_REFUSED, FILES_CHANGED_SINCE where a file is not any more what the change was thought out from
 */
export function applyChanges(
  root: string,
  wanted: readonly FileChange[],
  dataDir: string,
  bases: Recorded['bases'] = {},
): string | undefined {
  const changes = wanted.filter(({ before, after }) => !same(before, after))
  if (changes.length === 0 && Object.keys(bases).length === 0) return undefined
  const moved = changes.filter(({ path, before }) => !same(bytesInside(root, path), before)).map(({ path }) => path)
  if (moved.length > 0) throw filesChangedSince(moved)

  const record: Recorded = {
    root,
    files: changes.map((change) => ({
      path: change.path,
      before: keptOf(change),
      mode: modeOf(join(root, change.path)),
      sha256: change.after === undefined ? null : sha256(change.after),
    })),
    folders: missingFolders(root, changes),
    bases,
  }
  const id = keep(dataDir, record)
  const done: FileChange[] = []
  try {
    for (const change of changes) {
      const { path, after, mode = modeOf(join(root, path)) } = change
      if (after === undefined) rmSync(join(root, path))
      else writeAtomically(join(root, path), after, mode)
      done.push(change)
    }
  } catch (error) {
    for (const { path, before } of done.toReversed())
      if (before === undefined) rmSync(join(root, path), { force: true })
      else writeAtomically(join(root, path), before, record.files.find((file) => file.path === path)?.mode ?? 0o600)
    for (const folder of record.folders) removeIfEmpty(join(root, folder))
    rmSync(recordPath(dataDir, id), { force: true })
    throw error
  }
  return id
}

/** What taking a change back would touch. @throws CHANGE_UNKNOWN */
export function describeChange(dataDir: string, id: string): { path: string; does: 'create' | 'change' | 'remove' }[] {
  return load(dataDir, id).files.map(({ path, before, sha256 }) => ({
    path,
    does: before === null ? 'remove' : sha256 === null ? 'create' : 'change',
  }))
}

/**
 * Puts every file back as it was, unless one was touched since. Returns their paths, and the last generated versions as they were.
 * @throws CHANGE_UNKNOWN, FILES_CHANGED_SINCE, PATH_REFUSED
 */
export function revertChanges(dataDir: string, id: string): { root: string; paths: string[]; bases: Recorded['bases'] } {
  const { root, files, folders, bases } = load(dataDir, id)
  const found = files.map((file) => ({ ...file, now: bytesInside(root, file.path) }))
  const touched = found.filter(({ now, before, sha256: hash }) => {
    if ((now === undefined ? null : sha256(now)) !== hash) return true
    return typeof before === 'object' && before !== null && sha256(now?.subarray(0, before.bytes) ?? '') !== before.sha256
  })
  if (touched.length > 0) throw filesChangedSince(touched.map(({ path }) => path))
  for (const { path, before, mode, now } of found) {
    if (before === null) rmSync(join(root, path), { force: true })
    else if (typeof before === 'string') writeAtomically(join(root, path), Buffer.from(before, 'base64'), mode)
    else if (now !== undefined) writeAtomically(join(root, path), now.subarray(0, before.bytes), mode)
  }
  for (const folder of folders) removeIfEmpty(join(root, folder))
  rmSync(recordPath(dataDir, id))
  removeIfEmpty(join(dataDir, 'changes'))
  return { root, paths: files.map(({ path }) => path), bases }
}

/** Writes a file so that whoever reads it sees the old or the new one whole; secret files are never readable for others in between. */
export function writeAtomically(path: string, content: string | Buffer, mode: number): void {
  mkdirSync(dirname(path), { recursive: true })
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`
  try {
    const file = openSync(temporary, 'wx', 0o600)
    try {
      writeFileSync(file, content)
      fchmodSync(file, mode)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    renameSync(temporary, path)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
}

export const sha256 = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex')

const same = (a: string | Buffer | undefined, b: string | Buffer | undefined): boolean =>
  a === undefined || b === undefined ? a === b : Buffer.from(a).equals(Buffer.from(b))

function keptOf({ path, before, after, secret = false }: FileChange): Recorded['files'][number]['before'] {
  if (before === undefined) return null
  const bytes = Buffer.from(before)
  if (!secret) return bytes.toString('base64')
  if (after === undefined || !Buffer.from(after).subarray(0, bytes.length).equals(bytes))
    throw new TypeError(`A change to ${path} may only add to it`)
  return { bytes: bytes.length, sha256: sha256(bytes) }
}

function modeOf(path: string): number {
  return (lstatSync(path, { throwIfNoEntry: false })?.mode ?? 0o644) & 0o777
}

function missingFolders(root: string, changes: readonly FileChange[]): string[] {
  const missing = new Set<string>()
  for (const { path, after } of changes) {
    if (after === undefined) continue
    for (let at = dirname(pathInside(root, path)); at !== '.'; at = dirname(at))
      if (lstatSync(join(root, at), { throwIfNoEntry: false }) === undefined) missing.add(at)
  }
  return [...missing].sort((a, b) => b.length - a.length)
}

const recordPath = (dataDir: string, id: string): string => join(dataDir, 'changes', `${id}.json`)

function keep(dataDir: string, record: Recorded): string {
  const folder = join(dataDir, 'changes')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const kept = readdirSync(folder).sort()
  // Ids sort by their time, so the oldest go first.
  for (const name of kept.slice(0, Math.max(0, kept.length + 1 - MAX_KEPT))) rmSync(join(folder, name), { force: true })
  const last = Number.parseInt(kept.at(-1)?.slice(0, 8) ?? '0', 16)
  const id = `${(Number.isNaN(last) ? 1 : last + 1).toString(16).padStart(8, '0')}-${randomBytes(4).toString('hex')}`
  writeFileSync(recordPath(dataDir, id), JSON.stringify(record), { mode: 0o600, flag: 'wx' })
  chmodSync(folder, 0o700)
  return id
}

function load(dataDir: string, id: string): Recorded {
  if (!/^[0-9a-f]{8}-[0-9a-f]{8}$/.test(id)) throw changeUnknown(id)
  try {
    return recordSchema.parse(JSON.parse(readFileSync(recordPath(dataDir, id), 'utf8')))
  } catch {
    throw changeUnknown(id)
  }
}

/** A folder that others use too stays. */
export function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder)
  } catch {
    // Not empty, or gone already.
  }
}
