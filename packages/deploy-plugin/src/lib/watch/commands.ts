import { type Context, command } from '@switchyard/plugin-kit'
import { z } from 'zod'
import { readConfig } from '../config/read-config.ts'
import { projectField, projectRoot } from '../files/project.ts'
import { confirmEnvironment, environmentOf } from '../guard/guard.ts'
import { chosenServices } from '../records/choose.ts'
import { createDeployments } from '../records/deployments.ts'
import { nothingToWatch } from './errors.ts'
import { WATCH_EXAMPLES } from './examples.ts'
import { watchText } from './text.ts'

const DAY_SECONDS = 86_400

const input = z.object({
  project: projectField,
  env: z.string().describe('The environment; there is no default'),
  service: z.array(z.string()).optional().describe('All services of it that are deployed where absent'),
  forSeconds: z.number().min(0).max(DAY_SECONDS).default(300),
  intervalSeconds: z.number().min(0.1).max(3_600).default(5).describe('How often to look'),
  failAfter: z.int().min(1).max(100).default(3).describe('Looks in a row that must fail; a service that ended has failed at once'),
  rollback: z.boolean().default(false).describe('Whether what fails is rolled back by itself'),
  issue: z.boolean().default(false).describe('Whether an issue is filed for what fails'),
  confirm: z.string().optional().describe("A protected environment's name, typed, for the rollback"),
})
type Wish = z.output<typeof input>

const watchedView = z.object({
  service: z.string(),
  deployment: z.int(),
  healthy: z.boolean(),
  looks: z.int(),
  failures: z.int(),
  told: z.string(),
})

const watch = command({
  summary: 'Watch what was deployed for a while, and roll it back when it turns out bad where that is asked for',
  description:
    'Looks at the health check, the process or container and its restarts; a monitor of the ops plugin that calls the service UNHEALTHY ' +
    'ends the watch too. Fails with WATCH_UNHEALTHY, so that a chain takes back what it deployed.',
  examples: WATCH_EXAMPLES,
  effect: 'write',
  timeoutMs: DAY_SECONDS * 1_000,
  input,
  output: z.object({ env: z.string(), services: z.array(watchedView), text: z.string() }),
  async plan(wish, ctx) {
    const { deployments } = await wanted(wish, ctx)
    const names = deployments.map(({ service }) => service).join(', ')
    return {
      summary: `Watch ${names} in "${wish.env}" for ${wish.forSeconds} s${wish.rollback ? ', and roll back what fails' : ''}`,
      steps: [
        { does: 'run', target: `${names} in ${wish.env}`, detail: 'its health checks' },
        ...(wish.rollback
          ? deployments.map(({ service }) => ({ does: 'change' as const, target: service, detail: 'a rollback, when it fails' }))
          : []),
        ...(wish.issue ? [{ does: 'create' as const, target: 'an issue, when one fails' }] : []),
      ],
    }
  },
  async run(wish, ctx) {
    const { env, forSeconds, rollback } = wish
    const { root, config, deployments } = await wanted(wish, ctx)
    if (rollback) await confirmEnvironment(environmentOf(config, env), wish.confirm, ctx, 'roll back what fails')
    const { watchDeployments } = await import('./watch-deployments.ts')
    const seen = await watchDeployments(ctx, wish, { root, config, deployments })
    return { env, services: seen.map((one) => ({ ...one })), text: watchText(env, forSeconds, seen) }
  },
})

async function wanted({ project, env, service }: Wish, ctx: Context) {
  const root = projectRoot(ctx.workspace, project)
  const config = await readConfig(root)
  environmentOf(config, env)
  const names = chosenServices(config, service)
  const deployments = createDeployments(ctx)
    .current({ stack: config.stack, env })
    .filter((one) => names.includes(one.service))
  if (deployments.length === 0) throw nothingToWatch(env)
  return { root, config, deployments }
}

export const watchCommands = { watch }
