import type { Context } from '@switchyard/plugin-kit'
import type { DeployPlan } from '../apply/plan.ts'
import type { Session } from '../apply/session.ts'
import { askedFor } from '../engine/engine.ts'
import { containersOf, networksOf, volumesOf } from '../engine/labelled.ts'
import type { Work } from '../handlers/handler.ts'

/** Takes away all that there is of an environment's scratch stack, by what it is called: also what nobody remembers to have made. */
export async function clearScratch(session: Session, { services }: DeployPlan, ctx: Context): Promise<void> {
  let composed: Work | undefined
  for (const { service } of services) {
    const { work, handler } = await session.workOf(service, ctx, {})
    for (const slot of await handler.slots(work)) await handler.stop(work, slot, undefined)
    if (handler.fence !== undefined) composed = work
  }
  if (composed !== undefined) await clearEngine(composed)
  await session.host.removeFolder(`${session.paths.base}/services`)
  await session.host.removeFolder(session.paths.backups)
}

async function clearEngine(work: Work): Promise<void> {
  const engine = await work.engine()
  const labels = { 'switchyard.stack': work.stack, 'switchyard.env': work.env }
  for (const { Id: id } of await containersOf(engine, labels))
    await askedFor(`remove ${id}`, () => engine.getContainer(id).remove({ force: true }))
  for (const { Name: name } of await networksOf(engine, labels))
    await askedFor(`remove the network ${name}`, () => engine.getNetwork(name).remove())
  for (const { Name: name } of await volumesOf(engine, labels))
    await askedFor(`remove the volume ${name}`, () => engine.getVolume(name).remove())
}
