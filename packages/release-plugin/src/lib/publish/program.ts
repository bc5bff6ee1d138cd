import { spawn } from 'node:child_process'
import { SwitchyardError } from '@switchyard/plugin-kit'
import { hideSecrets } from '../git/hide-secrets.ts'
import { programMissing } from './errors.ts'

/** How much of what a program says is kept: its last words. */
const MAX_TOLD = 4_000

export interface ProgramAnswer {
  readonly code: number | NodeJS.Signals
  readonly stdout: string
  /** The last words of both outputs, without secrets. */
  readonly told: string
}

/**
 * Runs a program without a shell or a terminal; it ends, and all that it started, once the signal is aborted.
 * @throws PROGRAM_MISSING, CANCELLED
 */
export async function runProgram(
  argv: readonly string[],
  {
    cwd,
    env,
    signal,
    secrets = [],
  }: { cwd: string; env: Readonly<Record<string, string | undefined>>; signal: AbortSignal; secrets?: readonly string[] },
): Promise<ProgramAnswer> {
  const [program = '', ...args] = argv
  signal.throwIfAborted()
  const { promise, resolve, reject } = Promise.withResolvers<ProgramAnswer>()
  const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true, windowsHide: true })
  const out: Buffer[] = []
  let told = ''
  const tell = (chunk: Buffer): void => {
    told = (told + chunk.toString('utf8')).slice(-MAX_TOLD)
  }
  const end = (): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGTERM')
    } catch {
      // It has ended by itself.
    }
  }
  signal.addEventListener('abort', end, { once: true })
  child.stdout.on('data', (chunk: Buffer) => {
    out.push(chunk)
    tell(chunk)
  })
  child.stderr.on('data', tell)
  child.on('error', (error: NodeJS.ErrnoException) => reject(error.code === 'ENOENT' ? programMissing(program) : error))
  child.on('close', (code, killedBy) => {
    if (signal.aborted)
      reject(new SwitchyardError('CANCELLED', `Cannot finish ${JSON.stringify(program)} as the caller gave up: the signal was aborted`))
    else
      resolve({ code: code ?? killedBy ?? 'SIGKILL', stdout: Buffer.concat(out).toString('utf8'), told: hideSecrets(told.trim(), secrets) })
  })
  try {
    return await promise
  } finally {
    signal.removeEventListener('abort', end)
  }
}
