import { command } from '@switchyard/plugin-kit'
import { z } from 'zod'
import { serviceSchema, webAddress } from './definition.ts'
import { SERVICE_EXAMPLES } from './examples.ts'
import { observationSchema, STATUSES } from './monitor/verdict.ts'

const statusSchema = z.enum(STATUSES)
const serviceNames = z.array(z.string().min(1)).optional().describe('Names of services; all where absent')
const DAY_MS = 86_400_000

const checkInput = z.object({
  service: serviceNames,
  url: z.array(webAddress).optional().describe('Web addresses to look at, services or not; with https their certificates too'),
  address: z
    .array(z.string().regex(/^[\w.-]+:\d{1,5}$/, 'must be host:port'))
    .optional()
    .describe('host:port to connect to, services or not'),
})

/** What is named by its address, as services that nobody has to define. */
function unnamed({ url = [], address = [] }: z.output<typeof checkInput>): z.output<typeof serviceSchema>[] {
  const web = url.map((one) => {
    const { host, hostname, port, protocol } = new URL(one)
    const certificate =
      protocol === 'https:' ? [{ type: 'certificate', host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 443) }] : []
    return { name: host, checks: [{ type: 'http', url: one }, ...certificate] }
  })
  const open = address.map((one) => {
    const [host = '', port] = one.split(':')
    return { name: one, checks: [{ type: 'tcp', host, port: Number(port) }] }
  })
  return [...web, ...open].map(({ name, checks }) => shownAs(name, checks))
}

/** What can be said where nobody has defined a service. */
const thisMachine = () => shownAs('this machine', [{ type: 'disk' }, { type: 'memory' }])

/** A service of no file: its name is only shown, and may be what no name may. */
const shownAs = (name: string, checks: readonly unknown[]) => ({ ...serviceSchema.parse({ name: 'shown', checks }), name })

const NONE_DEFINED = 'No services are defined yet. Add one:\n  switchyard ops service add --service api --url http://…\n\n'

const check = command({
  summary: 'Check now whether the running services are up and healthy',
  description:
    'One look at every check of the services: HTTP, TCP, programs, processes, containers, units, certificates, disk and memory. ' +
    'UNKNOWN says that nobody could look, which is no failure. Nothing is kept; a watching run keeps samples. Where no service is ' +
    'defined this machine is looked at, and the status stays UNKNOWN.',
  examples: SERVICE_EXAMPLES['monitor.check'],
  effect: 'read',
  // Two looks at what runs are two measurements.
  idempotent: false,
  timeoutMs: 120_000,
  input: checkInput,
  output: z.object({
    status: statusSchema.describe('The worst of all'),
    services: z.array(observationSchema),
    text: z.string(),
  }),
  async run(input, ctx) {
    const { readServices, chosenServices, surroundings } = await import('./services-file.ts')
    const { checkServices } = await import('./monitor/check-service.ts')
    const { renderObservations } = await import('./monitor/render.ts')
    const { worse } = await import('./monitor/verdict.ts')
    const file = readServices(ctx.workspace)
    const addressed = unnamed(input)
    const named = addressed.length > 0 && input.service === undefined ? [] : chosenServices(file, input.service)
    const chosen = [...named, ...addressed]
    const services = await checkServices(chosen.length > 0 ? chosen : [thisMachine()], (service) => surroundings(ctx, file, service))
    const status = chosen.length === 0 ? 'UNKNOWN' : services.map((one) => one.status).reduce(worse, 'HEALTHY')
    return { status, services: [...services], text: `${chosen.length > 0 ? '' : NONE_DEFINED}${renderObservations(services)}` }
  },
})

const watchInput = z.object({
  service: serviceNames,
  forMs: z.int().min(1).max(DAY_MS).default(600_000).describe('How long to watch'),
  intervalMs: z.int().min(100).max(DAY_MS).optional().describe("How often to look; each service's own interval where absent"),
  rounds: z.int().min(1).max(1_000_000).optional().describe('The most looks at each service; 1 is for a timer such as cron'),
  remediate: z.boolean().default(false).describe('Restart what is UNHEALTHY where its policy is auto'),
})

const watch = command({
  summary: 'Watch the running services for a while, keep samples, and tell every change',
  description:
    'A service counts as worse or better only once that was seen often enough (failAfter, recoverAfter, forMs of its definition). ' +
    'Each change is published as ops/service-changed.',
  examples: SERVICE_EXAMPLES['monitor.watch'],
  effect: 'write',
  timeoutMs: DAY_MS,
  input: watchInput,
  output: z.object({
    services: z.array(
      z.object({
        service: z.string(),
        status: statusSchema,
        looks: z.int(),
        availability: z.number().optional().describe('Percent of looks that found it HEALTHY or DEGRADED'),
      }),
    ),
    changes: z.array(z.object({ service: z.string(), from: statusSchema.optional(), to: statusSchema, at: z.string(), why: z.string() })),
    text: z.string(),
  }),
  async plan({ service, forMs, remediate }, { workspace }) {
    const { readServices, chosenServices } = await import('./services-file.ts')
    const services = chosenServices(readServices(workspace), service)
    const auto = services.filter((one) => remediate && one.remediate.policy.restart === 'auto')
    return {
      summary: `Watch ${services.length} services for ${Math.round(forMs / 1_000)} s and keep what is seen`,
      steps: [
        { does: 'run', target: services.map(({ name }) => name).join(', ') || 'no service', detail: 'their checks' },
        ...auto.map(({ name }) => ({ does: 'run' as const, target: name, detail: 'a restart whenever it is UNHEALTHY' })),
      ],
    }
  },
  async run({ service, ...options }, ctx) {
    const { readServices, chosenServices } = await import('./services-file.ts')
    const { watchServices } = await import('./monitor/watch.ts')
    const file = readServices(ctx.workspace)
    const { services, changes } = await watchServices(ctx, file, chosenServices(file, service), options)
    const lines = [
      ...services.map((one) => `${one.service}: ${one.status}${one.availability === undefined ? '' : `, available ${one.availability} %`}`),
      ...changes.map(({ at, service, from, to, why }) => `${at} ${service} ${from ?? 'new'} -> ${to}: ${why}`),
    ]
    return { services: [...services], changes: [...changes], text: lines.join('\n') }
  },
})

export const monitorCommands = { 'monitor.check': check, 'monitor.watch': watch }
