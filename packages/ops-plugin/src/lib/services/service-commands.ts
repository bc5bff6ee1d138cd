import { command } from '@switchyard/plugin-kit'
import { z } from 'zod'
import { checkSchema, SERVICES_FILE, serviceSchema } from './definition.ts'
import { servicesInvalid } from './errors.ts'
import { SERVICE_EXAMPLES } from './examples.ts'

const serviceName = z.string().min(1).describe('Name of the service')

const addInput = z.object({
  service: serviceName,
  env: z.string().min(1).optional().describe('The environment it runs in, such as staging'),
  url: z.string().optional().describe('Web address that must answer'),
  address: z.string().optional().describe('host:port that must take a connection'),
  unit: z.string().optional().describe('Systemd unit; it is what a restart restarts, and its journal is read'),
  container: z.string().optional().describe('Container; it is what a restart restarts, and its logs are read'),
  process: z.string().optional().describe("Text of a process's command line"),
  log: z.array(z.string()).optional().describe('Log files, relative to the workspace or absolute'),
  checks: z.array(checkSchema).optional().describe('Checks as they stand in the file'),
  definition: z.record(z.string(), z.unknown()).optional().describe('The whole entry as it stands in the file, instead of all above'),
  index: z.int().min(0).optional().describe('Its place in the file; the end where absent'),
})

/** The entry that the short form means; what is not said is left to the file's defaults. */
function definitionOf({ service, env, url, address, unit, container, process, log, checks = [], definition }: z.output<typeof addInput>) {
  if (definition !== undefined) return { ...definition, name: service }
  const [, host, port] = /^(.+):(\d+)$/.exec(address ?? '') ?? []
  const made = [
    ...checks,
    ...(url === undefined ? [] : [{ type: 'http', url }]),
    ...(address === undefined ? [] : [{ type: 'tcp', host: host ?? address, port: Number(port) }]),
    ...(unit === undefined ? [] : [{ type: 'unit', unit }]),
    ...(container === undefined ? [] : [{ type: 'container', container }]),
    ...(process === undefined ? [] : [{ type: 'process', commandLine: process }]),
  ]
  const logs = [
    ...(log ?? []).map((file) => ({ file })),
    ...(unit === undefined ? [] : [{ unit }]),
    ...(container === undefined ? [] : [{ container }]),
  ]
  const restart = unit !== undefined ? { unit } : container !== undefined ? { container } : undefined
  return {
    name: service,
    ...(env !== undefined && { env }),
    checks: made,
    ...(logs.length > 0 && { logs }),
    ...(restart !== undefined && { remediate: { restart } }),
  }
}

