import { closeSync, constants, fstatSync, openSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { isAbsolute, join, relative, sep } from 'node:path'

/** A larger file is no description of anything. */
const MAX_BYTES = 1_048_576
const MAX_FILES = 5_000
const MAX_DEPTH = 6
/** So often is anything looked at in one folder of others: a hostile one names the same things again and again. */
const MAX_LOOKS = 200_000
/** Folders that hold no plugin's own things. */
const PASSED_OVER: ReadonlySet<string> = new Set(['node_modules', '.git'])

/** A file's text, or why it cannot be used. */
type FileText = { readonly text: string } | { readonly refused: string }

/** A folder of others: what is read of it lies inside it, also after every link was followed. */
export interface Folder {
  /** The text of a file without byte order mark and with plain line ends; undefined where there is none. */
  read(path: string): FileText | undefined
  /** Whether something inside is there by a path. */
  has(path: string): boolean
  /** Whether a path is a folder inside. */
  isFolder(path: string): boolean
  /** Why a path may not be followed; undefined where it may, or where nothing is there. */
  refusal(path: string): string | undefined
  /** Names in a folder, in order; empty where there is none. */
  names(path: string): readonly string[]
  /** Files below a path whose names end so, in order, at most 5,000. */
  files(path: string, ending: string): readonly string[]
}

export function openFolder(dir: string, maxLooks = MAX_LOOKS): Folder {
  const root = realpathSync(dir)
  let looks = 0

  /** The real path inside; undefined where nothing is there. */
  function locate(path: string): { readonly real: string } | { readonly refused: string } | undefined {
    if (++looks > maxLooks) return { refused: 'too much of the folder was looked at already' }
    if (path.includes('\0')) return { refused: 'its path has a zero byte' }
    if (isAbsolute(path) || path.split(/[\\/]/).includes('..')) return { refused: 'its path leads out of the folder' }
    let real: string
    try {
      real = realpathSync(join(root, path))
    } catch (error) {
      return codeOf(error) === 'ELOOP' ? { refused: 'it is a link that leads to itself' } : undefined
    }
    return isInside(root, real) ? { real } : { refused: 'it is a link that leads out of the folder' }
  }

  const folder: Folder = {
    read(path) {
      const found = locate(path)
      if (found === undefined || 'refused' in found) return found
      try {
        // A pipe would wait for a writer, so it is opened without waiting and looked at before it is read.
        const file = openSync(found.real, constants.O_RDONLY | constants.O_NONBLOCK)
        try {
          const stats = fstatSync(file)
          if (!stats.isFile()) return { refused: 'it is no plain file' }
          if (stats.size > MAX_BYTES) return { refused: `it is larger than ${MAX_BYTES / 1_048_576} MiB` }
          const bytes = readFileSync(file)
          if (bytes.includes(0)) return { refused: 'it is no text' }
          return { text: new TextDecoder().decode(bytes).replace(/\r\n?/g, '\n') }
        } finally {
          closeSync(file)
        }
      } catch (error) {
        return { refused: `it cannot be read (${codeOf(error)})` }
      }
    },
    has(path) {
      const found = locate(path)
      return found !== undefined && 'real' in found
    },
    isFolder(path) {
      const found = locate(path)
      return found !== undefined && 'real' in found && statSync(found.real, { throwIfNoEntry: false })?.isDirectory() === true
    },
    refusal(path) {
      const found = locate(path)
      return found !== undefined && 'refused' in found ? found.refused : undefined
    },
    names(path) {
      const found = locate(path)
      if (found === undefined || 'refused' in found) return []
      try {
        return readdirSync(found.real).sort()
      } catch {
        return []
      }
    },
    files(path, ending) {
      const found: string[] = []
      // Links may lead round in circles, and many to one place.
      const been = new Set<string>()
      const collect = (at: string, depth: number): void => {
        const here = locate(at)
        if (here === undefined || 'refused' in here || been.has(here.real)) return
        been.add(here.real)
        for (const name of folder.names(at)) {
          if (found.length >= MAX_FILES) return
          const inner = join(at, name)
          if (name.toLowerCase().endsWith(ending)) found.push(inner)
          else if (depth < MAX_DEPTH && !PASSED_OVER.has(name) && folder.isFolder(inner)) collect(inner, depth + 1)
        }
      }
      collect(path, 0)
      return found
    },
  }
  return folder
}

function isInside(root: string, real: string): boolean {
  const path = relative(root, real)
  return path === '' || (path !== '..' && !path.startsWith(`..${sep}`) && !isAbsolute(path))
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error)
}
