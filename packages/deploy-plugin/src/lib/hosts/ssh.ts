import { createHash, randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname } from 'node:path'
import type { Duplex } from 'node:stream'
import { isSwitchyardError } from '@switchyard/plugin-kit'
import type { Client, ClientChannel, FileEntryWithStats, SFTPWrapper, Stats } from 'ssh2'
import type { TargetConfig } from '../config/config.ts'
import {
  hostKeyMismatch,
  hostKeyUnreadable,
  hostLoginRefused,
  hostRefused,
  hostTimeout,
  hostUnreachable,
  programMissing,
} from './errors.ts'
import type { Host, ProgramResult, RunOptions } from './host.ts'
import { createQuiet, createTail } from './tail.ts'

type SshTarget = Extract<TargetConfig, { kind: 'ssh' }>

const READY_MS = 15_000
/** A link that breaks without a word is noticed after three of these. */
const KEEPALIVE_MS = 5_000

/** Status codes of SFTP. */
const NO_SUCH_FILE = 2

/**
 * A machine over SSH, once it has shown the pinned host key.
 * @throws HOST_KEY_MISMATCH, HOST_LOGIN_INVALID, HOST_UNREACHABLE
 */
export async function sshHost(name: string, target: SshTarget, { signal }: { signal?: AbortSignal } = {}): Promise<Host> {
  const label = `${target.user}@${target.host}:${target.port}`
  const { default: ssh2 } = await import('ssh2')
  const client = await connect(new ssh2.Client(), ssh2.utils.parseKey, target, label, signal)
  let broken: Error | undefined
  client.on('error', (error) => {
    broken = error
  })
  client.on('close', () => {
    broken ??= new Error('the connection ended')
  })
  // Each call that waits hears of it.
  client.setMaxListeners(0)
  let sftp: SFTPWrapper
  try {
    sftp = await promised<SFTPWrapper>(label, (done) => client.sftp(done))
  } catch (error) {
    client.end()
    throw error
  }
  // Calls into a channel that ended would wait for ever.
  sftp.on('close', () => client.end())

  /** One SFTP call; undefined where the file is missing. */
  async function call<value>(
    does: string,
    path: string,
    work: (done: (error: Error | null | undefined, value?: value) => void) => void,
  ): Promise<value | undefined> {
    const { promise, resolve, reject } = Promise.withResolvers<value | undefined>()
    if (broken !== undefined) throw hostUnreachable(label, broken)
    const lost = (): void => reject(hostUnreachable(label, broken ?? new Error('the connection ended')))
    const done = (error: Error | null | undefined, value?: value): void => {
      client.off('close', lost)
      const { code } = (error ?? {}) as { code?: number }
      if (error === undefined || error === null) resolve(value)
      else if (code === NO_SUCH_FILE) resolve(undefined)
      // What the host itself refuses has a code.
      else reject(code === undefined ? hostUnreachable(label, broken ?? error) : hostRefused(label, does, path, error))
    }
    client.once('close', lost)
    try {
      work(done)
    } catch (error) {
      client.off('close', lost)
      throw hostRefused(label, does, path, error)
    }
    return promise
  }

  async function need<value>(does: string, path: string, work: Parameters<typeof call<value>>[2]): Promise<void> {
    let missing = true
    await call<value>(does, path, (done) =>
      work((error, value) => {
        missing = (error as { code?: number } | undefined)?.code === NO_SUCH_FILE
        done(error, value)
      }),
    )
    if (missing) throw hostRefused(label, does, path, new Error('No such file'))
  }

  const replace = (from: string, to: string): Promise<void> => need('rename', from, (done) => sftp.ext_openssh_rename(from, to, done))
  const draftOf = (path: string): string => `${path}.${randomBytes(4).toString('hex')}.draft`
  const facts = async (path: string): Promise<Stats | undefined> => call<Stats>('look at', path, (done) => sftp.lstat(path, done))

  async function run(argv: readonly [string, ...string[]], options: RunOptions = {}): Promise<ProgramResult> {
    const { cwd, stdin, stdout: into, signal: stop, timeoutMs = 60_000, maxBytes = 256 * 1024 } = options
    stop?.throwIfAborted()
    const line = `${cwd === undefined ? '' : `cd ${quoted(cwd)} && `}exec env LANG=C.UTF-8 ${argv.map(quoted).join(' ')}`
    const channel = await promised<ClientChannel>(
      label,
      (done) => client.exec(line, done),
      () => broken,
    )
    const { promise, resolve, reject } = Promise.withResolvers<ProgramResult>()
    const stdout = createTail(maxBytes)
    const stderr = createTail(maxBytes)
    let end: { exit?: number; signal?: string } | undefined
    const stopAs = (error: Error): void => {
      reject(error)
      channel.signal('KILL')
      channel.close()
    }
    const timer = setTimeout(() => stopAs(hostTimeout(label, argv[0], timeoutMs)), timeoutMs)
    const onAbort = (): void => stopAs(stop?.reason as Error)
    stop?.addEventListener('abort', onAbort, { once: true })
    const quiet = createQuiet(() => channel.close())
    const lost = (): void => stopAs(hostRefused(label, 'read from', argv[0], new Error('what takes its output broke off')))
    if (into === undefined) channel.on('data', stdout.add).on('data', quiet.heard)
    else {
      into.once('close', lost)
      channel.pipe(into, { end: false })
    }
    channel.stderr.on('data', stderr.add).on('data', quiet.heard)
    channel.on('exit', (code: number | null, name?: string) => {
      end = { ...(code !== null && { exit: code }), ...(name !== undefined && { signal: name }) }
      if (into === undefined) quiet.wait()
    })
    channel.on('error', () => {})
    channel.on('close', () => {
      clearTimeout(timer)
      quiet.stop()
      into?.off('close', lost)
      stop?.removeEventListener('abort', onAbort)
      if (end === undefined) return reject(hostUnreachable(label, broken ?? new Error('the connection ended before the program did')))
      const told = stderr.text()
      // A shell that did not find its own program ends so too.
      if (end.exit === 127 && told.startsWith('env: ')) return reject(programMissing(label, argv[0]))
      resolve({ exit: end.exit, signal: end.signal, stdout: stdout.text(), stderr: told })
    })
    if (stdin === undefined || typeof stdin === 'string' || stdin instanceof Uint8Array) channel.end(stdin)
    else {
      stdin.on('error', () => stopAs(hostRefused(label, 'feed', argv[0], new Error('what it reads broke off'))))
      stdin.pipe(channel)
    }
    return promise
  }

  /** Runs what makes a draft the file itself, and leaves none behind. */
  async function inPlaceOf<value>(draft: string, work: () => Promise<value>): Promise<value> {
    try {
      return await work()
    } catch (error) {
      if (broken === undefined) await call('remove', draft, (done) => sftp.unlink(draft, done)).catch(() => {})
      throw error
    }
  }

  return {
    name,
    kind: 'ssh',
    label,
    run,
    readFile: (path) => call<Buffer>('read', path, (done) => sftp.readFile(path, done)),
    async writeFile(path, bytes, { mode = 0o644, exclusive = false } = {}) {
      const draft = draftOf(path)
      return inPlaceOf(draft, async () => {
        await need('write', path, (done) => sftp.writeFile(draft, Buffer.from(bytes as Uint8Array), { mode, flag: 'wx' }, done))
        // The umask of the account may have taken bits off.
        await need('write', path, (done) => sftp.chmod(draft, mode, done))
        const handle = await call<Buffer>('write', path, (done) => sftp.open(draft, 'r+', done))
        if (handle !== undefined) {
          await call('write', path, (done) => sftp.ext_openssh_fsync(handle, done))
          await call('write', path, (done) => sftp.close(handle, done))
        }
        if (!exclusive) {
          await replace(draft, path)
          return true
        }
        try {
          await need('write', path, (done) => sftp.ext_openssh_hardlink(draft, path, done))
        } catch (error) {
          if ((await facts(path)) === undefined) throw error
          await call('remove', draft, (done) => sftp.unlink(draft, done))
          return false
        }
        await call('remove', draft, (done) => sftp.unlink(draft, done))
        return true
      })
    },
    async removeFile(path) {
      await call('remove', path, (done) => sftp.unlink(path, done))
    },
    async removeFolder(path) {
      const { exit, stderr } = await run(['rm', '-rf', '--', path], { timeoutMs: 600_000 })
      if (exit !== 0) throw hostRefused(label, 'remove', path, new Error(stderr.trim()))
    },
    async makeFolder(path, mode = 0o755) {
      const missing: string[] = []
      for (let at = path; at !== '/' && (await facts(at)) === undefined; at = dirname(at)) missing.unshift(at)
      for (const at of missing) {
        try {
          await need('make', at, (done) => sftp.mkdir(at, { mode }, done))
        } catch (error) {
          // Somebody else made it meanwhile.
          if ((await facts(at)) === undefined) throw error
        }
      }
    },
    async list(path) {
      const entries = await call<FileEntryWithStats[]>('list', path, (done) => sftp.readdir(path, done))
      return (entries ?? []).map(({ filename }) => filename).sort()
    },
    async facts(path) {
      const found = await facts(path)
      if (found === undefined) return undefined
      const kind = found.isFile() ? 'file' : found.isDirectory() ? 'folder' : found.isSymbolicLink() ? 'link' : 'other'
      return { kind, size: found.size, mode: found.mode & 0o7777 }
    },
    async link(to, path) {
      const draft = draftOf(path)
      await inPlaceOf(draft, async () => {
        await need('link', path, (done) => sftp.symlink(to, draft, done))
        await replace(draft, path)
      })
    },
    async readLink(path) {
      try {
        return await call<string>('read', path, (done) => sftp.readlink(path, done))
      } catch (error) {
        // What is there and no link.
        if (isSwitchyardError(error, 'HOST_REFUSED')) return undefined
        throw error
      }
    },
    rename: replace,
    connectSocket: (path) =>
      promised<Duplex>(
        `${path} of ${label}`,
        (done) => client.openssh_forwardOutStreamLocal(path, done),
        () => broken,
      ),
    connectPort: (port, address = '127.0.0.1') =>
      promised<Duplex>(
        `port ${port} of ${label}`,
        (done) => client.forwardOut('127.0.0.1', 0, address, port, done),
        () => broken,
      ),
    async [Symbol.asyncDispose]() {
      if (broken !== undefined) return
      const { promise, resolve } = Promise.withResolvers<void>()
      client.once('close', resolve)
      client.end()
      await promise
    },
  }
}

