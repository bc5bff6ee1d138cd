import { createHash, randomBytes } from 'node:crypto'
import { chmodSync, linkSync, lstatSync, mkdirSync, readFileSync, realpathSync, type Stats, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { untrusted } from './errors.ts'

/** Where the hub of one workspace is found; every process derives the same from the same folder. */
export interface HubPlace {
  readonly socketPath: string
  readonly lockPath: string
  readonly token: Buffer
}

/** The shortest limit of the systems we run on (macOS); Linux allows 107. */
const MAX_SOCKET_PATH_BYTES = 103
const TOKEN_BYTES = 32

/**
 * Makes the folder if need be, closes it to others and reads or makes the token.
 * @throws HUB_UNTRUSTED when the folder, the token or the socket is not this user's alone
 */
export function openHubPlace(folder: string, platform = process.platform): HubPlace {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const real = realpathSync(folder)
  closeToOthers(real)
  const socketPath = hubSocketPath(real, platform)
  return { socketPath, lockPath: join(real, 'hub.lock'), token: readToken(join(real, 'hub.token')) }
}

/** The socket in the folder, or a short path derived from it when that is too long for a socket's address; a named pipe on Windows. */
export function hubSocketPath(realFolder: string, platform = process.platform): string {
  const digest = createHash('sha256').update(realFolder).digest('hex').slice(0, 32)
  if (platform === 'win32') return `\\\\.\\pipe\\switchyard-${digest}`
  const inFolder = join(realFolder, 'hub.sock')
  if (Buffer.byteLength(inFolder) <= MAX_SOCKET_PATH_BYTES) return inFolder
  // Not os.tmpdir(): TMPDIR may differ between processes that must find one another.
  const short = `/tmp/switchyard-${process.getuid?.() ?? 0}`
  mkdirSync(short, { recursive: true, mode: 0o700 })
  closeToOthers(short)
  return join(short, `${digest}.sock`)
}

/** Whether a socket of this user lies there. @throws HUB_UNTRUSTED when something else does */
export function checkSocket(path: string, platform = process.platform): boolean {
  if (platform === 'win32') return true
  const found = statIfThere(path)
  if (found === undefined) return false
  if (!found.isSocket()) throw untrusted(path, 'it is no socket')
  if (found.uid !== process.getuid?.()) throw untrusted(path, `it belongs to user ${found.uid}`)
  return true
}

function closeToOthers(folder: string): void {
  const found = lstatSync(folder)
  if (!found.isDirectory()) throw untrusted(folder, 'it is no folder')
  if (process.getuid === undefined) return
  if (found.uid !== process.getuid()) throw untrusted(folder, `it belongs to user ${found.uid}`)
  if ((found.mode & 0o077) !== 0) chmodSync(folder, 0o700)
}

function readToken(path: string): Buffer {
  if (statIfThere(path) === undefined) makeToken(path)
  const found = lstatSync(path)
  if (!found.isFile() || (process.getuid !== undefined && found.uid !== process.getuid()))
    throw untrusted(path, 'it is no file of this user')
  if (process.getuid !== undefined && (found.mode & 0o077) !== 0) throw untrusted(path, 'other users may read it')
  const token = readFileSync(path)
  if (token.length !== TOKEN_BYTES) throw untrusted(path, `it must have ${TOKEN_BYTES} bytes and has ${token.length}`)
  return token
}

/** Linked into place whole, so that no process ever reads half a token; the first of several wins. */
function makeToken(path: string): void {
  const draft = `${path}.${randomBytes(6).toString('hex')}`
  writeFileSync(draft, randomBytes(TOKEN_BYTES), { mode: 0o600, flag: 'wx' })
  try {
    linkSync(draft, path)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  } finally {
    unlinkSync(draft)
  }
}

function statIfThere(path: string): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false })
}
