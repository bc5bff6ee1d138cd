import { closeSync, fstatSync, mkdirSync, openSync, readdirSync, renameSync, rmSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'

const CURRENT = 'switchyard.jsonl'
const GENERATION = /^switchyard-\d{17}-\d+-\d+\.jsonl$/

export interface LogFileOptions {
  readonly folder: string
  /** A file that would become larger is put aside first. */
  readonly maxBytes: number
  /** How many files that were put aside stay. */
  readonly generations: number
  readonly pid: number
  /** Wall time. */
  readonly now: () => number
}

/** The log's files in a folder that several processes write to at once. */
export interface LogFile {
  /** Takes whole lines and writes them as one piece. Throws what the disk does. */
  append(lines: string): void
  close(): void
}

/**
 * Needs no lock: whole lines are appended in one write, which systems keep apart, and whoever finds the file too large renames it.
 * Each process looks before each write whether its file is still the one of that name; what it has written to one that was
 * renamed meanwhile is in a generation. Two who rename at once make one generation too many, and lose nothing.
 */
export function createLogFile({ folder, maxBytes, generations, pid, now }: LogFileOptions): LogFile {
  const path = join(folder, CURRENT)
  let open: { readonly fd: number; readonly inode: number } | undefined
  let putAside = 0

  function close(): void {
    if (open !== undefined) closeSync(open.fd)
    open = undefined
  }

  /** The size of the file that is open afterwards. */
  function openCurrent(): number {
    const found = statSync(path, { throwIfNoEntry: false })
    if (open !== undefined && found?.ino === open.inode) return found.size
    close()
    if (found === undefined) mkdirSync(folder, { recursive: true, mode: 0o700 })
    const fd = openSync(path, 'a', 0o600)
    const { ino, size } = fstatSync(fd)
    open = { fd, inode: ino }
    return size
  }

  function rotate(): void {
    const stamp = new Date(now()).toISOString().replaceAll(/\D/g, '')
    putAside++
    try {
      renameSync(path, join(folder, `switchyard-${stamp}-${pid}-${putAside}.jsonl`))
    } catch {
      return // Another process was first.
    }
    for (const old of generationsIn(folder).slice(0, -generations)) rmSync(join(folder, old), { force: true })
  }

  return {
    append(lines) {
      const bytes = Buffer.from(lines)
      const size = openCurrent()
      if (size > 0 && size + bytes.length > maxBytes) {
        rotate()
        openCurrent()
      }
      let written = 0
      while (written < bytes.length) written += writeSync(open!.fd, bytes, written)
    },
    close,
  }
}

/** The paths of a log's files, oldest first. */
export function logFiles(folder: string): readonly string[] {
  try {
    return [...generationsIn(folder), CURRENT].map((name) => join(folder, name))
  } catch {
    return []
  }
}

function generationsIn(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => GENERATION.test(name))
    .sort()
}
