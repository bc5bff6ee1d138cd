import { closeSync, existsSync, fstatSync, mkdirSync, openSync, readFileSync, readSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '@switchyard/plugin-kit'
import { redact } from '@switchyard/plugin-kit/redact'
import { runProgram } from '../services/program.ts'

export interface ScriptEnd {
  /** Undefined where it was killed or nothing says how it ended. */
  readonly exit: number | undefined
  /** All that it printed that can matter, without secrets; `endOf` is what is kept of it. */
  readonly output: string
  /** It was ended for printing more than this. */
  readonly floodedBytes?: number
}

export interface Script {
  readonly text: string
  readonly shell: 'sh' | 'bash'
  readonly cwd: string
  /** Values that it is given as environment variables. */
  readonly values: Readonly<Record<string, string>>
}

const MAX_KEPT_LENGTH = 4_096
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024
const READ_BYTES = 1024 * 1024
const LOOK_MS = 250

/**
 * Writes what becomes of the script to files of its own, so that how it ended is known even if nobody was left to wait for it:
 * a script outlives the process that started it and does not notice.
 */
const WRAPPER = `exec >"$1/output" 2>&1; echo $$ >"$1/pid"; "$2" -e -c "$3"; code=$?; echo $code >"$1/exit.new"; mv "$1/exit.new" "$1/exit"; exit $code`

/** Runs a script in a process group of its own, which ends with the signal, or when it floods the disk with what it prints. */
export async function runScript({ text, shell, cwd, values }: Script, folder: string, signal: AbortSignal): Promise<ScriptEnd> {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const assigned = Object.entries(values).map(([name, value]) => `${name}=${value}`)
  const flood = new AbortController()
  const looking = setInterval(() => bytesIn(folder) > MAX_OUTPUT_BYTES && flood.abort(), LOOK_MS)
  try {
    const argv = ['env', ...assigned, 'sh', '-c', WRAPPER, 'runbook', folder, shell, text]
    const { exit, missing } = await runProgram(argv, { cwd, signal: AbortSignal.any([signal, flood.signal]) })
    return {
      exit: missing === undefined ? exit : undefined,
      output: missing ?? outputIn(folder),
      ...(flood.signal.aborted && { floodedBytes: MAX_OUTPUT_BYTES }),
    }
  } finally {
    clearInterval(looking)
  }
}

/** A check is a script without a memory: it only looks. */
export async function runCheck(text: string, cwd: string, values: Script['values'], signal: AbortSignal): Promise<ScriptEnd> {
  const assigned = Object.entries(values).map(([name, value]) => `${name}=${value}`)
  const { exit, missing, stdout, stderr } = await runProgram(['env', ...assigned, 'sh', '-c', text], { cwd, signal })
  return { exit: missing === undefined ? exit : undefined, output: redact(missing ?? `${stdout}${stderr}`).trim() }
}

/** What is kept of an output: its end. */
export const endOf = (output: string): string => output.slice(-MAX_KEPT_LENGTH)

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

const bytesIn = (folder: string): number => statSync(join(folder, 'output'), { throwIfNoEntry: false })?.size ?? 0

/** The output, of a large one its beginning and its end. Blanked out as a whole, so that no secret is cut in two. */
function outputIn(folder: string): string {
  let file: number
  try {
    file = openSync(join(folder, 'output'), 'r')
  } catch {
    return ''
  }
  try {
    const { size } = fstatSync(file)
    const read = (from: number, bytes: number): string => {
      const buffer = Buffer.alloc(bytes)
      readSync(file, buffer, 0, bytes, from)
      return buffer.toString('utf8')
    }
    const text = size <= 2 * READ_BYTES ? read(0, size) : `${read(0, READ_BYTES)}\n…\n${read(size - READ_BYTES, READ_BYTES)}`
    return redact(text).trim()
  } finally {
    closeSync(file)
  }
}
