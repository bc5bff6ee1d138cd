import { type Context, command } from '@switchyard/plugin-kit'
import { z } from 'zod'
import { readConfig } from '../config/read-config.ts'
import { projectField, projectRoot } from '../files/project.ts'
import { assertSameHost, confirmEnvironment, environmentOf, readMark } from '../guard/guard.ts'
import { chosenServices } from '../records/choose.ts'
import { columns } from '../records/columns.ts'
import { deploymentView } from '../status/status.ts'
import { DESTROY_EXAMPLES } from './examples.ts'
import type { DestroyPlan, Thing } from './plan-destroy.ts'

const thing = z.object({ kind: z.string(), name: z.string(), service: z.string().optional(), because: z.string().optional() })

const input = z.object({
  project: projectField,
  env: z.string().describe('The environment; there is no default'),
  service: z.array(z.string()).optional().describe('These alone; everything of the environment where absent'),
  volumes: z.boolean().default(false).describe('Whether volumes with their data go too; only with the whole environment'),
  why: z.string().trim().min(1).max(300).default('destroyed by hand'),
  confirm: z.string().optional().describe("A protected environment's name, typed"),
})

const destroyCommand = command({
  summary: 'Take services or a whole environment off their host for good',
  description:
    'Its plan lists each thing that goes and each that stays. Volumes stay unless `volumes` says otherwise; backups always stay, and ' +
    'so do networks and volumes that others made. There is no way back but to deploy again.',
  examples: DESTROY_EXAMPLES,
  effect: 'destroy',
  rare: true,
  timeoutMs: 600_000,
  input,
  output: z.object({
    deployments: z.array(deploymentView),
    gone: z.array(thing),
    stays: z.array(thing),
    text: z.string(),
  }),
  async plan(wish, ctx) {
    const { env, host, services, shared, stays } = await planned(wish, ctx, async (_, plan) => plan)
    const gone = [...services.flatMap(({ things }) => things), ...shared]
    return {
      summary: gone.length === 0 ? `Nothing of it is on ${host}` : `Take ${gone.length} things of "${env}" off ${host} for good`,
      steps: gone.map(({ kind, name }) => ({ does: 'remove' as const, target: `${kind} ${name}` })),
      warnings: [
        ...(gone.some(({ kind }) => kind === 'volume') ? ['the data in the volumes is lost'] : []),
        ...stays.map(({ kind, name, because }) => `stays: ${kind} ${name}${because === undefined ? '' : ` (${because})`}`),
      ],
    }
  },
  async run(wish, ctx) {
    const { env, project, confirm, why } = wish
    const config = await readConfig(projectRoot(ctx.workspace, project))
    await confirmEnvironment(environmentOf(config, env), confirm, ctx, 'destroy what is deployed')
    const { destroy } = await import('./destroy.ts')
    return planned(wish, ctx, async (site, plan) => {
      const ended = await destroy(site, plan, { config, why, key: ctx.idempotencyKey }, ctx)
      const { viewOf } = await import('../status/status.ts')
      const gone = [...plan.services.flatMap(({ things }) => things), ...plan.shared]
      return { deployments: ended.map(viewOf), gone, stays: [...plan.stays], text: destroyText(env, plan.host, gone, plan.stays) }
    })
  },
})

async function planned<value>(
  { project, env, service, volumes }: z.output<typeof input>,
  ctx: Context,
  work: (site: import('../status/site.ts').Site, plan: DestroyPlan) => Promise<value>,
): Promise<value> {
  const root = projectRoot(ctx.workspace, project)
  const config = await readConfig(root)
  const services = chosenServices(config, service)
  const { openSite } = await import('../status/site.ts')
  const { planDestroy } = await import('./plan-destroy.ts')
  await using site = await openSite(ctx, root, config, env)
  const { host } = site.session
  assertSameHost(await readMark(host, site.environment.place.root), config, site.environment, host)
  return await work(site, await planDestroy(site, config, { services, volumes }))
}

function destroyText(env: string, host: string, gone: readonly Thing[], stays: readonly Thing[]): string {
  const rows = (things: readonly Thing[]): readonly string[] =>
    columns(things.map(({ kind, name, because = '' }) => [`  ${kind}`, name, because]))
  return [
    `${gone.length} things of "${env}" are gone from ${host}`,
    ...rows(gone),
    ...(stays.length === 0 ? [] : ['', 'What stays:', ...rows(stays)]),
  ].join('\n')
}

export const destroyCommands = { destroy: destroyCommand }
