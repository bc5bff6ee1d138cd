import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { openSync, renameSync, writeFileSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import type { Clock } from '@switchyard/plugin-kit'
import { redact } from '@switchyard/plugin-kit/redact'
import { pause, withDeadline } from '../deadline.ts'
import type { RestartTarget } from '../definition.ts'
import { createEngine, engineMessage } from '../engine.ts'
import { readPidFile, readProcess, readStart } from '../proc.ts'
import { programEnvironment, runProgram } from '../program.ts'

export interface RestartSurroundings {
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly workspace: string
  readonly engineSocket: string | undefined
}

type ProcessTarget = Extract<RestartTarget, { argv: unknown }>

const TOOL_LIMIT_MS = 120_000
const LOOK_MS = 25
/** The start of a process is known to a hundredth of a second, and the start of the system to a second. */
const CLOCK_SLACK_MS = 3_000

export function describeTarget(target: RestartTarget): string {
  if ('unit' in target) return `unit ${target.unit}`
  return 'container' in target ? `container ${target.container}` : `process of ${target.pidFile}`
}

/** Restarts it for real. Resolves to what was done, in words; throws an Error that says what failed. */
export async function restart(target: RestartTarget, around: RestartSurroundings): Promise<string> {
  if ('unit' in target) return restartUnit(target.unit, target.user, around)
  return 'container' in target ? restartContainer(target.container, around) : restartProcess(target, around)
}

async function restartUnit(unit: string, user: boolean, around: RestartSurroundings): Promise<string> {
  const argv = ['systemctl', ...(user ? ['--user'] : []), 'restart', '--', unit]
  const outcome = await withDeadline(around, TOOL_LIMIT_MS, (signal) => runProgram(argv, { signal }))
  if (outcome.ended === 'too-late') throw new Error(`systemctl did not end within ${TOOL_LIMIT_MS / 1_000} s`)
  const { exit, missing, stderr } = outcome.value
  if (missing !== undefined) throw new Error(`there is no systemctl on this machine (${missing})`)
  if (exit !== 0) throw new Error(`systemctl ended with ${exit}: ${redact(stderr.trim()).slice(0, 300)}`)
  return `restarted unit ${unit}`
}

async function restartContainer(container: string, around: RestartSurroundings): Promise<string> {
  const { engineSocket } = around
  if (engineSocket === undefined) throw new Error('no socket of a container engine was found: name it as "engine"')
  const path = `/containers/${encodeURIComponent(container)}/restart`
  const outcome = await withDeadline(around, TOOL_LIMIT_MS, (signal) => createEngine(engineSocket).call('POST', path, { signal }))
  if (outcome.ended === 'too-late') throw new Error(`the engine did not answer within ${TOOL_LIMIT_MS / 1_000} s`)
  if (outcome.value.status !== 204) throw new Error(`the engine answered ${engineMessage(outcome.value)}`)
  return `restarted container ${container}`
}

async function restartProcess(target: ProcessTarget, around: RestartSurroundings): Promise<string> {
  const { workspace } = around
  const pidFile = resolve(workspace, target.pidFile)
  const ended = await endProcess(target, pidFile, around)
  const [program = '', ...args] = target.argv
  const out = target.log === undefined ? 'ignore' : openSync(resolve(workspace, target.log), 'a', 0o600)
  const cwd = resolve(workspace, target.cwd ?? '.')
  const child = spawn(program, args, { cwd, detached: true, stdio: ['ignore', out, out], env: programEnvironment() })
  try {
    await once(child, 'spawn')
  } catch (error) {
    throw new Error(`${ended}, and could not be started: ${(error as NodeJS.ErrnoException).code ?? String(error)}`)
  }
  writeFileSync(`${pidFile}.new`, `${child.pid}\n`)
  renameSync(`${pidFile}.new`, pidFile)
  child.unref()
  return `${ended}; process ${child.pid} was started`
}

/** Asks the old process to end, and after its time ends it. One that is not ours any more is left alone. */
async function endProcess({ argv, graceMs }: ProcessTarget, pidFile: string, { clock, signal }: RestartSurroundings): Promise<string> {
  const pid = await readPidFile(pidFile)
  const info = pid === undefined ? undefined : await readProcess(pid)
  if (pid === undefined || info === undefined) return 'no process ran'
  const start = await readStart(pid)
  const isNamed = argv.some((word) => info.commandLine.includes(basename(word)))
  if (start === undefined || !isNamed || pid === process.pid || pid === process.ppid || (await isLater(start.startedMs, pidFile)))
    return `process ${pid} is another program now and was left alone`
  // One that leads a group of its own takes what it started along.
  const target = start.group === pid ? -pid : pid
  signalTo(target, 'SIGTERM')
  const endsMs = clock.monotonicMs() + graceMs
  while ((await readProcess(pid)) !== undefined) {
    if (clock.monotonicMs() >= endsMs) {
      signalTo(target, 'SIGKILL')
      return `process ${pid} was ended by force after ${graceMs} ms`
    }
    if (await pause(clock, LOOK_MS, signal)) throw new Error(`the caller gave up while process ${pid} was ending`)
  }
  return `process ${pid} was ended`
}

/** Ids are used again: who began after the pid file was written got the number from a process that is gone. */
async function isLater(startedMs: number, pidFile: string): Promise<boolean> {
  const { mtimeMs } = await stat(pidFile)
  return startedMs > mtimeMs + CLOCK_SLACK_MS
}

function signalTo(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // It had ended by itself.
  }
}
