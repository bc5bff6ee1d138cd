import { posix, resolve } from 'node:path'
import type { ContainerCreateOptions, HostConfig } from 'dockerode'
import { composeInvalid } from './errors.ts'
import { type ComposeService, type Loose, recordOf } from './read-compose.ts'

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

interface SpecVolume {
  readonly key: string
  readonly name: string
  readonly external: boolean
}

/** What says something to people or other programs, and nothing about how the container runs. */
const IGNORED = ['depends_on', 'profiles', 'develop', 'annotations', 'pull_policy', 'attach', 'scale', 'expose', 'environment', 'env_file']

interface Reading {
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

type Read = (value: unknown, problems: string[], key: string) => unknown

const text: Read = (value) => String(value)
const yes: Read = (value) => value === true || value === 'true'
const texts: Read = (value) => (Array.isArray(value) ? value.map(String) : [String(value)])
const pairs: Read = (value) =>
  Array.isArray(value)
    ? Object.fromEntries(value.map((line) => [String(line).split('=', 1)[0], String(line).slice(String(line).indexOf('=') + 1)]))
    : Object.fromEntries(Object.entries(recordOf(value)).map(([key, one]) => [key, String(one)]))
const words: Read = (value, problems, key) => (Array.isArray(value) ? value.map(String) : splitWords(String(value), problems, key))
const seconds: Read = (value, problems, key) => Math.ceil(durationMs(value, problems, key) / 1000)
const bytes: Read = (value, problems, key) => sizeOf(value, problems, key)

const CREATE: Readonly<Record<string, readonly [field: string, read: Read]>> = {
  command: ['Cmd', words],
  entrypoint: ['Entrypoint', words],
  user: ['User', text],
  working_dir: ['WorkingDir', text],
  hostname: ['Hostname', text],
  domainname: ['Domainname', text],
  stop_signal: ['StopSignal', text],
  stop_grace_period: ['StopTimeout', seconds],
  labels: ['Labels', pairs],
  tty: ['Tty', yes],
  stdin_open: ['OpenStdin', yes],
  healthcheck: ['Healthcheck', healthcheck],
}

const HOST: Readonly<Record<string, readonly [field: keyof HostConfig & string, read: Read]>> = {
  read_only: ['ReadonlyRootfs', yes],
  privileged: ['Privileged', yes],
  init: ['Init', yes],
  cap_add: ['CapAdd', texts],
  cap_drop: ['CapDrop', texts],
  security_opt: ['SecurityOpt', texts],
  group_add: ['GroupAdd', texts],
  dns: ['Dns', texts],
  dns_search: ['DnsSearch', texts],
  extra_hosts: [
    'ExtraHosts',
    (value) =>
      Array.isArray(value)
        ? value.map((line) => String(line).replace('=', ':'))
        : Object.entries(recordOf(value)).map(([name, address]) => `${name}:${String(address)}`),
  ],
  sysctls: ['Sysctls', pairs],
  tmpfs: [
    'Tmpfs',
    (value) =>
      Object.fromEntries(
        (Array.isArray(value) ? value : [value]).map((line) => [String(line).split(':', 1)[0], String(line).split(':')[1] ?? '']),
      ),
  ],
  shm_size: ['ShmSize', bytes],
  mem_limit: ['Memory', bytes],
  mem_reservation: ['MemoryReservation', bytes],
  cpus: ['NanoCpus', (value) => Math.round(Number(value) * 1e9)],
  cpu_shares: ['CpuShares', Number],
  pids_limit: ['PidsLimit', Number],
  oom_score_adj: ['OomScoreAdj', Number],
  ulimits: [
    'Ulimits',
    (value) =>
      Object.entries(recordOf(value)).map(([Name, limit]) =>
        typeof limit === 'object'
          ? { Name, Soft: Number(recordOf(limit).soft), Hard: Number(recordOf(limit).hard) }
          : { Name, Soft: Number(limit), Hard: Number(limit) },
      ),
  ],
  logging: ['LogConfig', (value) => ({ Type: String(recordOf(value).driver ?? ''), Config: pairs(recordOf(value).options ?? {}, [], '') })],
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

function healthcheck(value: unknown, problems: string[]): unknown {
  const { test, interval, timeout, retries, start_period: startPeriod, disable } = recordOf(value)
  if (disable === true) return { Test: ['NONE'] }
  const nanos = (given: unknown): number | undefined => (given === undefined ? undefined : durationMs(given, problems, 'healthcheck') * 1e6)
  return {
    Test: Array.isArray(test) ? test.map(String) : ['CMD-SHELL', String(test)],
    ...(interval !== undefined && { Interval: nanos(interval) }),
    ...(timeout !== undefined && { Timeout: nanos(timeout) }),
    ...(retries !== undefined && { Retries: Number(retries) }),
    ...(startPeriod !== undefined && { StartPeriod: nanos(startPeriod) }),
  }
}

function portsOf(
  ports: unknown,
  problems: string[],
): { bindings: Record<string, object[]>; exposed: Record<string, object>; fixedPorts: number[] } {
  const bindings: Record<string, { HostIp: string; HostPort: string }[]> = {}
  const fixedPorts: number[] = []
  for (const one of Array.isArray(ports) ? ports : []) {
    const long = typeof one === 'object' && one !== null ? recordOf(one) : undefined
    const match = long === undefined ? /^(?:(?:(\[[^\]]+\]|[\d.]+):)?(\d+):)?(\d+)(?:\/(tcp|udp))?$/.exec(String(one)) : null
    const target = Number(long?.target ?? match?.[3])
    const published = long === undefined ? match?.[2] : long.published === undefined ? undefined : String(long.published)
    const protocol = String(long?.protocol ?? match?.[4] ?? 'tcp')
    if (!Number.isInteger(target) || (published !== undefined && !/^\d+$/.test(published))) {
      problems.push(`ports: ${JSON.stringify(one)} must be one port, such as "127.0.0.1:8080:80"`)
      continue
    }
    if (published === undefined) continue
    fixedPorts.push(target)
    const address = String(long?.host_ip ?? match?.[1]?.replace(/[[\]]/g, '') ?? '')
    const key = `${target}/${protocol}`
    bindings[key] = [...(bindings[key] ?? []), { HostIp: address, HostPort: published }]
  }
  return { bindings, exposed: Object.fromEntries(Object.keys(bindings).map((key) => [key, {}])), fixedPorts }
}

function networksOf({ compose, prefix, problems }: Reading): SpecNetwork[] {
  const { service, networks } = compose
  const named = Array.isArray(service.networks)
    ? Object.fromEntries(service.networks.map((key) => [String(key), null]))
    : recordOf(service.networks ?? { default: null })
  const all: SpecNetwork[] = []
  for (const [key, options] of Object.entries(named)) {
    const declared = key === 'default' ? (networks.default ?? {}) : networks[key]
    if (declared === undefined) {
      problems.push(`networks: "${key}" is not declared`)
      continue
    }
    const { name, external, internal, driver = 'bridge' } = recordOf(declared)
    if (driver !== 'bridge' && external !== true) problems.push(`networks: driver "${String(driver)}" of "${key}" is not supported`)
    const aliases = recordOf(options).aliases
    all.push({
      key,
      name: typeof name === 'string' ? name : external === true ? key : `${prefix}-${key}`,
      external: external === true,
      internal: internal === true,
      aliases: Array.isArray(aliases) ? aliases.map(String) : [],
    })
  }
  return all
}

function mountsOf({ compose, project, prefix, problems }: Reading): { mounts: NonNullable<HostConfig['Mounts']>; volumes: SpecVolume[] } {
  const mounts: NonNullable<HostConfig['Mounts']> = []
  const volumes: SpecVolume[] = []
  for (const one of Array.isArray(compose.service.volumes) ? compose.service.volumes : []) {
    const { type, source, target, readOnly } = mountOf(one)
    if (target === undefined || !target.startsWith('/')) {
      problems.push(`volumes: ${JSON.stringify(one)} must have an absolute target`)
      continue
    }
    if (type === 'tmpfs') mounts.push({ Type: 'tmpfs', Source: '', Target: target })
    else if (type === 'bind')
      mounts.push({ Type: 'bind', Source: boundPath(source ?? '', project, problems), Target: target, ReadOnly: readOnly })
    else {
      const declared = source === undefined ? undefined : compose.volumes[source]
      if (source === undefined || declared === undefined) {
        problems.push(
          source === undefined
            ? `volumes: ${target} must have a name, so that it outlives its container`
            : `volumes: "${source}" is not declared`,
        )
        continue
      }
      const { name, external } = recordOf(declared)
      const volume = {
        key: source,
        name: typeof name === 'string' ? name : external === true ? source : `${prefix}-${source}`,
        external: external === true,
      }
      volumes.push(volume)
      mounts.push({ Type: 'volume', Source: volume.name, Target: target, ReadOnly: readOnly })
    }
  }
  return { mounts, volumes }
}

function mountOf(one: unknown): { type: string; source?: string; target?: string; readOnly: boolean } {
  if (typeof one === 'object' && one !== null) {
    const { type, source, target, read_only: readOnly } = recordOf(one)
    return {
      type: String(type),
      ...(source !== undefined && { source: String(source) }),
      ...(target !== undefined && { target: String(target) }),
      readOnly: readOnly === true,
    }
  }
  const [source = '', target, mode = ''] = String(one).split(':')
  if (target === undefined) return { type: 'volume', target: source, readOnly: false }
  return { type: /^[./~]/.test(source) ? 'bind' : 'volume', source, target, readOnly: mode.split(',').includes('ro') }
}

/** The engine wants an absolute path of its own host; a path of the project is one only where the project is on that host. */
function boundPath(source: string, project: string, problems: string[]): string {
  if (source.startsWith('~')) problems.push(`volumes: "${source}" must not begin with "~": whose home it is, nobody can tell`)
  return posix.isAbsolute(source) ? source : resolve(project, source)
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

/** `1m30s`, `500ms` or `10s`. */
function durationMs(value: unknown, problems: string[], key: string): number {
  const given = String(value)
  const units: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }
  if (!/^(\d+(\.\d+)?(us|ms|s|m|h))+$/.test(given)) {
    problems.push(`${key}: "${given}" is no duration such as "1m30s"`)
    return 0
  }
  let total = 0
  for (const [, count, unit] of given.matchAll(/(\d+(?:\.\d+)?)(us|ms|s|m|h)/g)) total += Number(count) * (units[unit ?? 's'] ?? 0)
  return total
}

/** `512m`, `1gb` or a number of bytes. */
function sizeOf(value: unknown, problems: string[], key: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([bkmg]?)b?$/i.exec(String(value))
  if (match === null) {
    problems.push(`${key}: "${String(value)}" is no size such as "512m"`)
    return 0
  }
  const power = ['', 'k', 'm', 'g'].indexOf((match[2] ?? '').toLowerCase().replace('b', ''))
  return Math.round(Number(match[1]) * 1024 ** power)
}

/** A command line as its words, by a shell's quotes alone. */
function splitWords(line: string, problems: string[], key: string): string[] {
  const found: string[] = []
  let word: string | undefined
  let quote: string | undefined
  for (let index = 0; index < line.length; index++) {
    const char = line[index] as string
    if (quote !== undefined) {
      if (char === quote) quote = undefined
      else if (char === '\\' && quote === '"' && /["\\$`]/.test(line[index + 1] ?? '')) word += line[++index] as string
      else word += char
    } else if (char === '"' || char === "'") {
      quote = char
      word ??= ''
    } else if (/\s/.test(char)) {
      if (word !== undefined) found.push(word)
      word = undefined
    } else if (char === '\\') word = (word ?? '') + (line[++index] ?? '')
    else word = (word ?? '') + char
  }
  if (quote !== undefined) problems.push(`${key}: a quote has no end`)
  if (word !== undefined) found.push(word)
  return found
}