function checked(definition: Record<string, unknown>): z.output<typeof serviceSchema> {
  const parsed = serviceSchema.safeParse(definition)
  if (parsed.success) return parsed.data
  throw servicesInvalid(
    SERVICES_FILE,
    parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`),
  )
}

const add = command({
  summary: 'Add a running service that is to be monitored',
  description: `Writes an entry to ${SERVICES_FILE}. Who approves it also trusts the programs that it names to be run.`,
  examples: SERVICE_EXAMPLES['service.add'],
  effect: 'write',
  input: addInput,
  output: z.object({ service: z.string(), file: z.string(), checks: z.int() }),
  async plan(input, { workspace }) {
    const { withService, needsTrust } = await import('./services-file.ts')
    const definition = definitionOf(input)
    const service = checked(definition)
    withService(workspace, definition, input.index)
    return {
      summary: `Add the service ${service.name} with ${service.checks.length} checks`,
      steps: [
        { does: 'change', target: SERVICES_FILE, detail: JSON.stringify(definition, null, 2) },
        ...needsTrust(service).map((what) => ({ does: 'run' as const, target: service.name, detail: `allowed from now on: ${what}` })),
      ],
    }
  },
  undo: ({ service }) => ({ command: 'ops.service.remove', input: { service } }),
  async run(input, { workspace, store, clock }) {
    const { withService, writeServices, needsTrust, trust } = await import('./services-file.ts')
    const definition = definitionOf(input)
    const service = checked(definition)
    writeServices(workspace, withService(workspace, definition, input.index))
    if (needsTrust(service).length > 0) trust(store, service, clock.now())
    return { service: service.name, file: SERVICES_FILE, checks: service.checks.length }
  },
})

const remove = command({
  summary: 'Remove a service from monitoring',
  examples: SERVICE_EXAMPLES['service.remove'],
  effect: 'write',
  input: z.object({ service: serviceName }),
  output: z.object({ service: z.string(), file: z.string(), definition: z.record(z.string(), z.unknown()), index: z.int() }),
  async plan({ service }, { workspace }) {
    const { withoutService } = await import('./services-file.ts')
    const { definition } = withoutService(workspace, service)
    return {
      summary: `Remove the service ${service} from monitoring`,
      steps: [{ does: 'change', target: SERVICES_FILE, detail: JSON.stringify(definition, null, 2) }],
    }
  },
  undo: ({ service, definition, index }) => ({ command: 'ops.service.add', input: { service, definition, index } }),
  async run({ service }, { workspace, store }) {
    const { withoutService, writeServices, distrust } = await import('./services-file.ts')
    const { definition, index, text } = withoutService(workspace, service)
    writeServices(workspace, text)
    distrust(store, service)
    return { service, file: SERVICES_FILE, definition, index }
  },
})

const list = command({
  summary: 'List the services that are monitored, and what each counts as',
  examples: SERVICE_EXAMPLES['service.list'],
  effect: 'read',
  resource: { uri: 'ops://services' },
  input: z.object({}),
  output: z.object({
    services: z.array(
      z.object({
        service: z.string(),
        env: z.string().optional(),
        checks: z.array(z.string()),
        status: z.enum(['HEALTHY', 'DEGRADED', 'UNHEALTHY', 'UNKNOWN']).describe('By the last watching run; UNKNOWN where there was none'),
        since: z.string().optional(),
        trusted: z.boolean().describe('Whether what it runs and discloses is allowed'),
      }),
    ),
    text: z.string(),
  }),
  async run(_, { workspace, store }) {
    const { readServices, isTrusted } = await import('./services-file.ts')
    const { settledOf } = await import('./monitor/history.ts')
    const { nameOf } = await import('./monitor/check-service.ts')
    const services = readServices(workspace).services.map((service) => {
      const settled = settledOf(store, service.name)
      return {
        service: service.name,
        ...(service.env !== undefined && { env: service.env }),
        checks: service.checks.map(nameOf),
        status: settled?.status ?? ('UNKNOWN' as const),
        ...(settled !== undefined && { since: new Date(settled.sinceMs).toISOString() }),
        trusted: isTrusted(store, service),
      }
    })
    const lines = services.map(({ service, env, status, since, checks, trusted }) =>
      [
        `${service}${env === undefined ? '' : ` (${env})`}: ${status}${since === undefined ? ', not watched yet' : ` since ${since}`}`,
        ...checks.map((check) => `  ${check}`),
        ...(trusted ? [] : [`  not trusted yet: switchyard ops service trust --service ${service}`]),
      ].join('\n'),
    )
    return { services, text: lines.join('\n') || `No services yet: switchyard ops service add --service api --url http://localhost:3000/` }
  },
})

const trustCommand = command({
  summary: 'Allow what a service definition runs and sends',
  description: 'Any later change of the definition ends it. A definition that came with a cloned repository runs nothing before that.',
  examples: SERVICE_EXAMPLES['service.trust'],
  effect: 'write',
  rare: true,
  idempotent: true,
  input: z.object({ service: serviceName }),
  output: z.object({ service: z.string(), allowed: z.array(z.string()) }),
  async plan({ service: name }, { workspace }) {
    const { readServices, chosenService, needsTrust } = await import('./services-file.ts')
    const wanted = needsTrust(chosenService(readServices(workspace), name))
    return {
      summary: wanted.length === 0 ? `${name} needs no trust` : `Allow ${name} as it is defined now`,
      steps: (wanted.length === 0 ? ['nothing'] : wanted).map((detail) => ({ does: 'run' as const, target: name, detail })),
    }
  },
  async run({ service: name }, { workspace, store, clock }) {
    const { readServices, chosenService, needsTrust, trust } = await import('./services-file.ts')
    const service = chosenService(readServices(workspace), name)
    trust(store, service, clock.now())
    return { service: name, allowed: [...needsTrust(service)] }
  },
})

export const serviceCommands = { 'service.add': add, 'service.remove': remove, 'service.list': list, 'service.trust': trustCommand }
