import { withDeadline } from '../../deadline.ts'
import type { CheckOf } from '../../definition.ts'
import { type ProgramEnd, runProgram } from '../../program.ts'
import { degraded, healthy, type ProbeSurroundings, unhealthy, unknown, type Verdict } from '../verdict.ts'

const ASKED = 'LoadState,ActiveState,SubState,Result,NRestarts,ExecMainStatus'

export async function probeUnit(check: CheckOf<'unit'>, around: ProbeSurroundings): Promise<Verdict> {
  const argv = ['systemctl', ...(check.user ? ['--user'] : []), 'show', `--property=${ASKED}`, '--', check.unit]
  const outcome = await withDeadline(around, check.timeoutMs, (signal) => runProgram(argv, { signal }))
  if (outcome.ended === 'too-late') return unknown('timeout', `systemctl did not answer within ${check.timeoutMs} ms`)
  return judgeUnit(check.unit, outcome.value)
}

/** What `systemctl show` says, judged; where it could not ask systemd, nothing is known. */
export function judgeUnit(unit: string, { exit, missing, stdout, stderr }: ProgramEnd): Verdict {
  if (missing !== undefined) return unknown('not-here', `there is no systemctl on this machine (${missing})`)
  if (exit !== 0) return unknown('not-here', `systemctl could not ask systemd: ${stderr.trim().split('\n')[0]?.slice(0, 200) ?? ''}`)
  const told = new Map(stdout.split('\n').map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]))
  const state = `${told.get('ActiveState')} (${told.get('SubState')})`
  const restarts = Number(told.get('NRestarts') ?? 0)
  const measured = Number.isFinite(restarts) ? { value: restarts, unit: 'restarts' } : {}
  if (told.get('LoadState') === 'not-found') return unhealthy('missing', `there is no unit ${unit}`)
  switch (told.get('ActiveState')) {
    case 'active':
      return healthy(`${unit} is ${state}`, measured)
    case 'activating':
    case 'deactivating':
    case 'reloading':
      if (told.get('SubState') === 'auto-restart')
        return unhealthy('restarting', `${unit} keeps restarting: ${told.get('Result')}`, measured)
      return degraded('restarting', `${unit} is ${state}`, measured)
    default:
      return unhealthy('stopped', `${unit} is ${state}: ${told.get('Result')}, exit status ${told.get('ExecMainStatus')}`, measured)
  }
}
