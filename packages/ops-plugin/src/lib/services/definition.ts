import { z } from 'zod'

/** The file in the workspace's root that says which services there are; meant to be committed. */
export const SERVICES_FILE = 'switchyard.services.json'

const name = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,62}$/i, 'must be letters, digits, ".", "_" or "-"')
  .describe('Name of the service')
const percent = z.number().min(0).max(100)
const milliseconds = z.int().min(1).max(600_000)
const port = z.int().min(1).max(65_535)
const host = z.string().regex(/^[a-z0-9._:-]{1,253}$/i, 'must be a host name or an address')
/** Words are given as they are to the program: no shell reads them. */
const argvSchema = z
  .array(z.string().refine((word) => !word.includes('\0'), 'must hold no NUL'))
  .min(1)
  .max(100)
  .refine(([program = '']) => program !== '', 'must begin with a program')
  .describe('Program and arguments; no shell reads them')
const unitName = z.string().regex(/^[\w@:.\\-]{1,255}$/, 'must be the name of a unit')
const containerName = z.string().regex(/^[a-z0-9][\w.-]{0,127}$/i, 'must be the name or id of a container')

export const webAddress = z
  .url({ protocol: /^https?$/, error: 'must be an address that starts with http:// or https://' })
  .refine((text) => {
    if (!URL.canParse(text)) return false
    const { username, password } = new URL(text)
    return username === '' && password === ''
  }, 'must hold no user name or password: name an environment variable in headersFromEnv')

const common = {
  name: z.string().min(1).max(60).optional().describe('What the check is called in reports; made from its target where absent'),
  timeoutMs: milliseconds.max(60_000).default(5_000),
}
const latency = {
  maxLatencyMs: milliseconds.optional().describe('Slower than this is UNHEALTHY'),
  warnLatencyMs: milliseconds.optional().describe('Slower than this is DEGRADED; 80 % of maxLatencyMs where absent'),
}

export const checkSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('http'),
    ...common,
    url: webAddress,
    method: z.enum(['GET', 'HEAD']).default('GET'),
    status: z.array(z.int().min(100).max(599)).min(1).optional().describe('Statuses that are right; 200 to 299 where absent'),
    body: z.string().min(1).max(1_000).optional().describe('Text that the answer must hold'),
    headersFromEnv: z
      .record(z.string().regex(/^[\w-]+$/), z.string().regex(/^[A-Z_][A-Z0-9_]*$/))
      .optional()
      .describe('Headers whose value an environment variable holds, such as { "Authorization": "API_AUTH" }'),
    ca: z.string().min(1).optional().describe('File with the certificates to trust, relative to the workspace'),
    ...latency,
  }),
  z.strictObject({ type: z.literal('tcp'), ...common, host, port, ...latency }),
  z.strictObject({
    type: z.literal('command'),
    ...common,
    argv: argvSchema,
    cwd: z.string().min(1).optional().describe('Folder to run it in, relative to the workspace'),
    exit: z
      .enum(['zero', 'nagios'])
      .default('zero')
      .describe('zero: anything but 0 is UNHEALTHY; nagios: 1 is DEGRADED, 2 UNHEALTHY, 3 UNKNOWN'),
    output: z.string().min(1).max(1_000).optional().describe('Text that it must print'),
  }),
  z
    .strictObject({
      type: z.literal('process'),
      ...common,
      pidFile: z.string().min(1).optional().describe('File that holds its process id, relative to the workspace'),
      commandLine: z.string().min(1).optional().describe('Text that its command line holds'),
      least: z.int().min(1).default(1).describe('How many such processes there must be'),
      maxMemoryMb: z.number().positive().optional().describe('Of all of them together; 80 % of it is DEGRADED'),
    })
    .refine(({ pidFile, commandLine }) => pidFile !== undefined || commandLine !== undefined, 'must name pidFile or commandLine'),
  z.strictObject({
    type: z.literal('container'),
    ...common,
    container: containerName,
    maxRestarts: z.int().min(0).optional().describe('More restarts than this are DEGRADED'),
  }),
  z.strictObject({ type: z.literal('unit'), ...common, unit: unitName, user: z.boolean().default(false) }),
  z
    .strictObject({
      type: z.literal('certificate'),
      ...common,
      host: host.optional(),
      port: port.default(443),
      file: z.string().min(1).optional().describe('A certificate in a file, relative to the workspace, instead of a host'),
      ca: z.string().min(1).optional().describe('File with the certificates to trust, relative to the workspace'),
      minDays: z.number().min(0).default(7).describe('Fewer days left are UNHEALTHY'),
      warnDays: z.number().min(0).default(21).describe('Fewer days left are DEGRADED'),
    })
    .refine((check) => (check.host === undefined) !== (check.file === undefined), 'must name either host or file'),
  z.strictObject({
    type: z.literal('disk'),
    ...common,
    path: z.string().min(1).default('.').describe('A path on the file system, relative to the workspace'),
    maxUsedPercent: percent.default(90).describe('Of space and of inodes; more is UNHEALTHY'),
    warnUsedPercent: percent.default(80).describe('More is DEGRADED'),
  }),
  z.strictObject({
    type: z.literal('memory'),
    ...common,
    maxUsedPercent: percent.default(95).describe('Of the machine; more is UNHEALTHY'),
    warnUsedPercent: percent.default(85).describe('More is DEGRADED'),
  }),
])

