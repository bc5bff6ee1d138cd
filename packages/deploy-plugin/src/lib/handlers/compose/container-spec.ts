import { resolve } from 'node:path'
import type { ContainerCreateOptions, HostConfig } from 'dockerode'
import { mountsOf, networksOf, portsOf } from './attachments.ts'
import { composeInvalid } from './errors.ts'
import { CREATE, HOST, pairs } from './fields.ts'
import { type ComposeService, type Loose, recordOf } from './read-compose.ts'
import { sizeOf } from './values.ts'

/** A service of a compose file in the engine's words, without name, slot and variables. */
export interface ContainerSpec {
  readonly image: string
  /** Path of the folder and what the engine is told about building it. */
  readonly build?: { readonly context: string; readonly options: Loose }
  readonly create: Omit<ContainerCreateOptions, 'HostConfig' | 'name' | 'Env' | 'Image'>
  readonly host: HostConfig
  readonly networks: readonly SpecNetwork[]
  readonly volumes: readonly SpecVolume[]
  /** Container ports that were published under fixed host ports. */
  readonly fixedPorts: readonly number[]
}

export interface SpecNetwork {
  readonly key: string
  /** On the host. */
  readonly name: string
  readonly external: boolean
  readonly internal: boolean
  readonly aliases: readonly string[]
}

export interface SpecVolume {
  readonly key: string
  readonly name: string
  readonly external: boolean
}

/** What says something to people or other programs, and nothing about how the container runs. */
const IGNORED = ['depends_on', 'profiles', 'develop', 'annotations', 'pull_policy', 'attach', 'scale', 'expose', 'environment', 'env_file']

/** One service that is being read, with what is wrong with it so far. */
export interface Reading {
  readonly compose: ComposeService
  readonly project: string
  readonly prefix: string
  readonly name: string
  readonly problems: string[]
}

/** @throws COMPOSE_INVALID that names all that it cannot bring to the engine: nothing is left out in silence */
export function containerSpec(
  compose: ComposeService,
  { project, prefix, name, image }: { project: string; prefix: string; name: string; image: string | undefined },
): ContainerSpec {
  const problems: string[] = []
  const reading: Reading = { compose, project, prefix, name, problems }
  const { service } = compose
  const known = new Set([
    ...IGNORED,
    ...Object.keys(CREATE),
    ...Object.keys(HOST),
    'image',
    'build',
    'networks',
    'volumes',
    'ports',
    'deploy',
    'restart',
  ])
  for (const key of Object.keys(service)) if (!known.has(key) && !key.startsWith('x-')) problems.push(`"${key}" is not supported`)
  const create: Record<string, unknown> = {}
  const host: Record<string, unknown> = {}
  for (const [key, [field, read]] of Object.entries(CREATE))
    if (service[key] !== undefined) create[field] = read(service[key], problems, key)
  for (const [key, [field, read]] of Object.entries(HOST)) if (service[key] !== undefined) host[field] = read(service[key], problems, key)
  host.RestartPolicy = restartPolicy(service.restart, problems)
  Object.assign(host, limitsOf(service.deploy, problems))
  const { mounts, volumes } = mountsOf(reading)
  if (mounts.length > 0) host.Mounts = mounts
  const { bindings, exposed, fixedPorts } = portsOf(service.ports, problems)
  if (fixedPorts.length > 0) {
    host.PortBindings = bindings
    create.ExposedPorts = exposed
  }
  const networks = networksOf(reading)
  const built = buildOf(service.build, project, problems)
  const named = image ?? (typeof service.image === 'string' ? service.image : undefined)
  if (named === undefined && built === undefined) problems.push('neither "image" nor "build" is there')
  if (problems.length > 0)
    throw composeInvalid(
      compose.file,
      problems.map((problem) => `services.${name}: ${problem}`),
    )
  return {
    image: named ?? `localhost/switchyard/${prefix}-${name}:built`,
    ...(built !== undefined && image === undefined && { build: built }),
    create,
    host,
    networks,
    volumes,
    fixedPorts,
  }
}

function restartPolicy(value: unknown, problems: string[]): HostConfig['RestartPolicy'] {
  const [name = '', count] = String(value ?? 'unless-stopped').split(':')
  if (!['no', 'false', 'always', 'unless-stopped', 'on-failure'].includes(name)) problems.push(`restart: "${name}" is no policy`)
  return { Name: name === 'false' ? 'no' : name, ...(count !== undefined && { MaximumRetryCount: Number(count) }) }
}

function limitsOf(deploy: unknown, problems: string[]): HostConfig {
  if (deploy === undefined) return {}
  const { resources, restart_policy: _, ...rest } = recordOf(deploy)
  for (const key of Object.keys(rest)) if (key !== 'replicas' || rest[key] !== 1) problems.push(`"deploy.${key}" is not supported`)
  const { limits, reservations } = recordOf(resources)
  const { cpus, memory, pids } = recordOf(limits)
  const { memory: reserved } = recordOf(reservations)
  return {
    ...(cpus !== undefined && { NanoCpus: Math.round(Number(cpus) * 1e9) }),
    ...(memory !== undefined && { Memory: sizeOf(memory, problems, 'deploy.resources.limits.memory') }),
    ...(pids !== undefined && { PidsLimit: Number(pids) }),
    ...(reserved !== undefined && { MemoryReservation: sizeOf(reserved, problems, 'deploy.resources.reservations.memory') }),
  }
}

function buildOf(build: unknown, project: string, problems: string[]): ContainerSpec['build'] {
  if (build === undefined) return undefined
  const {
    context = '.',
    dockerfile = 'Dockerfile',
    target,
    args,
    ...rest
  } = typeof build === 'string'
    ? { context: build }
    : (recordOf(build) as { context?: unknown; dockerfile?: unknown; target?: unknown; args?: unknown })
  for (const key of Object.keys(rest)) problems.push(`"build.${key}" is not supported`)
  const path = String(context)
  if (/^[a-z]+:\/\/|^git@/.test(path)) problems.push('"build.context" must be a folder of the project')
  const folder = resolve(project, path)
  return {
    context: folder,
    options: {
      dockerfile: String(dockerfile),
      ...(target !== undefined && { target: String(target) }),
      ...(args !== undefined && { buildargs: pairs(args, problems, 'build.args') }),
    },
  }
}
