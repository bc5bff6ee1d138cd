import { resolve } from 'node:path'
import { redact } from '@switchyard/plugin-kit/redact'
import { withDeadline } from '../../deadline.ts'
import type { CheckOf } from '../../definition.ts'
import { type ProgramEnd, runProgram } from '../../program.ts'
import { degraded, healthy, type ProbeSurroundings, unhealthy, unknown, type Verdict } from '../verdict.ts'

/** Runs a program that a person has trusted; no shell has a part in it. */
export async function probeCommand(check: CheckOf<'command'>, around: ProbeSurroundings): Promise<Verdict> {
  const program = check.argv.join(' ').slice(0, 100)
  if (!around.trusted) return unknown('not-trusted', `"${program}" is not run until a person trusts this service`)
  const started = around.clock.monotonicMs()
  const cwd = resolve(around.workspace, check.cwd ?? '.')
  const outcome = await withDeadline(around, check.timeoutMs, (signal) => runProgram(check.argv, { cwd, signal }))
  if (outcome.ended === 'too-late') return unhealthy('timeout', `"${program}" ran longer than ${check.timeoutMs} ms and was ended`)
  return { ...judgeEnd(check, program, outcome.value), latencyMs: Math.round(around.clock.monotonicMs() - started) }
}

function judgeEnd(check: CheckOf<'command'>, program: string, { exit, killedBy, missing, stdout, stderr }: ProgramEnd): Verdict {
  if (missing !== undefined) return unknown('missing', `"${program}" could not be started: ${missing}`)
  if (killedBy !== undefined) return unhealthy('exit', `"${program}" was ended by ${killedBy}`)
  const says = lastLine(stderr) || lastLine(stdout)
  const told = `"${program}" ended with ${exit}${says === '' ? '' : `: ${says}`}`
  if (check.exit === 'nagios' && exit === 1) return degraded('exit', told)
  if (check.exit === 'nagios' && exit === 3) return unknown('exit', told)
  if (exit !== 0) return unhealthy('exit', told)
  if (check.output !== undefined && !stdout.includes(check.output)) {
    return unhealthy('body', `"${program}" ended with 0 without printing ${JSON.stringify(check.output)}`)
  }
  return healthy(told)
}

function lastLine(text: string): string {
  const lines = text.trimEnd().split('\n')
  return redact((lines.at(-1) ?? '').trim()).slice(0, 200)
}
