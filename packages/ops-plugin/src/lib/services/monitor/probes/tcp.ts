import { connect } from 'node:net'
import { withDeadline } from '../../deadline.ts'
import type { CheckOf } from '../../definition.ts'
import { networkFailure } from '../network-failure.ts'
import { judge, type ProbeSurroundings, unhealthy, type Verdict } from '../verdict.ts'

/** Connects, says nothing and closes. */
export async function probeTcp(check: CheckOf<'tcp'>, around: ProbeSurroundings): Promise<Verdict> {
  const { clock } = around
  const target = `${check.host}:${check.port}`
  const started = clock.monotonicMs()
  try {
    const outcome = await withDeadline(around, check.timeoutMs, (signal) => connected(check, signal))
    if (outcome.ended === 'too-late') return unhealthy('timeout', `${target} did not answer within ${check.timeoutMs} ms`)
    const latencyMs = Math.round(clock.monotonicMs() - started)
    const { maxLatencyMs: limit, warnLatencyMs: warn } = check
    const verdict = judge('slow', `connecting to ${target}`, latencyMs, { limit, warn, unit: 'ms' })
    return { ...verdict, latencyMs }
  } catch (error) {
    around.signal.throwIfAborted()
    return networkFailure(target, error)
  }
}

function connected({ host, port }: CheckOf<'tcp'>, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const socket = connect({ host, port })
  signal.addEventListener('abort', () => socket.destroy(), { once: true })
  socket.on('error', reject)
  socket.on('connect', () => {
    socket.destroy()
    resolve()
  })
  return promise
}
