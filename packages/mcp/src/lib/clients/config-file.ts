import {
  chmodSync,
  constants,
  copyFileSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join, relative, sep } from 'node:path'
import { configChanged, configOutside, configUnparsable, configUnreadable, configUnwritable } from './errors.ts'

/** A configuration's text as it was read. */
export interface ConfigText {
  /** The file itself, where the path is a link to it. */
  readonly file: string
  /** Without a byte order mark; undefined where there is no file yet. */
  readonly text: string | undefined
}

const BOM = '\uFEFF'

/**
 * Reads a configuration that may not be there yet. A link is followed, so that a person's own collection of settings stays
 * linked; but not out of `within`, as a project's files may come from anybody.
 * @throws CLIENT_CONFIG_UNREADABLE, CLIENT_CONFIG_OUTSIDE, CLIENT_CONFIG_INVALID
 */
export function readConfig(path: string, within: string | undefined): ConfigText {
  const file = resolved(path)
  if (within !== undefined && isOutside(file, realpathSync(within))) throw configOutside(path, file)
  const stats = statSync(file, { throwIfNoEntry: false })
  if (stats === undefined) return { file, text: undefined }
  if (!stats.isFile()) throw configUnreadable(path, stats.isDirectory() ? 'it is a folder' : 'it is no plain file')
  return { file, text: decoded(path, bytesOf(path, file)) }
}

/**
 * Writes a configuration whole or not at all, and keeps a copy of what was there. Returns the copy's path.
 * @throws CLIENT_CONFIG_CHANGED, NOT_WRITABLE
 */
export function writeConfig(
  path: string,
  { file, text: old }: ConfigText,
  text: string,
  options: { now: Date; mode: number },
): string | undefined {
  const draft = join(dirname(file), `.${basename(file)}.${process.pid}.tmp`)
  let isDrafted = false
  try {
    mkdirSync(dirname(file), { recursive: true })
    const before = old === undefined ? undefined : readFileSync(file, 'utf8')
    if (old === undefined ? statSync(file, { throwIfNoEntry: false }) !== undefined : before?.replace(BOM, '') !== old)
      throw configChanged(path)
    const mode = old === undefined ? options.mode : statSync(file).mode & 0o777
    writeFileSync(draft, '', { flag: 'wx', mode })
    isDrafted = true
    writeFileSync(draft, before?.startsWith(BOM) ? BOM + text : text)
    chmodSync(draft, mode) // whatever the umask says
    const copy = old === undefined ? undefined : `${file}.backup-${stamp(options.now)}`
    if (copy !== undefined) copyFileSync(file, copy, constants.COPYFILE_EXCL)
    renameSync(draft, file)
    return copy
  } catch (error) {
    if (isDrafted) rmSync(draft, { force: true })
    if (error instanceof Error && 'syscall' in error) throw configUnwritable(path, codeOf(error), error)
    throw error
  }
}

/** The file that a path leads to: as far as there is something, by its real name, and the rest as it is written. */
function resolved(path: string): string {
  const stats = attempt(path, () => lstatSync(path, { throwIfNoEntry: false }))
  if (stats !== undefined) return attempt(path, () => realpathSync(path))
  const folder = dirname(path)
  return folder === path ? path : join(resolved(folder), basename(path))
}

function isOutside(file: string, folder: string): boolean {
  const way = relative(folder, file)
  return way === '..' || way.startsWith(`..${sep}`) || way === file
}

const bytesOf = (path: string, file: string): Buffer => attempt(path, () => readFileSync(file))

function attempt<value>(path: string, work: () => value): value {
  try {
    return work()
  } catch (error) {
    throw configUnreadable(path, codeOf(error), error)
  }
}

function decoded(path: string, bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw configUnparsable(path, 'it is no UTF-8 text')
  }
}

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : String(error))

/** 20261121T094502123Z */
const stamp = (now: Date): string => now.toISOString().replace(/[-:.]/g, '')
