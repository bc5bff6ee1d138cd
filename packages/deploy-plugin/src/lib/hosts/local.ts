import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { constants, existsSync } from 'node:fs'
import { link, lstat, mkdir, open, readdir, readFile, readlink, rename, rm, symlink } from 'node:fs/promises'
import { connect } from 'node:net'
import { dirname } from 'node:path'
import type { Duplex } from 'node:stream'
import { hostRefused, hostTimeout, hostUnreachable, programMissing } from './errors.ts'
import type { Host, ProgramResult, RunOptions } from './host.ts'
import { createQuiet, createTail } from './tail.ts'

const LABEL = 'this machine'
const CONNECT_MS = 10_000

/** The machine that we run on. */
export function localHost(name: string): Host {
  return {
    name,
    kind: 'local',
    label: LABEL,
    run: runHere,
    async readFile(path) {
      return orMissing(readFile(path), 'read', path)
    },
    async writeFile(path, bytes, { mode = 0o644, exclusive = false } = {}) {
      try {
        return await writeWhole(path, bytes, mode, exclusive)
      } catch (error) {
        throw hostRefused(LABEL, 'write', path, error)
      }
    },
    removeFile: (path) => allowed(rm(path, { force: true }), 'remove', path),
    removeFolder: (path) => allowed(rm(path, { force: true, recursive: true }), 'remove', path),
    async makeFolder(path, mode = 0o755) {
      await allowed(mkdir(path, { recursive: true, mode }), 'make', path)
    },
    async list(path) {
      return ((await orMissing(readdir(path), 'list', path)) ?? []).sort()
    },
    async facts(path) {
      const found = await orMissing(lstat(path), 'look at', path)
      if (found === undefined) return undefined
      const kind = found.isFile() ? 'file' : found.isDirectory() ? 'folder' : found.isSymbolicLink() ? 'link' : 'other'
      return { kind, size: found.size, mode: found.mode & 0o7777 }
    },
    async link(to, path) {
      const draft = draftOf(path)
      await allowed(symlink(to, draft), 'link', path)
      try {
        await allowed(rename(draft, path), 'link', path)
      } catch (error) {
        await rm(draft, { force: true })
        throw error
      }
      await syncFolder(dirname(path))
    },
    async readLink(path) {
      try {
        return await readlink(path)
      } catch {
        return undefined
      }
    },
    rename: (from, to) => allowed(rename(from, to), 'rename', from),
    connectSocket: (path) => connected({ path }),
    connectPort: (port, address = '127.0.0.1') => connected({ port, host: address }),
    async [Symbol.asyncDispose]() {},
  }
}

function runHere(argv: readonly [string, ...string[]], options: RunOptions = {}): Promise<ProgramResult> {
  const { cwd, stdin, stdout: into, signal, timeoutMs = 60_000, maxBytes = 256 * 1024 } = options
  const [program, ...args] = argv
  const { promise, resolve, reject } = Promise.withResolvers<ProgramResult>()
  const stdout = createTail(maxBytes)
  const stderr = createTail(maxBytes)
  if (signal?.aborted) return Promise.reject(signal.reason as Error)
  const { PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', HOME = '/', XDG_RUNTIME_DIR } = process.env
  const env = { PATH, HOME, LANG: 'C.UTF-8', ...(XDG_RUNTIME_DIR && { XDG_RUNTIME_DIR }) }
  const child = spawn(program, args, { cwd, env, detached: true, stdio: ['pipe', 'pipe', 'pipe'] })
  let stopped: (() => Error) | undefined
  const kill = (why: () => Error): void => {
    stopped = why
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
    } catch {
      // It had ended by itself.
    }
  }
  const timer = setTimeout(() => kill(() => hostTimeout(LABEL, program, timeoutMs)), timeoutMs)
  const onAbort = (): void => kill(() => signal?.reason as Error)
  signal?.addEventListener('abort', onAbort, { once: true })
  const lost = (): void => {
    kill(() => hostRefused(LABEL, 'read from', program, new Error('what takes its output broke off')))
    child.stdout.destroy()
  }
  let end = (): void => {}
  const quiet = createQuiet(() => end())
  const settle = (): void => {
    clearTimeout(timer)
    quiet.stop()
    signal?.removeEventListener('abort', onAbort)
    into?.off('close', lost)
    child.stdout.destroy()
    child.stderr.destroy()
  }
  child.stderr.on('data', stderr.add).on('data', quiet.heard)
  if (into === undefined) child.stdout.on('data', stdout.add).on('data', quiet.heard)
  else {
    into.once('close', lost)
    child.stdout.pipe(into, { end: false })
  }
  // A program that does not read to the end says so by its exit.
  child.stdin.on('error', () => {})
  if (stdin === undefined || typeof stdin === 'string' || stdin instanceof Uint8Array) child.stdin.end(stdin)
  else {
    stdin.on('error', () => kill(() => hostRefused(LABEL, 'feed', program, new Error('what it reads broke off'))))
    stdin.pipe(child.stdin)
  }
  child.on('error', (error: NodeJS.ErrnoException) => {
    settle()
    const isFolderMissing = error.code === 'ENOENT' && cwd !== undefined && !existsSync(cwd)
    if (isFolderMissing) reject(hostRefused(LABEL, 'work in', cwd, error))
    else reject(error.code === 'ENOENT' ? programMissing(LABEL, program) : hostRefused(LABEL, 'run', program, error))
  })
  child.on('exit', (exit, endedBy) => {
    end = () => {
      settle()
      if (stopped !== undefined) reject(stopped())
      else resolve({ exit: exit ?? undefined, signal: endedBy ?? undefined, stdout: stdout.text(), stderr: stderr.text() })
    }
    if (stopped !== undefined) return end()
    child.once('close', end)
    if (into === undefined) quiet.wait()
  })
  return promise
}

const draftOf = (path: string): string => `${path}.${randomBytes(4).toString('hex')}.draft`

async function writeWhole(path: string, bytes: string | Uint8Array, mode: number, exclusive: boolean): Promise<boolean> {
  const draft = draftOf(path)
  try {
    const file = await open(draft, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, mode)
    try {
      await file.writeFile(bytes)
      await file.chmod(mode)
      await file.sync()
    } finally {
      await file.close()
    }
    if (exclusive) {
      // A hard link is made only where nothing is yet, and then has its whole content at once.
      await link(draft, path)
      await rm(draft)
    } else await rename(draft, path)
  } catch (error) {
    await rm(draft, { force: true })
    if (exclusive && (error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
  await syncFolder(dirname(path))
  return true
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

async function orMissing<value>(work: Promise<value>, does: string, path: string): Promise<value | undefined> {
  try {
    return await work
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw hostRefused(LABEL, does, path, error)
  }
}

async function allowed(work: Promise<unknown>, does: string, path: string): Promise<void> {
  try {
    await work
  } catch (error) {
    throw hostRefused(LABEL, does, path, error)
  }
}

function connected(to: { path: string } | { port: number; host: string }): Promise<Duplex> {
  const { promise, resolve, reject } = Promise.withResolvers<Duplex>()
  const socket = connect({ ...to, timeout: CONNECT_MS })
  const where = 'path' in to ? to.path : `port ${to.port}`
  socket.once('timeout', () => socket.destroy(new Error(`no answer within ${CONNECT_MS} ms`)))
  socket.once('error', (error) => reject(hostUnreachable(`${where} of ${LABEL}`, error)))
  socket.once('connect', () => {
    socket.removeAllListeners('error')
    socket.removeAllListeners('timeout')
    socket.setTimeout(0)
    resolve(socket)
  })
  return promise
}
