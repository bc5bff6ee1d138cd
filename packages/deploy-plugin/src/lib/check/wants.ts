import type { DeployConfig, ServiceConfig } from '../config/config.ts'
import { parseDotenv, valuesOf } from '../env/dotenv.ts'
import { readInside } from '../files/project.ts'
import { interpolate } from '../model/interpolate.ts'

/** What the services of a stack want of the machine they are to run on. */
export interface Wants {
  readonly images: readonly { readonly service: string; readonly image: string; readonly isBuilt: boolean }[]
  /** Ports of the host itself. */
  readonly ports: readonly WantedPort[]
  /** Networks that the stack does not make itself. */
  readonly networks: readonly string[]
  readonly hostnames: readonly { readonly service: string; readonly hostname: string }[]
  /** What the services may take at most, and what is set aside for them. */
  readonly memory: { readonly limitKb: number; readonly reservedKb: number; readonly unlimited: readonly string[] }
  readonly needsEngine: boolean
}

export interface WantedPort {
  readonly service: string
  readonly port: number
  /** Undefined for all of the host's addresses. */
  readonly address: string | undefined
}

/** Of a machine of which nothing is wanted yet. */
export const NO_WANTS: Wants = {
  images: [],
  ports: [],
  networks: [],
  hostnames: [],
  memory: { limitKb: 0, reservedKb: 0, unlimited: [] },
  needsEngine: false,
}

type Named = readonly [name: string, config: ServiceConfig]
type Tree = Readonly<Record<string, unknown>>

/** Reads what the named services say in the configuration and in their compose files; what cannot be read is left out. */
export async function readWants(root: string, { environments }: DeployConfig, env: string, services: readonly Named[]): Promise<Wants> {
  const composed = services.filter(
    (one): one is readonly [string, Extract<ServiceConfig, { handler: 'compose' }>] => one[1].handler === 'compose',
  )
  const trees = new Map<string, Tree>()
  const variables = composed.length === 0 ? new Map<string, string>() : variablesOf(root, ['.env', environments[env]?.envFile])
  for (const file of new Set(composed.map(([, { file }]) => file))) trees.set(file, await readTree(root, file))
  const rows = composed.map(([name, config]) => {
    const tree = trees.get(config.file) ?? {}
    return {
      name,
      config,
      own: treeAt(treeAt(tree, 'services'), config.service ?? name),
      fill: (text: string) => interpolate(text, (variable) => variables.get(variable)).text,
    }
  })
  const limits = rows.map(({ name, own, fill }) => ({ name, ...memoryOf(own, fill) }))
  return {
    images: rows.flatMap(({ name, config, own, fill }) => {
      const image = config.image ?? (typeof own.image === 'string' ? fill(own.image) : undefined)
      return image === undefined ? [] : [{ service: name, image, isBuilt: own.build !== undefined && config.image === undefined }]
    }),
    ports: rows.flatMap(({ name, own, fill }) =>
      portsOf(own)
        .flatMap((port) => publishedOf(port, fill))
        .map((port) => ({ service: name, ...port })),
    ),
    networks: [...new Set(rows.flatMap(({ config, own, fill }) => networksOf(trees.get(config.file) ?? {}, own, fill)))],
    hostnames: services.flatMap(([service, { hostname }]) => (hostname === undefined ? [] : [{ service, hostname }])),
    memory: {
      limitKb: limits.reduce((sum, { limitKb }) => sum + (limitKb ?? 0), 0),
      reservedKb: limits.reduce((sum, { reservedKb }) => sum + (reservedKb ?? 0), 0),
      unlimited: limits.filter(({ limitKb }) => limitKb === undefined).map(({ name }) => name),
    },
    needsEngine: composed.length > 0,
  }
}

function variablesOf(root: string, files: readonly (string | undefined)[]): ReadonlyMap<string, string> {
  const variables = new Map<string, string>()
  for (const file of files) {
    const text = file === undefined ? undefined : readInside(root, file)
    if (text === undefined) continue
    for (const [name, value] of valuesOf(parseDotenv(text)).values) variables.set(name, value)
  }
  return variables
}

