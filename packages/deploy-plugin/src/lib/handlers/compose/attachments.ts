import { posix, resolve } from 'node:path'
import type { HostConfig } from 'dockerode'
import type { Reading, SpecNetwork, SpecVolume } from './container-spec.ts'
import { recordOf } from './read-compose.ts'

/** Ports that are published under fixed numbers of the host. */
export function portsOf(
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

/** The networks that a service is in. */
export function networksOf({ compose, prefix, problems }: Reading): SpecNetwork[] {
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

/** Volumes and folders of the host that a service sees. */
export function mountsOf({ compose, project, prefix, problems }: Reading): {
  mounts: NonNullable<HostConfig['Mounts']>
  volumes: SpecVolume[]
} {
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
