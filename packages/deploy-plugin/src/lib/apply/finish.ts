import type { Context } from '@switchyard/plugin-kit'
import { createDeployments } from '../records/deployments.ts'
import * as events from '../records/events.ts'
import type { Run } from './run.ts'

/** Ends the history's entries of a run; those that have ended already stay as they are. */
export async function finishAll(run: Run, ctx: Context, state: 'done' | 'returned'): Promise<void> {
  const deployments = createDeployments(ctx)
  for (const [service, id] of Object.entries(run.deployments)) {
    const deployment = deployments.find(id)
    if (deployment?.state !== 'running') continue
    const { gate, ports, cut, servesSince } = run.facts[service] ?? {}
    const replicas = run.plan.services.find((one) => one.service === service)?.to.replicas
    const evidence = {
      ...(gate !== undefined && { gate }),
      ...(ports !== undefined && { ports }),
      ...(replicas !== undefined && replicas > 1 && { replicas }),
      ...(cut !== undefined && { cut }),
      ...(servesSince !== undefined && { servesSince: new Date(servesSince).toISOString() }),
      ...(state === 'returned' && run.page !== undefined && { report: run.page }),
    }
    // Told first: whoever is killed in between does this step once more, and tells nothing twice.
    const topic = state === 'returned' ? events.returned : run.plan.kind === 'rollback' ? events.rolledBack : events.done
    // Nothing that serves was touched by a rehearsal: nobody else needs to hear of it.
    if (run.plan.kind !== 'rehearsal') await events.tell(ctx, topic, deployment, state === 'returned' ? run.failure?.message : undefined)
    deployments.finish(id, { state, evidence, ...(state === 'returned' && run.failure !== undefined && { error: run.failure }) })
  }
}
