/**
 * Loaded into a process before its program (`--import`): numbers everything it does to the world, and ends it by SIGKILL right after
 * the effect of the number KILL_AT, or of the name KILL_ON, before the program hears of it. The effects are logged to KILL_LOG, one a line.
 */
import childProcess, { type ChildProcess } from 'node:child_process'
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

const at = Number(process.env.KILL_AT ?? 0)
const log = process.env.KILL_LOG ?? '/dev/null'
const { appendFileSync, renameSync, rmSync } = fs
const { spawn } = childProcess
let count = 0

function happened(what: string): void {
  count++
  appendFileSync(log, `${what}\n`)
  if (count === at || what === `run ${process.env.KILL_ON}`) process.kill(process.pid, 'SIGKILL')
}

/** What only looks is no effect. */
const CHANGING: ReadonlySet<string> = new Set([
  'add',
  'commit-tree',
  'push',
  'read-tree',
  'tag',
  'update-index',
  'update-ref',
  'npm publish',
])

fs.renameSync = (from, to) => {
  renameSync(from, to)
  happened(`write ${String(to).split('/').slice(-2).join('/')}`)
}
fs.rmSync = (path, options) => {
  const isThere = fs.existsSync(path)
  rmSync(path, options)
  if (isThere) happened(`remove ${String(path).split('/').at(-1)}`)
}
childProcess.spawn = ((program: string, args: readonly string[], options: object): ChildProcess => {
  const child = spawn(program, args, options)
  const verb = program === 'git' ? args.find((word, index) => word !== '-c' && args[index - 1] !== '-c') : `${program} ${args[0]}`
  if (verb !== undefined && CHANGING.has(verb)) child.prependListener('exit', () => happened(`run ${verb}`))
  return child
}) as typeof spawn
syncBuiltinESMExports()
