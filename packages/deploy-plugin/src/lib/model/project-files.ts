import { lstatSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { join, posix, relative, sep } from 'node:path'
import { createSource, type Source } from './source.ts'

/** Larger files are nobody's configuration. */
const MAX_FILE_BYTES = 1024 * 1024
/** All files together. */
const MAX_TOTAL_BYTES = 16 * MAX_FILE_BYTES
const MAX_ENTRIES = 20_000
const MAX_DEPTH = 3

/** Folders whose files are of others, or stand for real ones in tests. */
const NEVER_WALKED =
  /^(\.git|\.hg|\.svn|\.switchyard|\.venv|node_modules|__pycache__|vendor|dist|build|target|coverage|releases|tests?|__tests__|fixtures?|testdata|examples?)$/

/** Why a file of the project has no text for us. */
export type Unread = 'missing' | 'outside' | 'too large' | 'not text' | 'no file' | 'not allowed'

/** The files of one project, read at most once each, never from outside of its folder, links or not. */
export interface ProjectFiles {
  /** Absolute, links resolved. */
  readonly root: string
  /** Paths of all files up to three folders deep, in order; a link that leads out of the project is among them. */
  readonly paths: readonly string[]
  /** Whether there were more files than are looked at. */
  readonly isCut: boolean
  /** The file at a path relative to the project. */
  read(path: string): Source | Unread
  /** What lies at a path; links are followed as long as they stay inside. */
  kindOf(path: string): 'file' | 'folder' | 'other' | 'missing' | 'outside'
}

/** `overlay` stands in for files as they would be after a change. */
export function openProjectFiles(folder: string, overlay: ReadonlyMap<string, string> = new Map()): ProjectFiles {
  const root = realpathSync(folder)
  const { paths, isCut } = walk(root)
  for (const path of overlay.keys()) if (!paths.includes(path)) paths.push(path)
  paths.sort(byCodeUnit)
  const known = new Map<string, Source | Unread>()
  let leftBytes = MAX_TOTAL_BYTES

  function realPathOf(path: string): string | Unread {
    const clean = posix.normalize(path)
    if (path.includes('\0') || clean.startsWith('../') || clean === '..' || posix.isAbsolute(clean)) return 'outside'
    try {
      const real = realpathSync(join(root, clean))
      return real === root || real.startsWith(root + sep) ? real : 'outside'
    } catch (error) {
      return leadsOut(root, clean) ? 'outside' : codeOf(error) === 'EACCES' ? 'not allowed' : 'missing'
    }
  }

  return {
    root,
    paths,
    isCut,
    read(path) {
      const clean = posix.normalize(path)
      const before = known.get(clean)
      if (before !== undefined) return before
      const over = overlay.get(clean)
      const real = over === undefined ? realPathOf(clean) : clean
      const read = over !== undefined ? createSource(clean, over) : UNREAD.has(real) ? (real as Unread) : readSource(clean, real, leftBytes)
      if (!isUnread(read)) leftBytes -= read.text.length
      known.set(clean, read)
      return read
    },
    kindOf(path) {
      if (overlay.has(posix.normalize(path))) return 'file'
      const real = realPathOf(path)
      if (real === 'outside' || real === 'missing') return real
      if (UNREAD.has(real)) return 'other'
      const stats = statSync(real, { throwIfNoEntry: false })
      return stats === undefined ? 'missing' : stats.isFile() ? 'file' : stats.isDirectory() ? 'folder' : 'other'
    },
  }
}

const UNREAD: ReadonlySet<string> = new Set(['missing', 'outside', 'too large', 'not text', 'no file', 'not allowed'])
export const isUnread = (read: Source | Unread): read is Unread => typeof read === 'string'

/** A link to nowhere still says where it leads. */
function leadsOut(root: string, path: string): boolean {
  const stats = lstatSync(join(root, path), { throwIfNoEntry: false })
  return stats?.isSymbolicLink() === true
}

function readSource(path: string, real: string, leftBytes: number): Source | Unread {
  try {
    const stats = statSync(real)
    if (!stats.isFile()) return 'no file'
    if (stats.size > Math.min(MAX_FILE_BYTES, leftBytes)) return 'too large'
    const text = readFileSync(real, 'utf8')
    return text.includes('\0') || text.includes('\uFFFD') ? 'not text' : createSource(path, text)
  } catch (error) {
    return codeOf(error) === 'ENOENT' ? 'missing' : 'not allowed'
  }
}

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code

function walk(root: string): { paths: string[]; isCut: boolean } {
  const paths: string[] = []
  let entries = 0
  const waiting = [{ folder: root, depth: 0 }]
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    for (const entry of entriesOf(next.folder)) {
      if (++entries > MAX_ENTRIES) return { paths, isCut: true }
      const path = join(next.folder, entry.name)
      if (entry.isDirectory()) {
        if (next.depth < MAX_DEPTH && !NEVER_WALKED.test(entry.name)) waiting.push({ folder: path, depth: next.depth + 1 })
      } else paths.push(relative(root, path).split(sep).join('/'))
    }
  }
  return { paths, isCut: false }
}

function entriesOf(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true }).sort((a, b) => byCodeUnit(a.name, b.name))
  } catch {
    return []
  }
}

export function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
