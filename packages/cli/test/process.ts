import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { chmodSync, cpSync, linkSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import type { Host, Output } from '../src/lib/host.ts'
import { run as runProgram } from '../src/lib/run.ts'

export const BIN = fileURLToPath(new URL('../bin/switchyard.js', import.meta.url))
const PACKAGE = fileURLToPath(new URL('..', import.meta.url))
const NOTES = fileURLToPath(new URL('./fixtures/notes-plugin.ts', import.meta.url))

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly node?: readonly string[]
  /** Runs it as somebody else, who may be barred from this checkout; needs what `installForAll` made. */
  readonly user?: { readonly uid: number; readonly gid: number; readonly node: string; readonly bin: string }
  /** A file's handle. @default a pipe */
  readonly stdout?: number
  /** @default 'ignore' */
  readonly stdin?: 'pipe' | 'ignore'
}

/** A folder that is nobody's workspace yet; `using` takes it away again. */
export function makeWorkspace(config?: string | { plugins: 'notes' }): Disposable & { dir: string } {
  const dir = mkdtempSync(join(tmpdir(), 'switchyard-cli-'))
  if (config !== undefined) {
    writeFileSync(join(dir, 'switchyard.config.json'), typeof config === 'string' ? config : JSON.stringify({ plugins: [NOTES] }))
  }
  return { dir, [Symbol.dispose]: () => rmSync(dir, { recursive: true, force: true }) }
}

/** Lays the published command, its bundle and its launcher, into a folder. Returns the launcher's path. */
export function installBundle(dir: string): string {
  for (const path of ['bin', 'package.json']) cpSync(join(PACKAGE, path), join(dir, path), { recursive: true })
  execFileSync('rolldown', ['-c', 'rolldown.config.js', '-d', join(dir, 'dist/bundle'), '--logLevel', 'silent'], { cwd: PACKAGE })
  return join(dir, 'bin/switchyard.js')
}

/** The published command and the Node that runs it, where every user can reach them. */
export function installForAll(dir: string): { node: string; bin: string } {
  chmodSync(dir, 0o755)
  const node = join(dir, 'node')
  try {
    linkSync(process.execPath, node)
  } catch {
    cpSync(process.execPath, node) // another disk
  }
  return { node, bin: installBundle(dir) }
}

/** Starts the real program in a folder, without a terminal and with nothing of the tester's own settings. */
export function start(
  dir: string,
  args: readonly string[],
  { env = {}, node = [], user, stdout, stdin = 'ignore' }: RunOptions = {},
): ChildProcess {
  return spawn(user?.node ?? process.execPath, [...node, user?.bin ?? BIN, ...args], {
    cwd: dir,
    env: { PATH: process.env.PATH, HOME: dir, ...env },
    ...(user !== undefined && { uid: user.uid, gid: user.gid }),
    stdio: [stdin, stdout ?? 'pipe', 'pipe'],
  })
}

/** Runs the real program to its end. */
export async function run(dir: string, args: readonly string[], options?: RunOptions): Promise<Ended> {
  return ended(start(dir, args, options))
}

/** The same in this process, for what a command answers, where it is not the point that it is a process of its own. */
export async function runHere(dir: string, args: readonly string[], { env = {} }: Pick<RunOptions, 'env'> = {}): Promise<Ended> {
  const text = { stdout: '', stderr: '' }
  const outputTo = (name: keyof typeof text): Output => ({
    write(part) {
      text[name] += part
    },
    columns: 80,
    color: false,
  })
  const host: Host = {
    argv: args,
    env: { PATH: process.env.PATH, HOME: dir, ...env },
    cwd: dir,
    platform: process.platform,
    homeDir: dir,
    node: process.execPath,
    userId: process.getuid?.(),
    out: outputTo('stdout'),
    err: outputTo('stderr'),
    stdio: { stdin: Readable.from([]), stdout: process.stdout, stderr: process.stderr },
    terminal: undefined,
    onInterrupt: () => () => {},
    exit(code) {
      throw new Error(`The program wants to end at once with ${code}`)
    },
  }
  const code = await runProgram(host)
  return { code, ...text }
}

/** A workspace with all that another one has learned, as learning takes seconds. */
export function copyOf({ dir: source }: { readonly dir: string }): ReturnType<typeof makeWorkspace> {
  const copy = makeWorkspace()
  cpSync(source, copy.dir, { recursive: true, filter: (path) => !path.endsWith('.sock') })
  return copy
}

export function ended(child: ChildProcess): Promise<Ended> {
  const text = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (chunk: string) => {
      text[name] += chunk
    })
  }
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, ...text }))
  })
}

/** Resolves once a running program has written this. */
export function written(child: ChildProcess, name: 'stdout' | 'stderr', part: string): Promise<void> {
  let text = ''
  return new Promise((resolve) => {
    child[name]?.on('data', (chunk: string | Buffer) => {
      text += String(chunk)
      if (text.includes(part)) resolve()
    })
  })
}
