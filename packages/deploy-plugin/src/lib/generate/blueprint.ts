import type { DeployConfig, ServiceConfig } from '../config/config.ts'
import type { Composed, ComposedService } from '../setup/composed.ts'
import { type App, type Detected, slug } from '../setup/detect/detect.ts'
import { BACKINGS, type Need, needOfImage } from '../setup/detect/needs.ts'

/** What every kind of file is generated from: the configuration, with what the project's files say of each service. */
export interface Blueprint {
  readonly stack: string
  readonly services: readonly Planned[]
  /** Variables that people give values. */
  readonly variables: readonly PlannedVariable[]
  /** The environment whose folders on the host the proxy serves files from. */
  readonly env: string
  readonly root: string
}

export interface Planned {
  readonly name: string
  readonly handler: ServiceConfig['handler']
  readonly config: ServiceConfig
  /** The part of the project that it runs, where one was found. */
  readonly app: App | undefined
  /** The well-known service that it is. */
  readonly need: Need | undefined
  readonly image: string | undefined
  readonly port: number | undefined
  readonly hostname: string | undefined
  readonly dependsOn: readonly string[]
  readonly environment: readonly PlannedSetting[]
  readonly volume: { readonly name: string; readonly path: string } | undefined
}

/** A variable of one service: a text in which `${NAME}` stands for a variable of the stack. */
export interface PlannedSetting {
  readonly name: string
  readonly text: string
}

interface PlannedVariable {
  readonly name: string
  readonly about: string
  readonly secret: boolean
  /** Made by chance, as nobody outside has to know it. */
  readonly random: boolean
  /** Known from the project's own lists alone: it may be empty, and those lists are left as they are. */
  readonly listed: boolean
  /** Whether nothing is missing where it has no value. */
  readonly optional: boolean
  /** What is used where it has no value. */
  readonly fallback: string | undefined
  readonly type: 'string' | 'port' | 'url' | 'boolean' | 'number'
}

/** A file as it would be had nobody touched it. */
export interface MadeFile {
  readonly path: string
  readonly text: string
  /** The one service that it is about; undefined where several share it. */
  readonly service?: string
}

/** What is known of the project beside its configuration. */
export interface Known {
  readonly detected: Detected
  readonly composed: Composed
  /** Variables that the project's own schema or example lists. */
  readonly known: readonly string[]
  readonly isSecret: (name: string) => boolean
}

