import { resolve } from 'node:path'
import type { CheckOf } from '../../definition.ts'
import { findProcesses, type ProcessInfo, readPidFile, readProcess } from '../../proc.ts'
import { healthy, judge, type ProbeSurroundings, unhealthy, unknown, type Verdict, worst } from '../verdict.ts'

export async function probeProcess(check: CheckOf<'process'>, { workspace }: ProbeSurroundings): Promise<Verdict> {
  if (process.platform !== 'linux') return unknown('not-here', `processes are looked up in /proc, which ${process.platform} has not`)
  const found = await look(check, workspace)
  if (typeof found === 'string') return unhealthy('gone', found)
  const count = found.length
  if (count < check.least)
    return unhealthy('gone', `${count} of ${check.least} processes run: ${nameOf(check)}`, { value: count, limit: check.least })
  const running = healthy(`${count === 1 ? `process ${found[0]?.pid} runs` : `${count} processes run`}`, { value: count })
  if (check.maxMemoryMb === undefined) return running
  const memoryMb = found.reduce((sum, { memoryKb }) => sum + memoryKb, 0) / 1024
  return worst([judge('limit', `the memory of ${nameOf(check)}`, memoryMb, { limit: check.maxMemoryMb, unit: 'MB' })])
}

/** What is found, or in words why nothing is. */
async function look({ pidFile, commandLine }: CheckOf<'process'>, workspace: string): Promise<readonly ProcessInfo[] | string> {
  if (pidFile === undefined) return findProcesses(commandLine ?? '')
  const pid = await readPidFile(resolve(workspace, pidFile))
  if (pid === undefined) return `${pidFile} holds no process id`
  const info = await readProcess(pid)
  if (info === undefined) return `process ${pid} of ${pidFile} is gone`
  // Ids are used again: a pid file left behind may name a stranger.
  if (commandLine !== undefined && !info.commandLine.includes(commandLine)) return `process ${pid} of ${pidFile} is another program now`
  return [info]
}

const nameOf = ({ pidFile, commandLine }: CheckOf<'process'>): string => pidFile ?? `"${commandLine}"`
