import { withDeadline } from '../../deadline.ts'
import type { CheckOf } from '../../definition.ts'
import { createEngine, engineMessage } from '../../engine.ts'
import { degraded, healthy, type ProbeSurroundings, unhealthy, unknown, type Verdict } from '../verdict.ts'

interface Inspected {
  readonly RestartCount?: number
  readonly State?: {
    readonly Status?: string
    readonly Running?: boolean
    readonly Paused?: boolean
    readonly Restarting?: boolean
    readonly OOMKilled?: boolean
    readonly ExitCode?: number
    readonly Error?: string
    readonly Health?: { readonly Status?: string; readonly FailingStreak?: number }
  }
}

/** Asks the engine over its socket; an engine that cannot be asked says nothing about the service. */
export async function probeContainer(check: CheckOf<'container'>, around: ProbeSurroundings): Promise<Verdict> {
  const { engineSocket } = around
  if (engineSocket === undefined) return unknown('not-here', 'no socket of a container engine was found: name it as "engine"')
  try {
    const path = `/containers/${encodeURIComponent(check.container)}/json`
    const outcome = await withDeadline(around, check.timeoutMs, (signal) => createEngine(engineSocket).call('GET', path, { signal }))
    if (outcome.ended === 'too-late') return unknown('timeout', `the engine at ${engineSocket} did not answer within ${check.timeoutMs} ms`)
    const answer = outcome.value
    if (answer.status === 404) return unhealthy('gone', `there is no container "${check.container}"`)
    if (answer.status !== 200) return unknown('no-access', `the engine at ${engineSocket} answered ${engineMessage(answer)}`)
    return judgeContainer(check, JSON.parse(answer.body.toString('utf8')) as Inspected)
  } catch (error) {
    around.signal.throwIfAborted()
    const { code, message } = error as NodeJS.ErrnoException
    return unknown('no-access', `the engine at ${engineSocket} cannot be asked: ${code ?? message}`)
  }
}

function judgeContainer(
  { container, maxRestarts }: CheckOf<'container'>,
  { State: state = {}, RestartCount: restarts = 0 }: Inspected,
): Verdict {
  const measured = { value: restarts, unit: 'restarts', ...(maxRestarts !== undefined && { limit: maxRestarts }) }
  if (state.Restarting === true) {
    return unhealthy('restarting', `container "${container}" keeps restarting, last with exit code ${state.ExitCode ?? '?'}`, measured)
  }
  if (state.Running !== true || state.Paused === true) {
    const why = state.OOMKilled === true ? ', killed as it used too much memory' : state.Error ? `: ${state.Error.slice(0, 200)}` : ''
    return unhealthy(
      'stopped',
      `container "${container}" is ${state.Status ?? 'not running'} (exit code ${state.ExitCode ?? '?'})${why}`,
      measured,
    )
  }
  const health = state.Health?.Status
  if (health === 'unhealthy') {
    return unhealthy(
      'status',
      `the health check of container "${container}" failed ${state.Health?.FailingStreak ?? 0} times in a row`,
      measured,
    )
  }
  if (maxRestarts !== undefined && restarts > maxRestarts) {
    return degraded('restarting', `container "${container}" was restarted ${restarts} times, more than ${maxRestarts}`, measured)
  }
  // Without systemd, Podman leaves the state at "starting" for good: it says nothing.
  return healthy(`container "${container}" runs${health === 'healthy' ? ', and its health check passes' : ''}`, measured)
}
