import { posix } from 'node:path'
import { asMap } from './compose-merge.ts'
import { type Dockerfile, readDockerfile } from './dockerfile.ts'
import { type Mount, parseMount } from './mounts.ts'
import { type ParsedPort, type Port, parsePort } from './ports.ts'
import { isUnread, type ProjectFiles } from './project-files.ts'
import type { Spot } from './source.ts'
import { entriesOf, get, isTrue, itemsOf, type MapTree, type Tree, textOf, textsOf } from './yaml-tree.ts'

/** A name and where it is written. */
export interface Named {
  readonly name: string
  readonly spot: Spot
}

interface ServiceVariable extends Named {
  /** As it stands after interpolation; undefined where it is taken from the shell. */
  readonly value: string | undefined
  readonly valueSpot: Spot
  /** As it is written: whether it comes from elsewhere can be seen in it. */
  readonly isFromElsewhere: boolean
}

interface Dependency extends Named {
  readonly condition: string
  readonly isShort: boolean
}

interface NamedFile extends Named {
  /** Relative to the project, whatever the compose file said. */
  readonly path: string
  readonly isRequired: boolean
}

/** A service of a Compose project, after all its files were merged. */
export interface ComposeService {
  readonly name: string
  readonly keySpot: Spot
  readonly tree: MapTree
  readonly image: (Named & { readonly hasHole: boolean }) | undefined
  readonly build: { readonly dockerfile: Dockerfile | undefined; readonly spot: Spot } | undefined
  readonly ports: readonly ParsedPort[]
  /** Whether a variable without a value decides one of its ports. */
  readonly hasUnknownPort: boolean
  readonly mounts: readonly Mount[]
  readonly networkMode: Named | undefined
  /** `default` where the service names none and has a network of its own. */
  readonly networks: readonly Named[]
  readonly environment: readonly ServiceVariable[]
  readonly envFiles: readonly NamedFile[]
  readonly dependsOn: readonly Dependency[]
  readonly healthcheck: 'own' | 'image' | 'off' | 'none'
  readonly profiles: readonly string[]
}

export const publishedPorts = ({ ports }: ComposeService): readonly Port[] =>
  ports.filter((port): port is Port => !('mistake' in port) && port.published !== undefined)

/** Ports on which a service is known to listen inside of its container; empty where nothing tells. */
export function containerPorts({ ports, hasUnknownPort, tree, build }: ComposeService): readonly number[] {
  if (hasUnknownPort) return []
  const known = new Set<number>()
  for (const port of ports) if (!('mistake' in port)) for (let at = port.target.from; at <= port.target.to; at++) known.add(at)
  for (const { text } of textsOf(get(tree, 'expose'))) {
    const [, from, to = from] = /^(\d+)(?:-(\d+))?(?:\/tcp)?$/.exec(text) ?? []
    if (from !== undefined) for (let at = Number(from); at <= Math.min(Number(to), Number(from) + MAX_RANGE); at++) known.add(at)
  }
  for (const port of build?.dockerfile?.exposes ?? []) known.add(port)
  return [...known]
}
const MAX_RANGE = 1_000

export function readService(name: string, keySpot: Spot, tree: MapTree, folder: string, files: ProjectFiles): ComposeService {
  const networkMode = named(get(tree, 'network_mode'))
  const imageTree = get(tree, 'image')
  const image = named(imageTree)
  const build = buildOf(get(tree, 'build'), folder, files)
  const ports = itemsOf(get(tree, 'ports')).map(parsePort)
  return {
    name,
    keySpot,
    tree,
    image: image && { ...image, hasHole: imageTree?.kind === 'scalar' && imageTree.hasHole === true },
    build,
    ports: ports.filter((port) => port !== undefined),
    hasUnknownPort: ports.includes(undefined),
    mounts: itemsOf(get(tree, 'volumes')).flatMap((item) => parseMount(item) ?? []),
    networkMode,
    networks: networksOf(tree, networkMode, keySpot),
    environment: environmentOf(get(tree, 'environment')),
    envFiles: envFilesOf(get(tree, 'env_file'), folder),
    dependsOn: dependenciesOf(get(tree, 'depends_on')),
    healthcheck: healthcheckOf(get(tree, 'healthcheck'), build?.dockerfile),
    profiles: textsOf(get(tree, 'profiles')).map(({ text }) => text),
  }
}