/** The configuration's services with all that the project says of them. */
export function createBlueprint(config: DeployConfig, { detected, composed, known, isSecret }: Known): Blueprint {
  const { stack } = config
  const names = Object.keys(config.services)
  const read = new Set(detected.apps.flatMap((app) => app.variables))
  const listed = known.filter((name) => !read.has(name))
  const variables = new Map<string, PlannedVariable>()
  for (const { name, at, optional } of composed.wanted)
    variables.set(name, { ...describe(name, isSecret(name), at), optional, listed: known.includes(name) })
  const services = Object.entries(config.services).map(([name, service]) => {
    const own =
      service.handler === 'compose'
        ? composed.services.find((one) => one.file === service.file && one.name === (service.service ?? name))
        : undefined
    if (own !== undefined) return planComposed(name, service, own, variables)
    const need = service.handler === 'compose' && service.image !== undefined ? needOfImage(service.image) : undefined
    if (need !== undefined) return planBacking(stack, name, service, need, variables)
    return planApp(name, service, appOf(name, service, detected, names), { config, listed, isSecret, variables })
  })
  const envs = Object.keys(config.environments)
  const env = envs.includes('production') ? 'production' : (envs[0] ?? 'production')
  const place = config.targets[config.environments[env]?.target ?? '']
  const sorted = [...variables.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  return { stack, services, variables: sorted, env, root: place?.root ?? '/var/lib/switchyard' }
}

/** The app of that name, or the one in its source folder, or the only one there is. */
function appOf(name: string, service: ServiceConfig, { apps }: Detected, names: readonly string[]): App | undefined {
  if (service.handler === 'compose' && service.image !== undefined) return undefined
  const named = apps.find((app) => app.name === name)
  if (named !== undefined) return named
  const source = 'source' in service ? service.source.replace(/\/$/, '').replace(/^\.$/, '') : undefined
  const placed =
    source === undefined
      ? undefined
      : apps.find(({ folder, output }) => folder === source || (output !== undefined && joined(folder, output) === source))
  if (placed !== undefined) return placed
  const [only, ...others] = apps.filter((app) => !names.includes(app.name))
  return others.length === 0 ? only : undefined
}

const joined = (folder: string, name: string): string => (folder === '' ? name : name === '.' ? folder : `${folder}/${name}`)

/** What all services have, whatever they are. */
const common = (name: string, service: ServiceConfig) => ({
  name,
  handler: service.handler,
  config: service,
  image: service.handler === 'compose' ? service.image : undefined,
  hostname: service.hostname,
  dependsOn: service.dependsOn,
})

function planBacking(stack: string, name: string, service: ServiceConfig, need: Need, variables: Map<string, PlannedVariable>): Planned {
  const backing = BACKINGS[need]
  const environment = Object.entries(backing.environment(stack)).map(([key, text]): PlannedSetting => ({ name: key, text }))
  const { secret } = backing
  if (secret !== undefined) {
    environment.push({ name: secret, text: `\${${secret}}` })
    const about = `Password of ${name} (${need})`
    variables.set(secret, {
      name: secret,
      about,
      secret: true,
      random: true,
      listed: false,
      optional: false,
      fallback: undefined,
      type: 'string',
    })
  }
  const volume = { ...backing.volume, name: `${name}-data` }
  return { ...common(name, service), app: undefined, need, port: service.port ?? backing.port, environment, volume }
}

interface Around {
  readonly config: DeployConfig
  /** Variables that the project lists and no app reads. */
  readonly listed: readonly string[]
  readonly isSecret: (name: string) => boolean
  /** Takes in what the app needs. */
  readonly variables: Map<string, PlannedVariable>
}

function planApp(name: string, service: ServiceConfig, app: App | undefined, { config, listed, isSecret, variables }: Around): Planned {
  const port = service.port ?? app?.port
  // A unit on the host does not see the names of containers.
  const given = service.handler === 'compose' ? addressesFor(config.stack, service.dependsOn, config.services) : {}
  const wanted = app === undefined || service.handler === 'static' ? [] : [...new Set([...app.variables, ...listed])].sort()
  const environment = wanted.flatMap((variable): PlannedSetting[] => {
    if (variable === 'PORT') return port === undefined ? [] : [{ name: variable, text: String(port) }]
    const address = Object.hasOwn(given, variable) ? given[variable] : undefined
    if (address !== undefined) return [{ name: variable, text: address }]
    if (BACKING_SECRETS.has(variable)) return []
    if (!variables.has(variable)) {
      const described = describe(variable, isSecret(variable), app?.name ?? name)
      variables.set(variable, { ...described, optional: false, listed: listed.includes(variable) })
    }
    return [{ name: variable, text: `\${${variable}}` }]
  })
  return { ...common(name, service), app, need: undefined, port, environment, volume: undefined }
}

/** Those belong to the services that they protect, and reach an app as part of an address. */
const BACKING_SECRETS: ReadonlySet<string> = new Set(Object.values(BACKINGS).flatMap(({ secret }) => secret ?? []))

/** What somebody's own compose file runs: its variables are known by name alone, so their values come with the secrets. */
function planComposed(name: string, service: ServiceConfig, own: ComposedService, variables: Map<string, PlannedVariable>): Planned {
  for (const variable of own.variables.filter((one) => !variables.has(one)))
    variables.set(variable, {
      name: variable,
      about: `Read by ${name}`,
      secret: true,
      random: false,
      listed: true,
      optional: true,
      fallback: undefined,
      type: 'string',
    })
  const [volume] = own.volumes
  return {
    ...common(name, service),
    app: undefined,
    need: own.image === undefined ? undefined : needOfImage(own.image),
    image: service.handler === 'compose' ? (service.image ?? own.image) : undefined,
    port: service.port ?? own.port,
    environment: own.variables.map((variable) => ({ name: variable, text: `\${${variable}}` })),
    volume: volume && { name: slug(volume.name), path: volume.path },
  }
}

/** The usual variables for what a service depends on. */
function addressesFor(stack: string, dependsOn: readonly string[], all: DeployConfig['services']): Record<string, string> {
  const given: Record<string, string> = {}
  for (const other of dependsOn) {
    const service = all[other]
    const need = service?.handler === 'compose' && service.image !== undefined ? needOfImage(service.image) : undefined
    if (need !== undefined) Object.assign(given, BACKINGS[need].addresses(stack, other))
  }
  return given
}

/** Secrets that only the app itself has to know. */
const INVENTED = /^(SESSION|COOKIE|JWT|APP|AUTH|CSRF|ENCRYPTION|SIGNING)_?(SECRET|KEY)(_KEY)?$|^SECRET(_KEY(_BASE)?)?$|^NEXTAUTH_SECRET$/

function describe(name: string, secret: boolean, app: string): Omit<PlannedVariable, 'listed' | 'optional'> {
  const type = name.endsWith('_PORT')
    ? 'port'
    : /_UR[IL]$|^UR[IL]$/.test(name)
      ? 'url'
      : /^(DEBUG|.*_ENABLED|ENABLE_.*)$/.test(name)
        ? 'boolean'
        : 'string'
  const fallback = name === 'DEBUG' ? 'false' : name === 'LOG_LEVEL' ? 'info' : undefined
  return {
    name,
    about: app.includes(':') ? `Asked for in ${app}` : `Read by ${app}`,
    secret,
    random: secret && INVENTED.test(name),
    fallback,
    type,
  }
}
