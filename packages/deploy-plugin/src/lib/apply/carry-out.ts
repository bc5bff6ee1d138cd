import type { Context } from '@switchyard/plugin-kit'
import type { DeployConfig } from '../config/config.ts'
import { readConfig } from '../config/read-config.ts'
import { projectRoot } from '../files/project.ts'
import { confirmEnvironment, environmentOf } from '../guard/guard.ts'
import { beginRun, resumeRun, runOfKey } from './apply.ts'
import type { DeployPlan } from './plan.ts'
import type { Run } from './run.ts'
import { openSession, type Session } from './session.ts'

/** A plan with the configuration that it was made by, and the project's folder. */
export interface Planned {
  readonly plan: DeployPlan
  readonly config: DeployConfig
  readonly project: string
}

interface Asked {
  readonly project: string
  readonly env: string
  readonly version?: string | undefined
}

export async function configAt(folder: string, { workspace }: Context): Promise<{ config: DeployConfig; project: string }> {
  const project = projectRoot(workspace, folder)
  return { config: await readConfig(project), project }
}

/** Plans by the project's configuration, over a connection to the environment's host. */
export async function planned(
  { project: folder, env, version }: Asked,
  ctx: Context,
  make: (session: Session, around: Pick<Planned, 'config' | 'project'>) => Promise<DeployPlan>,
): Promise<Planned> {
  const { config, project } = await configAt(folder, ctx)
  await using session = await openSession(config, env, { project, version, signal: ctx.signal })
  return { plan: await make(session, { config, project }), config, project }
}

const DOES: Readonly<Record<DeployPlan['kind'], string>> = {
  apply: 'deploy',
  rollback: 'return',
  scale: 'scale',
  rehearsal: 'rehearse the return of',
}

/** Does what is planned, once whoever asked has typed the name of a protected environment; a call that is repeated goes on with the first. */
export async function carryOut(confirm: string | undefined, ctx: Context, make: () => Promise<Planned>): Promise<Run> {
  const known = runOfKey(ctx)
  if (known !== undefined) return resumeRun(known, ctx)
  const { plan, config, project } = await make()
  const names = plan.services.map(({ service }) => service).join(', ')
  if (touches(plan)) await confirmEnvironment(environmentOf(config, plan.env), confirm, ctx, `${DOES[plan.kind]} ${names}`)
  return beginRun(plan, { config, project }, ctx)
}

/** A rehearsal changes nothing of its environment, but where programs run on the host itself. */
const touches = ({ kind, services }: DeployPlan): boolean =>
  kind !== 'rehearsal' || services.some(({ handler }) => handler === 'process' || handler === 'systemd')
