import { spawn } from 'node:child_process'
import { existsSync, realpathSync } from 'node:fs'
import { resolve } from 'node:path'
import { gitCancelled, gitFailed, gitMissing, notARepository, outputTooLarge, repositoryBusy, repositoryNotTrusted } from './errors.ts'
import { hideSecrets } from './hide-secrets.ts'

/** Above this a person no longer waits for it, and memory is at stake. */
const MAX_OUTPUT_BYTES = 512 * 1024 * 1024

/** How long a git that was told to end may take to remove its lock files. */
const GRACE_MS = 5_000

/** Of the caller's own environment these would send git to another repository than the one that is named. */
const LOCAL_VARIABLES: ReadonlySet<string> = new Set([
  'GIT_ALTERNATE_OBJECT_DIRECTORIES',
  'GIT_CEILING_DIRECTORIES',
  'GIT_COMMON_DIR',
  'GIT_CONFIG',
  'GIT_CONFIG_COUNT',
  'GIT_CONFIG_PARAMETERS',
  'GIT_DIR',
  'GIT_EXTERNAL_DIFF',
  'GIT_GRAFT_FILE',
  'GIT_IMPLICIT_WORK_TREE',
  'GIT_INDEX_FILE',
  'GIT_INTERNAL_SUPER_PREFIX',
  'GIT_NAMESPACE',
  'GIT_NO_REPLACE_OBJECTS',
  'GIT_OBJECT_DIRECTORY',
  'GIT_PREFIX',
  'GIT_REPLACE_REF_BASE',
  'GIT_SHALLOW_FILE',
  'GIT_WORK_TREE',
])

/** What a person's own settings may not change about what git says to us. */
const SETTINGS = [
  'core.quotePath=false',
  'core.fsmonitor=false',
  'color.ui=false',
  'log.showSignature=false',
  'i18n.logOutputEncoding=UTF-8',
  'gc.auto=0',
  'maintenance.auto=false',
].flatMap((setting) => ['-c', setting])

export interface GitOptions {
  /** Bytes for its standard input. */
  input?: string | Uint8Array
  /** Exit codes that are an answer rather than a failure. @default [0] */
  ok?: readonly number[]
  /** Whether the repository's hooks run. @default false */
  hooks?: boolean
  /** Variables beside the caller's own. */
  env?: Readonly<Record<string, string>>
  signal?: AbortSignal
}

export interface GitAnswer {
  readonly code: number
  readonly stdout: Buffer
  /** Without secrets; one text. */
  readonly stderr: string
}

/** git's own program, in one work tree. Arguments never pass a shell; pathspecs are taken literally. */
export interface Git {
  /** The top of the work tree, absolute, links resolved. */
  readonly root: string
  /** Of this work tree: HEAD and the index are in it. */
  readonly gitDir: string
  /** Shared by all work trees of the repository. */
  readonly commonDir: string
  /** @throws GIT_FAILED for any exit code that is not `ok`, REPOSITORY_BUSY where another git holds a lock, CANCELLED. */
  run(args: readonly string[], options?: GitOptions): Promise<GitAnswer>
  /** What it prints, as text, without the last line's end. */
  text(args: readonly string[], options?: GitOptions): Promise<string>
  /** What it prints between NULs: for everything that takes `-z`. */
  list(args: readonly string[], options?: GitOptions): Promise<string[]>
}

export interface OpenGitOptions {
  /** Ends every call that is under way. */
  signal?: AbortSignal
  /** What git is given as its environment. @default this process's own */
  env?: Readonly<Record<string, string | undefined>>
}

/**
 * The repository whose work tree holds `folder`.
 * @throws GIT_MISSING, NOT_A_REPOSITORY (also for a bare one), REPOSITORY_NOT_TRUSTED
 */
export async function openGit(folder: string, { signal, env = process.env }: OpenGitOptions = {}): Promise<Git> {
  const cwd = resolve(folder)
  if (!existsSync(cwd)) throw notARepository(folder)
  const where = ['rev-parse', '--show-toplevel', '--absolute-git-dir', '--git-common-dir']
  const found = await runGit(cwd, where, { ok: [0, 128], ...(signal && { signal }) }, env)
  if (found.stderr.includes('dubious ownership')) throw repositoryNotTrusted(folder)
  // A folder whose name holds a line's end would be read as two: no repository is found there rather than a wrong one.
  const [root, gitDir, commonDir, ...rest] = decodeBytes(found.stdout).replace(/\n$/, '').split('\n')
  if (found.code !== 0 || root === undefined || gitDir === undefined || commonDir === undefined || rest.length > 0)
    throw notARepository(folder)
  return at(realpathSync(root), gitDir, resolve(cwd, commonDir), signal, env)
}

