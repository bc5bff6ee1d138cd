import type { Clock } from '@switchyard/plugin-kit'
import type { InstanceStatus } from '../handlers/handler.ts'
import { errorLinesOf } from './error-lines.ts'

/** One look at an instance from outside. */
export interface ProbeResult {
  readonly ok: boolean
  /** Such as `200 in 12 ms`, or why it is not well. */
  readonly told: string
}

export interface GateOptions {
  readonly startForMs: number
  readonly stableForMs: number
  /** Lines that tell of an error, beyond `errorLinesBefore`. */
  readonly maxErrorLines: number
  /** As many as the release before has in a log of the same length. */
  readonly errorLinesBefore: number
  readonly probe: (signal: AbortSignal) => Promise<ProbeResult>
  readonly status: () => Promise<InstanceStatus>
  readonly logs: () => Promise<readonly string[]>
  readonly clock: Clock
  readonly signal: AbortSignal
  /** @default 250 */
  readonly intervalMs?: number
  readonly onProbe?: (result: ProbeResult, wellForMs: number) => void
}

/** What the gate saw, in its end or its failure. */
export interface GateEvidence {
  readonly ok: boolean
  /** Why it failed. */
  readonly why?: string
  readonly tookMs: number
  readonly wellForMs: number
  readonly probes: number
  readonly failedProbes: number
  /** The last few, oldest first. */
  readonly lastProbes: readonly ProbeResult[]
  readonly restarts: number
  readonly errorLines: number
  readonly errorLinesBefore: number
}

const KEPT_PROBES = 5

/**
 * Watches an instance until it was well without a break for as long as asked: its probe answers, it runs and was never started again,
 * and its log tells of no more errors than allowed. What ends or starts anew has failed at once, what does not answer when its time is over.
 */
export async function watchGate(options: GateOptions): Promise<GateEvidence> {
  const {
    startForMs,
    stableForMs,
    maxErrorLines,
    errorLinesBefore,
    probe,
    status,
    logs,
    clock,
    signal,
    intervalMs = 250,
    onProbe,
  } = options
  const beganMs = clock.monotonicMs()
  const lastProbes: ProbeResult[] = []
  let [probes, failedProbes] = [0, 0]
  let wellSinceMs: number | undefined
  let { restarts: restartsBefore } = { restarts: 0 }
  let restarts = 0
  let broken = 0

  const evidence = async (why?: string): Promise<GateEvidence> => {
    const nowMs = clock.monotonicMs()
    return {
      ok: why === undefined,
      ...(why !== undefined && { why }),
      tookMs: Math.round(nowMs - beganMs),
      wellForMs: wellSinceMs === undefined ? 0 : Math.round(nowMs - wellSinceMs),
      probes,
      failedProbes,
      lastProbes,
      restarts,
      errorLines: errorLinesOf(await logs()).length,
      errorLinesBefore,
    }
  }

  for (;;) {
    signal.throwIfAborted()
    const seen = await status()
    restarts = seen.restarts
    if (seen.state === 'stopped' || seen.state === 'missing')
      return evidence(`it ended${seen.ended === undefined ? '' : `: ${seen.ended}`}`)
    if (restarts > restartsBefore) {
      restartsBefore = restarts
      return evidence(
        `it was started again ${restarts} time${restarts === 1 ? '' : 's'}${seen.ended === undefined ? '' : `, after ${seen.ended}`}`,
      )
    }
    const result = seen.state === 'running' ? await probe(signal) : { ok: false, told: seen.ended ?? 'it is starting' }
    probes++
    lastProbes.push(result)
    if (lastProbes.length > KEPT_PROBES) lastProbes.shift()
    const nowMs = clock.monotonicMs()
    if (result.ok) wellSinceMs ??= nowMs
    else {
      failedProbes++
      if (wellSinceMs !== undefined) broken++
      wellSinceMs = undefined
    }
    onProbe?.(result, wellSinceMs === undefined ? 0 : nowMs - wellSinceMs)
    if (wellSinceMs !== undefined && nowMs - wellSinceMs >= stableForMs) {
      const seenErrors = await evidence()
      const excess = seenErrors.errorLines - errorLinesBefore
      return excess > maxErrorLines
        ? {
            ...seenErrors,
            ok: false,
            why: `its log has ${seenErrors.errorLines} lines that tell of errors, the release before had ${errorLinesBefore}`,
          }
        : seenErrors
    }
    // A service that comes and goes gets no more time than one that never came.
    if (wellSinceMs === undefined && nowMs - beganMs >= startForMs)
      return evidence(`${result.told}${broken > 0 ? `, after it had been well ${broken} time${broken === 1 ? '' : 's'}` : ''}`)
    if (nowMs - beganMs >= startForMs + stableForMs)
      return evidence(`it was well for ${Math.round((nowMs - (wellSinceMs ?? nowMs)) / 1000)} s at most: ${result.told}`)
    await pause(clock, intervalMs, signal)
  }
}

/** @throws the signal's reason */
export function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const abort = (): void => {
    cancel()
    reject(signal.reason as Error)
  }
  const cancel = clock.after(ms, () => {
    signal.removeEventListener('abort', abort)
    resolve()
  })
  if (signal.aborted) abort()
  else signal.addEventListener('abort', abort, { once: true })
  return promise
}
