import { errorLinesOf } from '../gate/error-lines.ts'
import { gateFailed } from '../gate/errors.ts'
import { type GateEvidence, watchGate } from '../gate/gate.ts'
import { probeOf } from '../gate/probe.ts'
import type { Instance } from '../handlers/handler.ts'
import type { StepContext } from './step-context.ts'

const LOG_LINES = 400

/** Watches new instances, all at once, with the release before as the measure for their logs. @throws GATE_FAILED */
export async function passGate(step: StepContext, instances: readonly Instance[]): Promise<void> {
  const { plan, work, handler, runs, run, session } = step
  const isMeasured = plan.from !== undefined && plan.strategy === 'beside' && session.paths.base === session.live.base
  const before = isMeasured ? await handler.logs(work, plan.from.slot, LOG_LINES) : []
  const seen = await Promise.all(
    instances.map(async (instance) => ({ instance, gate: await watch(step, instance, errorLinesOf(before).length) })),
  )
  const told = seen.find(({ gate }) => !gate.ok) ?? seen[0]
  if (told === undefined) return
  runs.noteService(run.run, plan.service, { gate: told.gate, gateOf: told.instance.slot })
  if (told.gate.ok) return
  const why = told.gate.why ?? 'it was not well'
  throw gateFailed(plan.service, instances.length === 1 ? why : `in ${told.instance.slot} ${why}`)
}

function watch({ plan, work, handler, ctx }: StepContext, instance: Instance, errorLinesBefore: number): Promise<GateEvidence> {
  const { startForSeconds, stableForSeconds, maxErrorLines, health } = work.config
  let told = ''
  return watchGate({
    startForMs: startForSeconds * 1000,
    // Files that are there stay there.
    stableForMs: plan.handler === 'static' ? 0 : stableForSeconds * 1000,
    maxErrorLines,
    errorLinesBefore,
    probe: probeOf(health, work, handler, instance),
    status: () => handler.status(work, instance.slot),
    logs: () => handler.logs(work, instance.slot, LOG_LINES),
    clock: ctx.clock,
    signal: ctx.signal,
    onProbe: ({ ok, told: now }) => {
      const line = `${plan.to.replicas === 1 ? '' : `${instance.slot}: `}${ok ? 'answers well' : now}`
      if (line !== told) work.progress(line)
      told = line
    },
  })
}
