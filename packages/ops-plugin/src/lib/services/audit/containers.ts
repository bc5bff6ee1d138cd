import type { Engine } from '../engine.ts'
import { guardedPort } from './network.ts'
import type { AuditFinding, AuditRule, Host } from './rule.ts'

interface Inspected {
  readonly Name?: string
  readonly Config?: { readonly User?: string; readonly Env?: readonly string[] | null }
  readonly HostConfig?: {
    readonly Privileged?: boolean
    readonly CapAdd?: readonly string[] | null
    readonly NetworkMode?: string
    readonly PidMode?: string
    readonly IpcMode?: string
    readonly SecurityOpt?: readonly string[] | null
    readonly Memory?: number
    readonly Binds?: readonly string[] | null
  }
  readonly Mounts?: readonly { readonly Source?: string; readonly RW?: boolean }[]
  readonly NetworkSettings?: {
    readonly Ports?: Readonly<Record<string, readonly { readonly HostIp?: string; readonly HostPort?: string }[] | null>> | null
  }
}

const MAX_CONTAINERS = 100
const STRONG = /^(?:CAP_)?(?:ALL|SYS_ADMIN|SYS_PTRACE|SYS_MODULE|NET_ADMIN|DAC_READ_SEARCH|SYS_RAWIO|BPF)$/i
const ENGINE_SOCKET = /(?:docker|podman|containerd)\.sock$/
const HOST_FOLDER = /^\/(?:|etc|root|proc|sys|boot|dev|var\/run|run|var\/lib\/docker|home)$/

/** The running containers; asked once a host, by whichever rule comes first. */
const asked = new WeakMap<Host, Promise<readonly Inspected[] | string>>()

function containers(host: Host): Promise<readonly Inspected[] | string> {
  const known = asked.get(host)
  if (known !== undefined) return known
  const asking =
    host.engine === undefined ? Promise.resolve('no socket of a container engine was found') : inspectAll(host.engine, host.signal)
  asked.set(host, asking)
  return asking
}

async function inspectAll(engine: Engine, signal: AbortSignal): Promise<readonly Inspected[] | string> {
  try {
    const list = await engine.call('GET', '/containers/json', { signal })
    if (list.status !== 200) return `the engine at ${engine.socket} answered ${list.status}`
    const ids = (JSON.parse(list.body.toString('utf8')) as { Id: string }[]).map(({ Id }) => Id).slice(0, MAX_CONTAINERS)
    const answers = await Promise.all(ids.map((id) => engine.call('GET', `/containers/${encodeURIComponent(id)}/json`, { signal })))
    return answers.filter(({ status }) => status === 200).map(({ body }) => JSON.parse(body.toString('utf8')) as Inspected)
  } catch (error) {
    signal.throwIfAborted()
    return `the engine at ${engine.socket} cannot be asked: ${(error as NodeJS.ErrnoException).code ?? 'no answer'}`
  }
}

const nameOf = ({ Name = '?' }: Inspected): string => Name.replace(/^\//, '')

/** A rule that looks at each container by itself. */
function containerRule(
  rule: Omit<AuditRule, 'look' | 'focus'>,
  look: (container: Inspected) => readonly Omit<AuditFinding, 'file' | 'line'>[],
): AuditRule {
  return {
    ...rule,
    focus: 'security',
    async look(host) {
      const found = await containers(host)
      if (typeof found === 'string') return found
      return found.flatMap((one) =>
        look(one).map(({ severity, evidence }) => ({ severity, evidence: `container "${nameOf(one)}" ${evidence}` })),
      )
    },
  }
}

export const containerRules: readonly AuditRule[] = [
  containerRule(
    {
      id: 'container.privileged',
      title: 'no container has all rights of the machine',
      mend: 'run it without --privileged; name the one device or capability it needs',
    },
    ({ HostConfig }) => (HostConfig?.Privileged === true ? [{ severity: 'critical', evidence: 'is privileged' }] : []),
  ),
  containerRule(
    {
      id: 'container.engine-socket',
      title: 'no container holds the socket of the engine',
      mend: 'take the mount away, or put a proxy before it that allows reading alone',
    },
    ({ Mounts = [] }) =>
      Mounts.filter(({ Source = '' }) => ENGINE_SOCKET.test(Source)).map(({ Source }) => ({
        severity: 'critical',
        evidence: `mounts ${Source}`,
      })),
  ),
  containerRule(
    {
      id: 'container.host-folders',
      title: 'no container may write to folders of the system',
      mend: 'mount the one folder it needs, and read-only where it can be',
    },
    ({ Mounts = [] }) =>
      Mounts.filter(({ Source = '', RW }) => RW !== false && HOST_FOLDER.test(Source)).map(({ Source }) => ({
        severity: 'high',
        evidence: `may write to ${Source}`,
      })),
  ),
  containerRule(
    {
      id: 'container.host-namespaces',
      title: 'no container shares the processes or the network of the machine',
      mend: 'give it a network and processes of its own',
    },
    ({ HostConfig = {} }) => [
      ...(HostConfig.PidMode === 'host' ? [{ severity: 'high' as const, evidence: 'sees the processes of the machine' }] : []),
      ...(HostConfig.IpcMode === 'host' ? [{ severity: 'medium' as const, evidence: 'shares the memory segments of the machine' }] : []),
      ...(HostConfig.NetworkMode === 'host' ? [{ severity: 'medium' as const, evidence: 'shares the network of the machine' }] : []),
    ],
  ),
  containerRule(
    {
      id: 'container.capabilities',
      title: 'no container has a capability that leads out of it',
      mend: 'take the capability away, and see what is really missing',
    },
    ({ HostConfig }) =>
      (HostConfig?.CapAdd ?? [])
        .filter((name) => STRONG.test(name))
        .map((name) => ({ severity: 'high', evidence: `has the capability ${name}` })),
  ),
  containerRule(
    {
      id: 'container.confined',
      title: 'every container is confined by seccomp and AppArmor or SELinux',
      mend: 'take the "unconfined" away',
    },
    ({ HostConfig }) =>
      (HostConfig?.SecurityOpt ?? [])
        .filter((option) => /unconfined|label[=:]disable/.test(option))
        .map((option) => ({ severity: 'high', evidence: `runs with ${option}` })),
  ),
  containerRule(
    { id: 'container.user', title: 'containers run as another user than root', mend: 'set a user in the image or in the definition' },
    ({ Config }) => (/^(?:|0|root)(?::|$)/.test(Config?.User ?? '') ? [{ severity: 'low', evidence: 'runs as root' }] : []),
  ),
  containerRule(
    {
      id: 'container.memory-limit',
      title: 'every container has a limit of memory',
      mend: 'set a memory limit, so that one cannot take down all',
    },
    ({ HostConfig }) => ((HostConfig?.Memory ?? 0) === 0 ? [{ severity: 'low', evidence: 'has no limit of memory' }] : []),
  ),
  containerRule(
    {
      id: 'container.published-ports',
      title: 'no database or administration port of a container is published to other machines',
      mend: 'publish it on 127.0.0.1, or not at all',
    },
    ({ NetworkSettings }) =>
      Object.entries(NetworkSettings?.Ports ?? {}).flatMap(([port, bindings]) => {
        const guarded = guardedPort(Number.parseInt(port, 10))
        const open = (bindings ?? []).find(({ HostIp = '' }) => ['', '0.0.0.0', '::'].includes(HostIp))
        if (guarded === undefined || open === undefined) return []
        return [{ severity: guarded[1], evidence: `publishes ${port} (${guarded[0]}) as port ${open.HostPort ?? '?'} on every address` }]
      }),
  ),
]