function named(tree: Tree | undefined): Named | undefined {
  const name = textOf(tree)
  return name === undefined || tree === undefined ? undefined : { name, spot: tree.spot }
}

function networksOf(tree: MapTree, mode: Named | undefined, keySpot: Spot): readonly Named[] {
  const networks = get(tree, 'networks')
  const names =
    networks?.kind === 'map'
      ? entriesOf(networks).map(({ key, keySpot: spot }) => ({ name: key, spot }))
      : textsOf(networks).map(({ text, spot }) => ({ name: text, spot }))
  return names.length > 0 || mode !== undefined ? names : [{ name: 'default', spot: keySpot }]
}

function environmentOf(tree: Tree | undefined): readonly ServiceVariable[] {
  return entriesOf(tree && asMap(tree)).map(({ key, keySpot, value }) => ({
    name: key,
    spot: keySpot,
    value: textOf(value),
    valueSpot: value.spot,
    isFromElsewhere: value.spot.source.text.slice(value.spot.start, value.spot.end).includes('$'),
  }))
}

function envFilesOf(tree: Tree | undefined, folder: string): readonly NamedFile[] {
  const all = tree?.kind === 'list' ? tree.items : tree === undefined ? [] : [tree]
  return all.flatMap((item) => {
    const path = item.kind === 'map' ? get(item, 'path') : item
    const text = textOf(path)
    if (text === undefined || (path?.kind === 'scalar' && path.hasHole === true)) return []
    const required = item.kind === 'map' ? get(item, 'required') : undefined
    return [
      { name: text, path: posix.join(folder, text), spot: (path ?? item).spot, isRequired: required === undefined || isTrue(required) },
    ]
  })
}

function dependenciesOf(tree: Tree | undefined): readonly Dependency[] {
  if (tree?.kind !== 'map')
    return textsOf(tree).map(({ text, spot }) => ({ name: text, spot, condition: 'service_started', isShort: true }))
  return entriesOf(tree).map(({ key, keySpot, value }) => ({
    name: key,
    spot: keySpot,
    condition: textOf(get(value, 'condition')) ?? 'service_started',
    isShort: false,
  }))
}

function healthcheckOf(tree: Tree | undefined, dockerfile: Dockerfile | undefined): ComposeService['healthcheck'] {
  if (tree?.kind === 'map') {
    const test = get(tree, 'test')
    if (isTrue(get(tree, 'disable')) || textOf(test) === 'NONE' || textOf(itemsOf(test)[0]) === 'NONE') return 'off'
    if (test !== undefined) return 'own'
  }
  return dockerfile?.hasHealthcheck === true ? 'image' : 'none'
}

function buildOf(tree: Tree | undefined, folder: string, files: ProjectFiles): ComposeService['build'] {
  if (tree === undefined) return undefined
  const context = tree.kind === 'map' ? (textOf(get(tree, 'context')) ?? '.') : (textOf(tree) ?? '.')
  const isLocal = !/^[a-z+]+:\/\/|^git@|^github\.com\//.test(context) && get(tree, 'dockerfile_inline') === undefined
  const path = posix.join(folder, context, textOf(get(tree, 'dockerfile')) ?? 'Dockerfile')
  const source = isLocal && !posix.isAbsolute(context) ? files.read(path) : 'missing'
  return { dockerfile: isUnread(source) ? undefined : readDockerfile(source), spot: tree.spot }
}
