import { type Context, command, isSwitchyardError } from '@switchyard/plugin-kit'
import { z } from 'zod'
import type { DeployConfig } from '../config/config.ts'
import { projectField, projectRoot } from '../files/project.ts'
import { chosenEnvironments, chosenServices } from '../records/choose.ts'
import { createResources } from '../records/resources.ts'
import { CHECK_EXAMPLES } from './examples.ts'
import { finding } from './finding.ts'

const forecast = z.object({
  mount: z.string(),
  growthKbPerDay: z.number(),
  looks: z.int(),
  spanDays: z.number(),
  fullInDays: z.number().optional().describe('Until a check fails; absent where it does not grow'),
})

const place = z.object({
  env: z.string().optional().describe('Absent where nothing is configured yet, and this machine alone was looked at'),
  target: z.string(),
  host: z.string(),
  ready: z.boolean(),
  findings: z.array(finding),
  forecast: z.array(forecast),
})
type Place = z.output<typeof place>

const input = z.object({
  project: projectField,
  env: z.string().optional().describe('One environment; each where absent'),
  service: z.array(z.string()).optional().describe('What these want of the machine; all services where absent'),
  strict: z.boolean().default(false).describe('Whether a warning is enough to be not ready'),
})

const check = command({
  summary: 'Check whether a machine is ready for a deployment: disk, memory, ports, engine, images, names',
  description:
    'Measures disk, inodes, memory, load, temperature, clock, the ports that the services publish and who holds them, the container ' +
    'engine, networks, images and their architecture, names, certificates and the proxy, here or over SSH, and says READY or NOT ' +
    'READY. Where disks were measured for a day and longer, also when they will be full. Changes nothing on the machine.',
  examples: CHECK_EXAMPLES,
  effect: 'read',
  // Two looks at a machine are two measurements.
  idempotent: false,
  timeoutMs: 60_000,
  input,
  output: z.object({ ready: z.boolean(), places: z.array(place), text: z.string() }),
  async run({ project, env, service, strict }, ctx) {
    const root = projectRoot(ctx.workspace, project)
    const config = await configOf(root)
    const envs = config === undefined ? [undefined] : chosenEnvironments(config, env)
    const services = config === undefined ? [] : chosenServices(config, service)
    const places = await Promise.all(envs.map((one) => checkPlace(ctx, root, config, one, services, strict)))
    const { checkText } = await import('./text.ts')
    return { ready: places.every(({ ready }) => ready), places, text: checkText(places) }
  },
})

/** Before anything is configured there is still this machine to be looked at. */
async function configOf(root: string): Promise<DeployConfig | undefined> {
  const { readConfig } = await import('../config/read-config.ts')
  return readConfig(root).catch((error: unknown) => {
    if (isSwitchyardError(error, 'DEPLOY_CONFIG_MISSING')) return undefined
    throw error
  })
}

async function checkPlace(
  ctx: Context,
  root: string,
  config: DeployConfig | undefined,
  env: string | undefined,
  services: readonly string[],
  strict: boolean,
): Promise<Place> {
  const { openHost } = await import('../hosts/open-host.ts')
  const { checkHost } = await import('./check-host.ts')
  const { readWants, NO_WANTS } = await import('./wants.ts')
  const targetName = config?.environments[env ?? '']?.target ?? 'local'
  const target = config?.targets[targetName]
  const named = services.flatMap((name) => {
    const found = config?.services[name]
    return found === undefined ? [] : [[name, found] as const]
  })
  const wants = config === undefined || env === undefined ? NO_WANTS : await readWants(root, config, env, named)
  const { label, ...checked } = await opened()
  const ready = checked.findings.every(({ level }) => level !== 'fail' && !(strict && level === 'warn'))
  return {
    ...(env !== undefined && { env }),
    target: targetName,
    host: label,
    ready,
    findings: [...checked.findings],
    forecast: [...checked.forecast],
  }

  async function opened(): Promise<Awaited<ReturnType<typeof checkHost>> & { label: string }> {
    try {
      await using host = await openHost(targetName, target ?? { kind: 'local', root: '/var/lib/switchyard' }, { signal: ctx.signal })
      const found = await checkHost(host, {
        target,
        wants,
        place: config === undefined || env === undefined ? undefined : { stack: config.stack, env },
        resources: config === undefined || env === undefined ? [] : createResources(ctx).list({ stack: config.stack, env }),
        proxy: wants.hostnames.length === 0 ? undefined : config?.proxy,
        store: ctx.store,
        clock: ctx.clock,
        signal: ctx.signal,
      })
      return { ...found, label: host.label }
    } catch (error) {
      ctx.signal.throwIfAborted()
      // A host that cannot be reached, or is another than it should be, is what a check is there to tell.
      if (!['HOST_UNREACHABLE', 'HOST_KEY_MISMATCH', 'HOST_LOGIN_INVALID'].some((code) => isSwitchyardError(error, code))) throw error
      const { message } = error as Error
      const unreachable = {
        check: 'host',
        group: 'Host',
        subject: targetName,
        level: 'fail',
        measured: message,
        wanted: 'reachable',
      } as const
      return { findings: [unreachable], forecast: [], label: targetName }
    }
  }
}

export const checkCommands = { check }
