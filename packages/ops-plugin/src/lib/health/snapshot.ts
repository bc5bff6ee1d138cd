import { isUtf8 } from 'node:buffer'
import { closeSync, constants, fstatSync, lstatSync, openSync, readlinkSync, readSync, type Stats, statSync } from 'node:fs'
import { basename, join, posix, resolve } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { projectNotFound, scanCancelled } from '../errors.ts'
import { gitTopLevel, listFiles } from './list-files.ts'

/** Every text file up to this size is looked into; larger ones only by a check that names them. */
const MAX_INSPECTED_BYTES = 1024 * 1024
const MAX_NAMED_BYTES = 32 * 1024 * 1024
const SNIFFED_BYTES = 8_000

interface SnapshotFile {
  readonly path: string
  readonly bytes: number
  readonly executable: boolean
}

interface SnapshotLink {
  readonly path: string
  readonly target: string
  /** Judged by names alone; nothing behind a link is ever opened through it. */
  readonly leads: 'inside' | 'outside' | 'nowhere' | 'loop'
}

/** A text file's content, handed to checks that look at every file. */
export interface TextFile {
  readonly path: string
  readonly text: string
  readonly executable: boolean
  /** False where bytes that are no UTF-8 were replaced. */
  readonly isUtf8: boolean
}

/** A read-only view of a project's files at one moment; paths are relative, with slashes, in order of code units. */
export interface Snapshot {
  readonly root: string
  readonly name: string
  readonly source: 'git' | 'folder'
  /** Whether the project is a whole repository: no enclosing work tree begins further up. */
  readonly whole: boolean
  /** Paths that git would take in and does not track yet. */
  readonly untracked: readonly string[]
  readonly files: ReadonlyMap<string, SnapshotFile>
  readonly links: ReadonlyMap<string, SnapshotLink>
  /** What could not be looked at, and why. */
  readonly problems: readonly { readonly path: string; readonly problem: string }[]
  /** True for a file, or for a link that leads to one inside the project. */
  has(path: string): boolean
  hasFolder(path: string): boolean
  /** Whether the project's .gitignore rules leave this path out, be it there or not. */
  ignores(path: string): boolean
  /** A file's text; undefined where it is absent, binary, unreadable or beyond 32 MB. Invalid UTF-8 is replaced, not refused. */
  text(path: string): string | undefined
  /** Hands over each text file of up to 1 MB once, in order. @throws CANCELLED */
  inspect(visit: (file: TextFile) => void, signal?: AbortSignal): Promise<readonly Uninspected[]>
}

/** A file that `inspect` did not hand over, or not whole and true. */
interface Uninspected {
  readonly path: string
  readonly why: 'too large' | 'binary' | 'unreadable' | 'not UTF-8'
}

