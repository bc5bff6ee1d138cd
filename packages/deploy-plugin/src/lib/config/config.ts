import { z } from 'zod'

/** Where a project says what is deployed where; JSON with comments, beside the compose file. */
export const CONFIG_FILE = 'switchyard.deploy.json'

/** What a name of a stack, service, target or environment may be: it becomes part of container names, units, folders and host labels. */
const NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/
const name = z.string().max(40, 'must have at most 40 characters').regex(NAME, 'must be lower-case words joined by "-"')

/** Users of clouds and roles that people mistake for an environment. */
const NEVER_ENVIRONMENTS: ReadonlySet<string> = new Set(['discover', 'admin', 'ci', 'terraform', 'backup', 'monitor', 'audit', 'readonly'])

const relativePath = z
  .string()
  .min(1)
  .refine((path) => !path.startsWith('/') && !path.includes('\0') && !path.split(/[\\/]/).includes('..'), 'must stay inside the project')
const absolutePath = z
  .string()
  .regex(/^\/[^\0]*$/, 'must be absolute')
  .refine((path) => !path.split('/').includes('..'), 'must not go up')
const argv = z.array(z.string().min(1)).min(1)
const port = z.int().min(1).max(65_535)
const hostname = z
  .string()
  .max(253)
  .regex(/^(?=.*[a-z])[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/, 'must be a host name in lower case')

const placed = {
  root: absolutePath.default('/var/lib/switchyard').describe('Folder on the host for releases, state and locks'),
  engine: absolutePath.optional().describe("The container engine's socket on the host; absent: where Docker and Podman usually put it"),
}

const target = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('local'), ...placed }),
  z.strictObject({
    kind: z.literal('ssh'),
    host: z
      .string()
      .min(1)
      .regex(/^[^\s@/]+$/, 'must be a host name or address'),
    port: port.default(22),
    user: z.string().min(1),
    key: z.string().min(1).describe('File of the private key; "~" is your home'),
    hostKey: z
      .string()
      .regex(
        /^SHA256:[A-Za-z0-9+/]{43}=?$/,
        'must be a fingerprint such as ssh-keyscan -t ed25519 HOST | ssh-keygen -lf - prints: SHA256:…',
      )
      .describe("Fingerprint of the host's key: no other host is spoken to"),
    ...placed,
  }),
])

const environment = z.strictObject({
  target: name,
  protected: z.boolean().default(false).describe('Whether its name must be typed before anything is changed in it'),
  envFile: relativePath
    .optional()
    .describe('Variables for every service of it, or for what a compose file refers to; its values are never shown'),
  watch: z
    .strictObject({
      forSeconds: z.number().min(0).max(1_800).describe('How long what deploy.apply brought is watched; the command ends only then'),
      intervalSeconds: z.number().min(0.1).max(3_600).default(5),
      failAfter: z.int().min(1).max(100).default(3).describe('Looks in a row that must fail; a service that ended has failed at once'),
      rollback: z.boolean().default(false).describe('Whether what fails is rolled back by itself'),
      issue: z.boolean().default(false).describe('Whether an issue is filed for what fails'),
    })
    .optional()
    .describe('Watches each deployment by itself; absent: nothing is watched but by deploy.watch'),
})

const health = z.union([
  z.strictObject({
    http: z.string().startsWith('/').describe('Path that answers 2xx or 3xx when the service is well'),
    timeoutMs: z.int().min(50).max(60_000).default(2_000),
  }),
  z.strictObject({ tcp: port.describe('Port that accepts connections'), timeoutMs: z.int().min(50).max(60_000).default(2_000) }),
  z.strictObject({
    command: argv.describe('Program and arguments, run inside the container or on the host; 0 is well'),
    timeoutMs: z.int().min(50).max(60_000).default(5_000),
  }),
])

const gated = {
  port: port.optional().describe('Where the service listens: inside its container, or as $PORT on the host'),
  hostname: hostname.optional().describe('Name under which the proxy serves it'),
  health: health.optional(),
  startForSeconds: z.number().min(0).max(3_600).default(60).describe('How long it may take until its first good answer'),
  stableForSeconds: z.number().min(0).max(3_600).default(5).describe('How long it must then answer well without a break'),
  drainSeconds: z.number().min(0).max(3_600).default(10).describe('How long requests of the release before may take to end'),
  maxErrorLines: z.int().min(0).default(10).describe('Lines in its log that tell of an error, beyond as many as the release before had'),
  strategy: z
    .enum(['beside', 'replace'])
    .optional()
    .describe('beside: new starts while old serves; replace: old stops first. Absent: beside, unless it has data or ports of its own'),
  dependsOn: z.array(name).default([]),
  migrations: z
    .strictObject({
      level: z.int().min(0).describe('Counts up with each change of the data'),
      reversible: z.int().min(0).describe('The lowest level that a release may go back to without losing data'),
      up: argv.optional().describe('Run before the new release starts'),
      down: argv.optional().describe('Run when it is taken back'),
    })
    .optional(),
  envFile: relativePath.optional().describe("Variables for this service alone, over the environment's"),
}

const replicated = {
  replicas: z.int().min(1).max(50).default(1).describe('How many run beside one another; deploy.scale changes it until this does'),
}

const released = {
  source: relativePath.describe('Folder whose content is a release'),
}

