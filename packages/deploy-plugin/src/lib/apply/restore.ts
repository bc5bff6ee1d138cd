import type { Instance } from '../handlers/handler.ts'
import { backUpVolume, restoreVolume } from './backup.ts'
import { readState } from './host-state.ts'
import type { Variables } from './variables.ts'
import { beforeOf, type StepContext } from './work-steps.ts'

/** What is overwritten is kept too: the person may have meant another backup. */
const overwrittenFile = ({ session, run, plan }: StepContext, key: string): string =>
  `${session.paths.backups}/${run.run}/${plan.service}-${key}-before-restore.tar.gz`

/** Puts a service's volumes back as they were backed up. */
export async function restoreVolumes(step: StepContext): Promise<void> {
  const { plan, work, session } = step
  const image = plan.from?.release ?? ''
  const before = await beforeOf(step)
  if (before !== undefined) await setAside(step, before)
  for (const [key, file] of Object.entries(plan.restore)) {
    const volume = await volumeName(work, key)
    const overwritten = overwrittenFile(step, key)
    if ((await session.host.facts(overwritten)) === undefined) await backUpVolume(work, { image, volume, file: overwritten })
    await restoreVolume(work, { image, volume, file })
  }
}

/** Puts back what was overwritten, and runs again what was set aside. */
export async function undoRestore(step: StepContext): Promise<void> {
  const { plan, work, handler, session } = step
  const { host } = session
  const before = await beforeOf(step)
  if (before === undefined) return
  const file = work.at.variables(before.slot)
  const aside = await host.readFile(file)
  if (aside === undefined) return
  // Where its container is there, nothing was overwritten, or all is back already.
  if ((await handler.status(work, before.slot)).state === 'missing') {
    for (const key of Object.keys(plan.restore)) {
      const overwritten = overwrittenFile(step, key)
      if ((await host.facts(overwritten)) !== undefined)
        await restoreVolume(work, { image: before.release, volume: await volumeName(work, key), file: overwritten })
    }
    await handler.start({ ...work, variables: JSON.parse(aside.toString('utf8')) as Variables }, before)
  }
  await handler.announce(work, before.slot, before.spec)
  await host.removeFile(file)
}

/**
 * Takes a halted container away, as no engine gives up a volume that one refers to. The variables it had stay on the host, as
 * nothing else could make it anew with them.
 */
async function setAside({ work, handler, session, plan }: StepContext, before: Instance): Promise<void> {
  const { givenVariables } = await import('../handlers/compose/compose.ts')
  const given = await givenVariables(work, before.slot)
  if (given === undefined) return
  const state = await readState(session.host, session.paths)
  const kept = state?.services[plan.service]?.kept.find(({ release }) => release === before.release)
  // Beside those that it was given it has those of its image.
  const own = Object.fromEntries(Object.entries(given).filter(([name]) => kept?.variables[name] !== undefined))
  await session.host.writeFile(work.at.variables(before.slot), JSON.stringify(own), { mode: 0o600 })
  await handler.stop(work, before.slot, before.spec)
}

async function volumeName({ stack, env, config, project, variables, service }: StepContext['work'], key: string): Promise<string> {
  if (config.handler !== 'compose') return key
  const { readCompose, recordOf } = await import('../handlers/compose/read-compose.ts')
  const { volumes } = await readCompose(project, config.file, config.service ?? service, variables)
  const { name, external } = recordOf(volumes[key])
  return typeof name === 'string' ? name : external === true ? key : `${stack}-${env}-${key}`
}