/** @throws PROJECT_NOT_FOUND, CANCELLED */
export async function takeSnapshot(project: string, signal?: AbortSignal): Promise<Snapshot> {
  const root = resolve(project)
  const stats = statSync(root, { throwIfNoEntry: false })
  if (stats === undefined) throw projectNotFound(project, 'there is none')
  if (!stats.isDirectory()) throw projectNotFound(project, 'it is no folder')
  const listing = await listFiles(root, (path) => lstatOf(path), signal)
  if (signal?.aborted) throw scanCancelled()

  const files = new Map<string, SnapshotFile>()
  const targets = new Map<string, string>()
  const folders = new Set<string>([''])
  const behindLink = new Map<string, boolean>()
  const problems = [...listing.problems]
  for (const path of listing.paths) {
    const problem = (text: string): void => void problems.push({ path, problem: text })
    if (path.includes('\uFFFD')) {
      problem('has a name that is not UTF-8')
      continue
    }
    if (isBehindLink(posix.dirname(path))) continue
    const entry = lstatOf(join(root, path.replace(/\/$/, '')), () => problem('cannot be looked at'))
    if (entry === undefined) continue
    if (entry.isSymbolicLink()) targets.set(path, readlinkSync(join(root, path)))
    else if (entry.isDirectory()) problem('is a repository of its own and was not entered')
    else if (!entry.isFile()) problem('is no regular file and was not opened')
    else files.set(path, { path, bytes: entry.size, executable: (entry.mode & 0o111) !== 0 })
  }
  for (const path of [...files.keys(), ...targets.keys()]) {
    for (let folder = posix.dirname(path); folder !== '.' && !folders.has(folder); folder = posix.dirname(folder)) folders.add(folder)
  }

  // git lists what it tracks even where a folder has since become a link to somewhere else.
  function isBehindLink(folder: string): boolean {
    if (folder === '.') return false
    let known = behindLink.get(folder)
    if (known === undefined) {
      known = isBehindLink(posix.dirname(folder)) || lstatOf(join(root, folder))?.isSymbolicLink() === true
      behindLink.set(folder, known)
    }
    return known
  }

  const links = new Map<string, SnapshotLink>()
  for (const [path, target] of targets) links.set(path, { path, target, leads: judgeLink(path) })

  function judgeLink(path: string): SnapshotLink['leads'] {
    const seen = new Set<string>()
    for (let at = path; ; ) {
      if (seen.has(at)) return 'loop'
      seen.add(at)
      const target = targets.get(at)
      if (target === undefined) return files.has(at) || folders.has(at) ? 'inside' : 'nowhere'
      if (posix.isAbsolute(target)) return 'outside'
      const next = posix.normalize(posix.join(posix.dirname(at), target)).replace(/\/$/, '')
      if (next === '..' || next.startsWith('../')) return 'outside'
      at = next === '.' ? '' : next
    }
  }

  /** The path with every link in it replaced by what it names, as long as that stays inside. */
  function resolveLinks(path: string): string {
    if (links.size === 0 || files.has(path)) return path
    for (let end = path.indexOf('/'); ; end = path.indexOf('/', end + 1)) {
      const head = end === -1 ? path : path.slice(0, end)
      const link = links.get(head)
      if (link?.leads === 'inside') {
        const target = posix.normalize(posix.join(posix.dirname(head), link.target)).replace(/\/$/, '')
        return resolveLinks(posix.normalize(target + path.slice(head.length)))
      }
      if (end === -1) return path
    }
  }

  const texts = new Map<string, string | undefined>()
  const clean = (path: string): string => posix.normalize(path).replace(/^\.\/|\/$/g, '')

  return {
    root,
    name: basename(root),
    source: listing.source,
    whole: (gitTopLevel(root) ?? root) === root,
    untracked: listing.untracked,
    files,
    links,
    problems,
    has: (path) => files.has(resolveLinks(clean(path))),
    hasFolder: (path) => clean(path) === '.' || folders.has(resolveLinks(clean(path))),
    ignores: (path) => listing.ignored.ignores(clean(path)),
    text(path) {
      const at = resolveLinks(clean(path))
      if (!texts.has(at)) texts.set(at, files.has(at) ? decode(readFile(join(root, at), MAX_NAMED_BYTES)).text : undefined)
      return texts.get(at)
    },
    async inspect(visit, inspectSignal) {
      const left: Uninspected[] = []
      let sinceTurn = 0
      for (const { path, bytes, executable } of files.values()) {
        // Reading is synchronous, as that is several times faster for small files; others get their turn between.
        sinceTurn += bytes > MAX_INSPECTED_BYTES ? 0 : bytes + 4_096
        if (sinceTurn > 4 * MAX_INSPECTED_BYTES) {
          sinceTurn = 0
          await nextTurn()
        }
        if (inspectSignal?.aborted) throw scanCancelled()
        if (bytes > MAX_INSPECTED_BYTES) {
          left.push({ path, why: 'too large' })
          continue
        }
        const content = readFile(join(root, path), MAX_INSPECTED_BYTES)
        const { text, why } = decode(content)
        if (why !== undefined) left.push({ path, why })
        if (text !== undefined) visit({ path, text, executable, isUtf8: why === undefined })
      }
      return left
    },
  }
}

/** Undefined where nothing is there any more, or, having told so, where it cannot be seen. */
function lstatOf(path: string, onUnseen: () => void = () => {}): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false })
  } catch {
    onUnseen()
    return undefined
  }
}

/** Opens without following a link and without waiting for a pipe's other end, as the tree may have changed since it was listed. */
function readFile(path: string, maxBytes: number): Buffer | undefined {
  let handle: number | undefined
  try {
    handle = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    const { size } = fstatSync(handle)
    if (size > maxBytes) return undefined
    const content = Buffer.allocUnsafe(size)
    let filled = 0
    for (let got = -1; got !== 0 && filled < size; filled += got) got = readSync(handle, content, filled, size - filled, filled)
    return content.subarray(0, filled)
  } catch {
    return undefined
  } finally {
    if (handle !== undefined) closeSync(handle)
  }
}

function decode(content: Buffer | undefined): { text?: string; why?: Uninspected['why'] } {
  if (content === undefined) return { why: 'unreadable' }
  if (content.subarray(0, SNIFFED_BYTES).includes(0)) return { why: 'binary' }
  const text = content.toString('utf8').replace(/^\uFEFF/, '')
  return isUtf8(content) ? { text } : { text, why: 'not UTF-8' }
}
