import type { Instance, Spec } from '../handlers/handler.ts'
import { backUpVolume, restoreVolume } from './backup.ts'
import { slotsBefore } from './plan.ts'
import { instancesBefore, keptVariables, type StepContext } from './step-context.ts'

/** What is overwritten is kept too: the person may have meant another backup. */
const overwrittenFile = ({ session, run, plan }: StepContext, key: string): string =>
  `${session.paths.backups}/${run.run}/${plan.service}-${key}-before-restore.tar.gz`

/** Puts a service's volumes back as they were backed up. */
export async function restoreVolumes(step: StepContext): Promise<void> {
  const { plan, work, handler, session } = step
  const before = await instancesBefore(step)
  // No engine gives up a volume that a container refers to, though it be halted.
  for (const { slot, spec } of before) await handler.stop(work, slot, spec)
  for (const [key, file] of Object.entries(plan.restore)) {
    const volume = volumeIn(before[0]?.spec, key)
    const overwritten = overwrittenFile(step, key)
    const image = plan.from?.release ?? ''
    if ((await session.host.facts(overwritten)) === undefined) await backUpVolume(work, { image, volume, file: overwritten })
    await restoreVolume(work, { image, volume, file })
  }
}

/** Puts back what was overwritten, and runs again what was taken away for it, with the variables it had. */
export async function undoRestore(step: StepContext): Promise<void> {
  const { plan, work, handler, session } = step
  const before = await instancesBefore(step)
  const missing: Instance[] = []
  for (const one of before) if ((await handler.status(work, one.slot)).state === 'missing') missing.push(one)
  const [first] = missing
  if (first !== undefined) {
    for (const key of Object.keys(plan.restore)) {
      const file = overwrittenFile(step, key)
      if ((await session.host.facts(file)) !== undefined)
        await restoreVolume(work, { image: first.release, volume: volumeIn(first.spec, key), file })
    }
    const variables = (await keptVariables(session, plan.service, plan.from?.settings)) ?? work.variables
    for (const one of missing) await handler.start({ ...work, variables }, one)
  }
  if (before[0] !== undefined) await handler.announce(work, slotsBefore(plan), before[0].spec)
}

/** A volume on the host, by its name in the configuration. */
function volumeIn(spec: Spec | undefined, key: string): string {
  const { container } = (spec ?? {}) as { container?: { volumes?: readonly { key: string; name: string }[] } }
  return container?.volumes?.find((one) => one.key === key)?.name ?? key
}