async function connect(
  client: Client,
  parseKey: (data: Buffer) => unknown,
  target: SshTarget,
  label: string,
  signal: AbortSignal | undefined,
): Promise<Client> {
  const privateKey = await readKey(target.key, label)
  const parsed = parseKey(privateKey)
  if (parsed instanceof Error) throw hostKeyUnreadable(label, target.key, parsed.message)
  signal?.throwIfAborted()
  const { promise, resolve, reject } = Promise.withResolvers<Client>()
  let mismatch: Error | undefined
  const abort = (): void => {
    client.destroy()
    reject(signal?.reason as Error)
  }
  signal?.addEventListener('abort', abort, { once: true })
  client.once('ready', () => {
    // Small requests that wait for one another's receipt take 40 ms each.
    client.setNoDelay(true)
    client.removeAllListeners('error')
    resolve(client)
  })
  client.on('error', (error: Error & { level?: string }) => {
    const refused = error.level === 'client-authentication'
    reject(mismatch ?? (refused ? hostLoginRefused(label, target.key) : hostUnreachable(label, error)))
  })
  client.connect({
    host: target.host,
    port: target.port,
    username: target.user,
    privateKey,
    readyTimeout: READY_MS,
    keepaliveInterval: KEEPALIVE_MS,
    hostVerifier: (key: Buffer) => {
      const found = `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`
      if (found === target.hostKey.replace(/=+$/, '')) return true
      // The key begins with its kind, a machine has one of each.
      mismatch = hostKeyMismatch(label, target.hostKey, found, key.toString('latin1', 4, 4 + key.readUInt32BE(0)))
      return false
    },
  })
  try {
    return await promise
  } finally {
    signal?.removeEventListener('abort', abort)
  }
}

async function readKey(file: string, label: string): Promise<Buffer> {
  try {
    return await readFile(file.startsWith('~/') ? `${homedir()}${file.slice(1)}` : file)
  } catch (error) {
    throw hostKeyUnreadable(label, file, (error as NodeJS.ErrnoException).code ?? 'it cannot be read')
  }
}

/** A word for a POSIX shell that means the text itself, whatever is in it. */
export const quoted = (text: string): string => (/^[\w@%+:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`)

/** One call that answers once; refused where the connection is broken already. */
function promised<value>(
  label: string,
  work: (done: (error: Error | undefined | null, value: value) => void) => unknown,
  broken?: () => Error | undefined,
): Promise<value> {
  const { promise, resolve, reject } = Promise.withResolvers<value>()
  const before = broken?.()
  if (before !== undefined) return Promise.reject(hostUnreachable(label, before))
  const done = (error: Error | undefined | null, value: value): void => (error ? reject(hostUnreachable(label, error)) : resolve(value))
  try {
    work(done)
  } catch (error) {
    reject(hostUnreachable(label, error))
  }
  return promise
}