const logSourceSchema = z.union([
  z.strictObject({ file: z.string().min(1).describe('Path, relative to the workspace; what it was rotated to is read too') }),
  z.strictObject({ unit: unitName }),
  z.strictObject({ container: containerName }),
])

const policy = z.enum(['auto', 'confirm', 'never'])

const restartSchema = z.union([
  z.strictObject({ unit: unitName, user: z.boolean().default(false) }),
  z.strictObject({ container: containerName }),
  z.strictObject({
    argv: argvSchema.describe('Starts the process; it must stay in the foreground'),
    pidFile: z.string().min(1),
    cwd: z.string().min(1).optional(),
    log: z.string().min(1).optional().describe('File that its output is added to'),
    graceMs: milliseconds.default(10_000).describe('Time to end after SIGTERM, before SIGKILL'),
  }),
])

const remediationSchema = z.strictObject({
  restart: restartSchema.optional().describe('What a restart restarts'),
  deployment: z
    .strictObject({ service: z.string().min(1), env: z.string().min(1) })
    .optional()
    .describe('Its name in the deploy plugin'),
  policy: z
    .strictObject({ restart: policy.default('confirm'), scale: policy.default('confirm'), rollback: policy.default('confirm') })
    .prefault({})
    .describe('auto: a watching run may do it; confirm: a person approves the plan; never: refused'),
  maxPerHour: z.int().min(1).max(60).default(3).describe('Automatic remediations beyond this are refused'),
  verifyMs: milliseconds.default(60_000).describe('How long the service has to become HEALTHY'),
})

export const serviceSchema = z.strictObject({
  name,
  env: z.string().min(1).max(40).optional().describe('The environment it runs in, such as staging'),
  checks: z.array(checkSchema).min(1).max(50),
  logs: z.array(logSourceSchema).max(20).default([]),
  accessLog: z
    .string()
    .min(1)
    .optional()
    .describe('Access log of a web server (common, combined or JSON lines), relative to the workspace'),
  intervalMs: z.int().min(100).max(86_400_000).default(30_000).describe('How often a watching run checks it'),
  failAfter: z.int().min(1).max(100).default(2).describe('Checks in a row before it counts as worse'),
  recoverAfter: z.int().min(1).max(100).default(2).describe('Checks in a row before it counts as better'),
  forMs: z.int().min(0).max(86_400_000).default(0).describe('How long it must have been worse before it counts'),
  remediate: remediationSchema.prefault({}),
})

export const servicesFileSchema = z
  .strictObject({
    $schema: z.string().optional(),
    engine: z
      .string()
      .startsWith('/')
      .optional()
      .describe("Socket of a container engine that speaks Docker's API; looked for where absent"),
    services: z.array(serviceSchema).max(500).default([]),
  })
  .check(({ value, issues }) => {
    const seen = new Set<string>()
    for (const [index, service] of value.services.entries()) {
      if (seen.has(service.name))
        issues.push({ code: 'custom', input: service.name, path: ['services', index, 'name'], message: `"${service.name}" is there twice` })
      seen.add(service.name)
    }
  })

export type ServiceCheck = z.output<typeof checkSchema>
export type CheckType = ServiceCheck['type']
export type CheckOf<type extends CheckType> = Extract<ServiceCheck, { type: type }>
export type LogSource = z.output<typeof logSourceSchema>
export type Service = z.output<typeof serviceSchema>
export type ServicesFile = z.output<typeof servicesFileSchema>
export type RestartTarget = z.output<typeof restartSchema>