const service = z.discriminatedUnion('handler', [
  z.strictObject({
    handler: z.literal('compose'),
    file: relativePath.default('compose.yaml').describe('The compose file'),
    service: z.string().optional().describe('Its name in there; absent: as here'),
    image: z.string().min(1).optional().describe('Instead of the image in the compose file'),
    backup: z.array(z.string()).default([]).describe('Named volumes that are backed up before each deployment'),
    ...replicated,
    ...gated,
  }),
  z.strictObject({
    handler: z.literal('process'),
    command: argv,
    stopSignal: z.enum(['TERM', 'INT', 'QUIT', 'HUP', 'KILL']).default('TERM'),
    stopAfterSeconds: z.number().min(0).max(600).default(10),
    ...released,
    ...replicated,
    ...gated,
  }),
  z.strictObject({
    handler: z.literal('systemd'),
    unit: relativePath.describe('A unit file; its folder and an EnvironmentFile with $PORT are added'),
    units: absolutePath.default('/etc/systemd/system'),
    user: z.boolean().default(false).describe("Whether it is a unit of the user's own"),
    ...released,
    ...replicated,
    ...gated,
  }),
  z.strictObject({
    handler: z.literal('static'),
    ...released,
    ...gated,
    index: relativePath.default('index.html').describe('The file that must be there'),
  }),
])

export const deployConfig = z
  .strictObject({
    $schema: z.string().optional(),
    stack: name,
    profile: z.enum(['single-service', 'multi-service', 'full-stack']).default('single-service'),
    targets: z.record(name, target).default({}),
    environments: z.record(name, environment),
    services: z.record(name, service),
    proxy: z
      .strictObject({
        admin: z
          .url({ protocol: /^http$/ })
          .default('http://127.0.0.1:2019')
          .describe("Caddy's admin API, as the host sees it"),
        server: z
          .string()
          .optional()
          .describe("Caddy's name for the server that gets the routes; absent: the one that listens on 443 or 80"),
      })
      .optional(),
    keepReleases: z.int().min(1).max(100).default(5),
  })
  .superRefine(({ targets, environments, services, proxy }, ctx) => {
    const bad = (path: (string | number)[], message: string): void => ctx.addIssue({ code: 'custom', path, message })
    for (const [key, { target: named }] of Object.entries(environments)) {
      if (NEVER_ENVIRONMENTS.has(key)) bad(['environments', key], 'must be an environment: this is the name of a role')
      if (targets[named] === undefined) bad(['environments', key, 'target'], `must be one of the targets: ${listOf(Object.keys(targets))}`)
    }
    if (Object.keys(environments).length === 0) bad(['environments'], 'must name at least one')
    if (Object.keys(services).length === 0) bad(['services'], 'must name at least one')
    for (const [key, one] of Object.entries(services)) {
      for (const [index, other] of one.dependsOn.entries())
        if (services[other] === undefined || other === key)
          bad(['services', key, 'dependsOn', index], 'must be another service of this stack')
      if (one.hostname !== undefined && proxy === undefined) bad(['services', key, 'hostname'], 'needs "proxy", which serves it')
      if (one.hostname !== undefined && one.handler !== 'static' && one.port === undefined)
        bad(['services', key], 'must have a "port" for the proxy')
      if (one.health !== undefined && !('command' in one.health) && one.handler !== 'static' && one.port === undefined)
        bad(['services', key, 'health'], 'needs "port", which is asked')
      if (one.health !== undefined && 'tcp' in one.health && one.port !== undefined && one.health.tcp !== one.port)
        bad(['services', key, 'health', 'tcp'], 'must be "port": no other is opened to be asked')
      if (one.handler !== 'static' && one.replicas > 1 && one.strategy === 'replace')
        bad(['services', key, 'replicas'], 'must be 1 where the old one is stopped first')
      if (one.handler === 'static' && one.health !== undefined && !('http' in one.health))
        bad(['services', key, 'health'], 'must be http: files have neither a port nor a program of their own')
      if (one.migrations !== undefined && one.migrations.reversible > one.migrations.level)
        bad(['services', key, 'migrations', 'reversible'], 'must not be above "level"')
    }
    const circle = findCircle(services)
    if (circle !== undefined) bad(['services', circle[0] ?? '', 'dependsOn'], `must not go in a circle: ${circle.join(' → ')}`)
    const served = new Map<string, string>()
    for (const [key, { hostname: host }] of Object.entries(services)) {
      if (host === undefined) continue
      const other = served.get(host)
      if (other !== undefined) bad(['services', key, 'hostname'], `must not be that of "${other}"`)
      served.set(host, key)
    }
  })

export type DeployConfig = z.output<typeof deployConfig>
export type TargetConfig = DeployConfig['targets'][string]
export type EnvironmentConfig = DeployConfig['environments'][string]
export type ServiceConfig = DeployConfig['services'][string]
export type HandlerName = ServiceConfig['handler']
export type HealthConfig = NonNullable<ServiceConfig['health']>

const listOf = (names: readonly string[]): string => (names.length === 0 ? 'there are none' : names.join(', '))

/** The services that wait for one another in a circle, from the first back to itself. */
function findCircle(services: Readonly<Record<string, { dependsOn: readonly string[] }>>): string[] | undefined {
  const done = new Set<string>()
  function visit(key: string, way: readonly string[]): string[] | undefined {
    if (way.includes(key)) return [...way.slice(way.indexOf(key)), key]
    if (done.has(key)) return undefined
    for (const next of services[key]?.dependsOn ?? []) {
      const found = visit(next, [...way, key])
      if (found !== undefined) return found
    }
    done.add(key)
    return undefined
  }
  for (const key of Object.keys(services)) {
    const found = visit(key, [])
    if (found !== undefined) return found
  }
  return undefined
}
