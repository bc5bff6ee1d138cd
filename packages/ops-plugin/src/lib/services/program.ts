import { type ChildProcess, spawn } from 'node:child_process'

/** How a program ended; `missing` where it could not be started at all. */
export interface ProgramEnd {
  readonly exit: number | undefined
  readonly killedBy: NodeJS.Signals | undefined
  readonly missing: string | undefined
  /** The last 64 KB of each. */
  readonly stdout: string
  readonly stderr: string
}

const MAX_OUTPUT_BYTES = 64 * 1024
const OUTPUT_LINGERS_MS = 200

/** What a program is let see of our environment: enough to be found and to speak, and none of our secrets. */
export function programEnvironment(): NodeJS.ProcessEnv {
  const { PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', HOME, XDG_RUNTIME_DIR, TZ } = process.env
  return { PATH, LANG: 'C.UTF-8', ...(HOME && { HOME }), ...(XDG_RUNTIME_DIR && { XDG_RUNTIME_DIR }), ...(TZ && { TZ }) }
}

/** Runs a program without a shell, in a process group of its own; when the signal aborts, the whole group is killed. */
export function runProgram(
  argv: readonly string[],
  { cwd, signal, onStdout }: { cwd?: string | undefined; signal: AbortSignal; onStdout?: (chunk: Buffer) => void },
): Promise<ProgramEnd> {
  const { promise, resolve } = Promise.withResolvers<ProgramEnd>()
  const stdout = keepTail()
  const stderr = keepTail()
  let missing: string | undefined
  const child = start(argv, cwd)
  const kill = (): void => killGroup(child)
  if (signal.aborted) kill()
  signal.addEventListener('abort', kill, { once: true })
  child.stdout?.on('data', onStdout ?? stdout.add)
  child.stderr?.on('data', stderr.add)
  child.on('error', (error: NodeJS.ErrnoException) => {
    missing = error.code ?? error.message
    finish(undefined, undefined)
  })
  // What the program left running may hold its output open: its own end is what counts, and what it wrote before is read.
  child.on('exit', (exit, killedBy) => {
    const end = (): void => finish(exit ?? undefined, killedBy ?? undefined)
    child.once('close', end)
    setTimeout(end, OUTPUT_LINGERS_MS).unref()
  })
  return promise

  function finish(exit: number | undefined, killedBy: NodeJS.Signals | undefined): void {
    signal.removeEventListener('abort', kill)
    child.stdout?.destroy()
    child.stderr?.destroy()
    resolve({ exit, killedBy, missing, stdout: stdout.text(), stderr: stderr.text() })
  }
}

function start([program = '', ...args]: readonly string[], cwd: string | undefined): ChildProcess {
  return spawn(program, args, { cwd, detached: true, stdio: ['ignore', 'pipe', 'pipe'], env: programEnvironment() })
}

/** Ends a process and all it started, at once. */
function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It had ended by itself.
  }
}

function keepTail(): { add(chunk: Buffer): void; text(): string } {
  let kept = Buffer.alloc(0)
  return {
    add(chunk) {
      kept = Buffer.concat([kept, chunk])
      if (kept.length > 2 * MAX_OUTPUT_BYTES) kept = Buffer.from(kept.subarray(-MAX_OUTPUT_BYTES))
    },
    text: () => kept.subarray(-MAX_OUTPUT_BYTES).toString('utf8'),
  }
}
