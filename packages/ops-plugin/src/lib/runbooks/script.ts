import { closeSync, existsSync, fstatSync, mkdirSync, openSync, readFileSync, readSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '@switchyard/plugin-kit'
import { runProgram } from '../services/program.ts'
import { redact } from '../services/redact.ts'

export interface ScriptEnd {
  /** Undefined where it was killed or nothing says how it ended. */
  readonly exit: number | undefined
  /** The end of what it printed, without secrets. */
  readonly output: string
}

export interface Script {
  readonly text: string
  readonly shell: 'sh' | 'bash'
  readonly cwd: string
  /** Values that it is given as environment variables. */
  readonly values: Readonly<Record<string, string>>
}

const MAX_OUTPUT_BYTES = 4_096

/**
 * Writes what becomes of the script to files of its own, so that how it ended is known even if nobody was left to wait for it:
 * a script outlives the process that started it and does not notice.
 */
const WRAPPER = `exec >"$1/output" 2>&1; echo $$ >"$1/pid"; "$2" -e -c "$3"; code=$?; echo $code >"$1/exit.new"; mv "$1/exit.new" "$1/exit"; exit $code`

/** Runs a script in a process group of its own, which ends with the signal. */
export async function runScript({ text, shell, cwd, values }: Script, folder: string, signal: AbortSignal): Promise<ScriptEnd> {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const assigned = Object.entries(values).map(([name, value]) => `${name}=${value}`)
  const { exit, missing } = await runProgram(['env', ...assigned, 'sh', '-c', WRAPPER, 'runbook', folder, shell, text], { cwd, signal })
  return { exit: missing === undefined ? exit : undefined, output: missing ?? outputIn(folder) }
}

/** A check is a script without a memory: it only looks. */
export async function runCheck(text: string, cwd: string, values: Script['values'], signal: AbortSignal): Promise<ScriptEnd> {
  const assigned = Object.entries(values).map(([name, value]) => `${name}=${value}`)
  const { exit, missing, stdout, stderr } = await runProgram(['env', ...assigned, 'sh', '-c', text], { cwd, signal })
  return {
    exit: missing === undefined ? exit : undefined,
    output: redact((missing ?? `${stdout}${stderr}`).slice(-MAX_OUTPUT_BYTES)).trim(),
  }
}

const POLL_MS = 200

/** How a script ended that an earlier process started; waits for one that still runs. Undefined where nothing tells. */
export async function endOfScript(folder: string, clock: Clock, signal: AbortSignal): Promise<ScriptEnd | undefined> {
  for (;;) {
    signal.throwIfAborted()
    const isRunning = runsStill(folder)
    const exit = textIn(join(folder, 'exit'))
    if (exit !== undefined) return { exit: Number(exit), output: outputIn(folder) }
    if (!isRunning) return undefined
    await new Promise<void>((resolve) => void clock.after(POLL_MS, resolve))
  }
}

function runsStill(folder: string): boolean {
  const pid = Number(textIn(join(folder, 'pid')) ?? Number.NaN)
  if (!Number.isInteger(pid)) return false
  // A number may belong to another process by now; where the system tells command lines, ours names its folder.
  if (existsSync('/proc/self/cmdline')) return textIn(`/proc/${pid}/cmdline`)?.includes(folder) === true
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

function textIn(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    return undefined
  }
}

/** The end of the output, however large it is. */
function outputIn(folder: string): string {
  let file: number
  try {
    file = openSync(join(folder, 'output'), 'r')
  } catch {
    return ''
  }
  try {
    const { size } = fstatSync(file)
    const buffer = Buffer.alloc(Math.min(size, MAX_OUTPUT_BYTES))
    readSync(file, buffer, 0, buffer.length, size - buffer.length)
    return redact(buffer.toString('utf8')).trim()
  } finally {
    closeSync(file)
  }
}