function at(root: string, gitDir: string, commonDir: string, signal: AbortSignal | undefined, env: NodeJS.ProcessEnv): Git {
  const run = (args: readonly string[], options: GitOptions = {}): Promise<GitAnswer> => {
    const signals = [signal, options.signal].filter((one) => one !== undefined)
    return runGit(root, args, { ...options, ...(signals.length > 0 && { signal: AbortSignal.any(signals) }) }, env)
  }
  return {
    root,
    gitDir,
    commonDir,
    run,
    async text(args, options) {
      return decodeBytes((await run(args, options)).stdout).replace(/\n$/, '')
    },
    async list(args, options) {
      return splitNul((await run(args, options)).stdout).map(decodeBytes)
    },
  }
}

/** Runs git in a folder that need not be a repository, such as for `init` and `clone`. */
export async function runGit(
  cwd: string,
  args: readonly string[],
  { input, ok = [0], hooks = false, env: more, signal }: GitOptions = {},
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<GitAnswer> {
  const verb = args[0] ?? ''
  if (signal?.aborted) throw gitCancelled(verb)
  const { promise, resolve: settle, reject } = Promise.withResolvers<GitAnswer>()
  // In a group of its own, without a terminal: nothing that git starts can ask there, and all of it ends together.
  const child = spawn('git', [...SETTINGS, ...(hooks ? [] : ['-c', 'core.hooksPath=/dev/null']), ...args], {
    cwd,
    env: { ...ownEnvironment(env), ...more },
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
    windowsHide: true,
  })
  const [out, err]: [Buffer[], Buffer[]] = [[], []]
  let size = 0
  let tooLarge = false
  let killing: NodeJS.Timeout | undefined

  const end = (): void => {
    if (killing !== undefined || child.pid === undefined) return
    killGroup(child.pid, 'SIGTERM')
    const { pid } = child
    killing = setTimeout(() => killGroup(pid, 'SIGKILL'), GRACE_MS)
  }
  signal?.addEventListener('abort', end, { once: true })
  child.stdout.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (size <= MAX_OUTPUT_BYTES) return void out.push(chunk)
    tooLarge = true
    end()
  })
  child.stderr.on('data', (chunk: Buffer) => {
    if (err.length < 1_000) err.push(chunk)
  })
  // A git that ends before it has read its input is judged by its exit code alone.
  child.stdin.on('error', () => undefined)
  child.stdin.end(input)
  child.on('error', (error: NodeJS.ErrnoException) => reject(error.code === 'ENOENT' ? gitMissing() : error))
  child.on('close', (code, killedBy) => {
    const stderr = hideSecrets(decodeBytes(Buffer.concat(err)).trim())
    if (tooLarge) return reject(outputTooLarge(verb, MAX_OUTPUT_BYTES))
    if (signal?.aborted) return reject(gitCancelled(verb))
    if (code !== null && ok.includes(code)) return settle({ code, stdout: Buffer.concat(out), stderr })
    const lock = /Unable to create '([^']+\.lock)': File exists/.exec(stderr)?.[1]
    reject(lock === undefined ? gitFailed(verb, code ?? killedBy ?? 'no code', stderr) : repositoryBusy(cwd, lock))
  })
  try {
    return await promise
  } finally {
    clearTimeout(killing)
    signal?.removeEventListener('abort', end)
  }
}

function ownEnvironment(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const own: Record<string, string> = {}
  for (const [name, value] of Object.entries(env)) {
    const isLocal = LOCAL_VARIABLES.has(name) || name.startsWith('GIT_TRACE') || /^GIT_CONFIG_(KEY|VALUE)_/.test(name)
    if (value !== undefined && !isLocal) own[name] = value
  }
  return {
    ...own,
    LC_ALL: 'C',
    GIT_TERMINAL_PROMPT: '0',
    // What only looks changes nothing: `git status` would write the index.
    GIT_OPTIONAL_LOCKS: '0',
    GIT_LITERAL_PATHSPECS: '1',
    GIT_EDITOR: ':',
    GIT_PAGER: 'cat',
  }
}

function killGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal)
  } catch {
    // It has ended by itself.
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Bytes as text: UTF-8, or Latin-1 where they are none, so that nothing is lost and nothing throws. */
export function decodeBytes(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes)
  } catch {
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
  }
}

/** The parts between NULs; one that ends the last part makes no further one. */
export function splitNul(bytes: Buffer): Buffer[] {
  const parts: Buffer[] = []
  let from = 0
  for (let to = bytes.indexOf(0, from); to !== -1; to = bytes.indexOf(0, from)) {
    parts.push(bytes.subarray(from, to))
    from = to + 1
  }
  if (from < bytes.length) parts.push(bytes.subarray(from))
  return parts
}