/** A file that is missing or broken is told of when it is validated; here it asks for nothing. */
async function readTree(root: string, file: string): Promise<Tree> {
  const text = readInside(root, file)
  if (text === undefined) return {}
  const { parse } = await import('yaml')
  try {
    return treeOf(parse(text, { merge: true, maxAliasCount: 100, logLevel: 'silent' }))
  } catch {
    return {}
  }
}

const treeOf = (value: unknown): Tree => (typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Tree) : {})
const treeAt = (tree: Tree, key: string): Tree => (Object.hasOwn(tree, key) ? treeOf(tree[key]) : {})

const portsOf = (own: Tree): readonly unknown[] => (Array.isArray(own.ports) ? own.ports : [])

/** `[ADDRESS:]HOST:CONTAINER[/PROTOCOL]`, or the long form; what is published anywhere free, or over UDP, holds nobody up. */
function publishedOf(entry: unknown, fill: (text: string) => string): readonly Omit<WantedPort, 'service'>[] {
  if (typeof entry === 'object' && entry !== null) {
    const { published, host_ip: address, protocol } = entry as Tree
    if (protocol === 'udp' || (typeof published !== 'string' && typeof published !== 'number')) return []
    return rangeOf(fill(String(published))).map((port) => ({
      port,
      address: addressOf(typeof address === 'string' ? fill(address) : undefined),
    }))
  }
  const [text = '', protocol] = fill(String(entry)).split('/')
  const [, address, host] = /^(?:(\[[^\]]*\]|[^:]*):)?([\d-]+):[\d-]+$/.exec(text) ?? []
  if (protocol === 'udp' || host === undefined) return []
  return rangeOf(host).map((port) => ({ port, address: addressOf(address) }))
}

function rangeOf(text: string): readonly number[] {
  const [first = Number.NaN, last = first] = text.split('-').map(Number)
  if (!(first >= 1 && last >= first && last <= 65_535)) return []
  return Array.from({ length: last - first + 1 }, (_, index) => first + index)
}

function addressOf(text: string | undefined): string | undefined {
  const address = text?.replace(/^\[|\]$/g, '')
  return address === undefined || address === '' || address === '0.0.0.0' || address === '::' ? undefined : address
}

function networksOf(tree: Tree, own: Tree, fill: (text: string) => string): readonly string[] {
  const used = Array.isArray(own.networks) ? own.networks.map(String) : Object.keys(treeOf(own.networks))
  return used.flatMap((name) => {
    const { external, name: called } = treeAt(treeAt(tree, 'networks'), name)
    if (external === undefined || external === false) return []
    const named = typeof called === 'string' ? called : treeOf(external).name
    return [typeof named === 'string' ? fill(named) : name]
  })
}

function memoryOf(own: Tree, fill: (text: string) => string): { limitKb: number | undefined; reservedKb: number | undefined } {
  const resources = treeAt(treeAt(own, 'deploy'), 'resources')
  const read = (value: unknown): number | undefined =>
    typeof value === 'string' || typeof value === 'number' ? kbOf(fill(String(value))) : undefined
  return {
    limitKb: read(treeAt(resources, 'limits').memory) ?? read(own.mem_limit),
    reservedKb: read(treeAt(resources, 'reservations').memory) ?? read(own.mem_reservation),
  }
}

const UNIT_BYTES: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  k: 1_024,
  kb: 1_024,
  m: 1_024 ** 2,
  mb: 1_024 ** 2,
  g: 1_024 ** 3,
  gb: 1_024 ** 3,
}

/** Bytes as compose writes them: 268435456, 256m, 1.5gb. */
function kbOf(text: string): number | undefined {
  const [, count, unit = ''] = /^\s*([\d.]+)\s*([a-z]*)\s*$/i.exec(text) ?? []
  const bytes = Number(count) * (UNIT_BYTES[unit.toLowerCase()] ?? Number.NaN)
  return Number.isFinite(bytes) && bytes > 0 ? Math.round(bytes / 1_024) : undefined
}
