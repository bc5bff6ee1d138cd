import type { ComposedService } from './composed.ts'
import type { App, Detected } from './detect/detect.ts'
import { slug } from './detect/detect.ts'
import { BACKINGS } from './detect/needs.ts'

const PROFILES = ['single-service', 'multi-service', 'full-stack'] as const
type Profile = (typeof PROFILES)[number]

export interface Wishes {
  readonly stack?: string | undefined
  readonly profile?: Profile | undefined
  /** Under which the services are served. */
  readonly domain?: string | undefined
  /** The name of each service, where no domain is wished for. */
  readonly hostnames?: Readonly<Record<string, string | undefined>>
  readonly ssh?:
    | { readonly host: string; readonly port: number; readonly user: string; readonly hostKey: string; readonly key: string }
    | undefined
}

type Json = Record<string, unknown>

/** A configuration for what was found, as it would be had nobody touched it; the same for the same project. */
export function proposeConfig(detected: Detected, composed: readonly ComposedService[], wishes: Wishes, hasVariables: boolean): Json {
  const stack = wishes.stack ?? detected.name
  const apps = detected.apps.filter(
    ({ folder }) => !composed.length || !detected.compose.some((path) => path.startsWith(`${folder}/`) && folder !== ''),
  )
  const services: Record<string, Json> = composed.length > 0 ? fromCompose(composed, apps, wishes) : fromApps(apps, detected, wishes)
  const served = Object.values(services).some(({ hostname }) => hostname !== undefined)
  return {
    stack,
    profile: wishes.profile ?? profileOf(services, served || detected.caddyfiles.length > 0),
    targets: {
      local: { kind: 'local' },
      ...(wishes.ssh !== undefined && { server: { kind: 'ssh', ...wishes.ssh } }),
    },
    environments: environmentsOf(detected, wishes.ssh === undefined ? 'local' : 'server', hasVariables),
    services,
    ...((served || detected.caddyfiles.length > 0) && { proxy: { admin: 'http://127.0.0.1:2019' } }),
    keepReleases: 5,
  }
}

function profileOf(services: Readonly<Record<string, Json>>, hasProxy: boolean): Profile {
  const all = Object.values(services)
  const backing = all.filter(({ backup }) => backup !== undefined).length
  if (backing > 0 && hasProxy) return 'full-stack'
  return all.length > 1 ? 'multi-service' : 'single-service'
}

const NO_ENVIRONMENT = /^(example|sample|template|dist|schema|local|test|ci|dev|development|defaults?)$/

/** Production, and those that the env files name; only production is protected, as people expect. */
function environmentsOf({ envFiles }: Detected, target: string, hasVariables: boolean): Json {
  const named = envFiles.flatMap((path) => /^\.env\.([a-z][a-z0-9-]*)$/.exec(path)?.[1] ?? []).filter((name) => !NO_ENVIRONMENT.test(name))
  const names = [...new Set([...named, 'production'])].sort(
    (a, b) => Number(a === 'production') - Number(b === 'production') || (a < b ? -1 : 1),
  )
  // A file that is named has to be there at a deployment, and nobody can make one of no variables.
  const fileOf = (name: string): Json => (hasVariables || named.includes(name) ? { envFile: `.env.${name}` } : {})
  return Object.fromEntries(names.map((name) => [name, { target, protected: /^prod(uction)?$/.test(name), ...fileOf(name) }]))
}

function fromCompose(composed: readonly ComposedService[], apps: readonly App[], wishes: Wishes): Record<string, Json> {
  const names = new Set(composed.map(({ name }) => slug(name)))
  const isWeb = ({ port, volumes }: ComposedService): boolean => port !== undefined && volumes.length === 0 && !NO_WEB.has(port)
  const webs = composed.filter(isWeb)
  return Object.fromEntries(
    composed.map((service) => {
      const { name, file, port, dependsOn, volumes } = service
      const app = apps.find((one) => one.name === name) ?? (apps.length === 1 && webs.length === 1 && isWeb(service) ? apps[0] : undefined)
      return [
        slug(name),
        {
          handler: 'compose',
          file,
          ...(slug(name) !== name && { service: name }),
          ...(port !== undefined && { port }),
          ...(isWeb(service) && hostnameFor(slug(name), webs.length, wishes)),
          ...healthOf(app?.healthPath, port),
          ...(volumes.length > 0 && { backup: volumes.map((volume) => volume.name) }),
          ...(dependsOn.length > 0 && { dependsOn: dependsOn.map(slug).filter((other) => names.has(other)) }),
        },
      ]
    }),
  )
}

/** What speaks no HTTP. */
const NO_WEB: ReadonlySet<number> = new Set([...Object.values(BACKINGS).map(({ port }) => port), 25, 53, 1433, 2379, 9042, 11211])

function fromApps(apps: readonly App[], { needs }: Detected, wishes: Wishes): Record<string, Json> {
  const webs = apps.filter(({ port, language }) => port !== undefined || language === 'static')
  const taken = new Set(apps.map(({ name }) => name))
  const serviceOf = new Map(
    needs.map((need) => {
      const { service } = BACKINGS[need]
      const name = taken.has(service) ? `${service}-${need}` : service
      taken.add(name)
      return [need, name] as const
    }),
  )
  const own = apps.map((app): [string, Json] => {
    const { name, folder, port, output, dockerfile, language, healthPath } = app
    const hostname = webs.includes(app) ? hostnameFor(name, webs.length, wishes) : {}
    const dependsOn = app.needs.flatMap((need) => serviceOf.get(need) ?? [])
    const common = {
      ...(port !== undefined && { port }),
      ...hostname,
      ...healthOf(healthPath, port),
      ...(dependsOn.length > 0 && { dependsOn }),
    }
    if (dockerfile !== undefined) return [name, { handler: 'compose', file: 'compose.yaml', ...common }]
    const source = folder === '' ? (output ?? '.') : output === undefined || output === '.' ? folder : `${folder}/${output}`
    if (language === 'static') return [name, { handler: 'static', source, ...hostname }]
    return [name, { handler: 'systemd', unit: `deploy/${name}.service`, source, ...common }]
  })
  const backings = needs.map((need): [string, Json] => {
    const { image, port, health, service } = BACKINGS[need]
    const name = serviceOf.get(need) ?? service
    return [name, { handler: 'compose', file: 'compose.yaml', image, port, health: { command: health }, backup: [`${name}-data`] }]
  })
  return Object.fromEntries([...own, ...backings])
}

/** The one that people see first gets the name itself, the others one beneath it. */
function hostnameFor(name: string, webs: number, { domain, hostnames = {} }: Wishes): Json {
  const said = Object.hasOwn(hostnames, name) ? hostnames[name] : undefined
  if (domain === undefined) return said === undefined ? {} : { hostname: said }
  return { hostname: webs === 1 || /^(web|www|frontend|site|ui|client)$/.test(name) ? domain : `${name}.${domain}` }
}

function healthOf(path: string | undefined, port: number | undefined): Json {
  if (port === undefined) return {}
  return { health: path === undefined ? { tcp: port } : { http: path } }
}
