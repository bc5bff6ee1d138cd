import type { Slot } from '../handlers/slots.ts'
import type { ResourceNote } from '../records/resources.ts'
import { folderOf } from './paths.ts'
import { routeId, type ServicePlan, slotsAfter } from './plan.ts'
import type { Run } from './run.ts'
import type { StepContext } from './step-context.ts'

const KINDS = { compose: 'container', process: 'process', systemd: 'unit', static: 'link' } as const

/** What runs in a slot, as the registry of resources names it. */
export function instanceThing(
  handler: ServicePlan['handler'],
  { stack, env, service }: Pick<StepContext['work'], 'stack' | 'env' | 'service'>,
  slot: Slot,
): Pick<ResourceNote, 'kind' | 'name'> {
  return { kind: KINDS[handler], name: `${stack}-${env}-${service}-${slot}` }
}

/** All that exists because of a service's deployment. */
export function thingsOf(plan: ServicePlan, work: StepContext['work'], run: Run): ResourceNote[] {
  const { ports, release } = run.facts[plan.service] ?? {}
  const things: ResourceNote[] = slotsAfter(plan).map((slot) => {
    const port = ports?.[slot]
    return { ...instanceThing(plan.handler, work, slot), release, data: { slot, ...(port !== undefined && { port }) } }
  })
  if (plan.handler === 'compose')
    things.push({
      kind: 'image',
      name: `localhost/switchyard/${work.stack}-${work.env}-${plan.service}:${folderOf(release ?? '')}`,
      release,
    })
  else things.push({ kind: 'folder', name: work.at.release(release ?? ''), release })
  if (plan.hostname !== undefined)
    things.push({ kind: 'route', name: routeId(work.stack, work.env, plan.service), data: { hostname: plan.hostname } })
  return things
}
