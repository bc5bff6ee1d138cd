import { lstatSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Git } from '../git/git.ts'

/** Files beyond this are no manifests. */
const MAX_FILE_BYTES = 64 * 1024 * 1024

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The files that git tracks, as they are in the work tree now; each is read once. */
export interface Tree {
  /** Root of the repository, absolute. */
  readonly root: string
  /** Tracked paths in a folder, relative to it; "." is all. */
  below(path: string): readonly string[]
  has(path: string): boolean
  /** Undefined where there is no such file, or what is there is a link, too large, or no UTF-8. A mark of byte order stays. */
  text(path: string): string | undefined
  bytes(path: string): Buffer | undefined
}

export async function readTree(git: Git): Promise<Tree> {
  const files = await git.list(['ls-files', '-z', '--cached'])
  const tracked = new Set(files)
  const [read, texts] = [new Map<string, Buffer | undefined>(), new Map<string, string | undefined>()]

  function bytes(path: string): Buffer | undefined {
    if (!read.has(path)) read.set(path, tracked.has(path) ? plainFile(join(git.root, path)) : undefined)
    return read.get(path)
  }
  return {
    root: git.root,
    below: (path) => (path === '.' ? files : files.flatMap((file) => (file.startsWith(`${path}/`) ? [file.slice(path.length + 1)] : []))),
    has: (path) => tracked.has(path),
    bytes,
    text(path) {
      if (!texts.has(path)) texts.set(path, decoded(bytes(path)))
      return texts.get(path)
    },
  }
}

function plainFile(path: string): Buffer | undefined {
  // A link could lead out of the repository, and would be replaced by a file when it is written.
  const stat = lstatSync(path, { throwIfNoEntry: false })
  return stat?.isFile() && stat.size <= MAX_FILE_BYTES ? readFileSync(path) : undefined
}

function decoded(bytes: Buffer | undefined): string | undefined {
  if (bytes === undefined) return undefined
  try {
    return utf8.decode(bytes)
  } catch {
    return undefined
  }
}
