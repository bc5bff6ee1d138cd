import { publishedPorts } from '../../model/compose-service.ts'
import { rangeText } from '../../model/ports.ts'
import { childrenOf, get, isTrue, type Tree, textOf, textsOf } from '../../model/yaml-tree.ts'
import { type Found, type Rule, serviceRule } from '../rule.ts'
import { secretIn, shapeIn } from '../secrets.ts'
import { DATABASE_PORTS } from './compose-services.ts'
import { databaseOf, keyOf } from './facts.ts'

const literalSecret = serviceRule(
  {
    id: 'compose.literal-secret',
    severity: 'critical',
    title: 'No secret stands in a Compose file',
    why: 'Whoever can read the repository, or docker inspect, has it, for as long as its history is kept.',
    mend: 'revoke it, then take it from an env file that git ignores, or from secrets:',
  },
  function* ({ name, tree, environment }) {
    for (const variable of environment) {
      if (variable.isFromElsewhere || variable.value === undefined) continue
      const what = secretIn(variable.name, variable.value)
      if (what !== undefined) yield { spot: variable.valueSpot, note: `service ${name}: ${variable.name} holds ${what}` }
    }
    for (const key of ['command', 'entrypoint', 'labels', 'healthcheck', 'image'])
      yield* shapesIn(get(tree, key), `service ${name}: ${key}`)
    const build = get(tree, 'build')
    const args = get(build, 'args')
    if (args?.kind === 'map') {
      for (const [key, { value }] of args.entries) {
        const text = textOf(value)
        const what = text === undefined || wasInterpolated(value) ? undefined : secretIn(key, text)
        if (what !== undefined) yield { spot: value.spot, note: `service ${name}: the build argument ${key} holds ${what}` }
      }
    }
  },
)

const wasInterpolated = ({ spot }: Tree): boolean => spot.source.text.slice(spot.start, spot.end).includes('$')

function* shapesIn(tree: Tree | undefined, where: string): Generator<Found> {
  if (tree === undefined) return
  if (tree.kind === 'scalar') {
    const what = wasInterpolated(tree) ? undefined : shapeIn(tree.text)
    if (what !== undefined) yield { spot: tree.spot, note: `${where} holds ${what}` }
    return
  }
  for (const child of childrenOf(tree)) yield* shapesIn(child, where)
}

const privileged = serviceRule(
  {
    id: 'compose.privileged',
    severity: 'critical',
    title: 'No service runs privileged',
    why: 'It has every right over the machine: a break-in into it is one into the host.',
    mend: 'take it out, and give the one capability or device that is needed',
  },
  function* ({ name, tree }) {
    if (isTrue(get(tree, 'privileged'))) yield { spot: keyOf(tree, 'privileged', tree.spot), note: `service ${name} runs privileged` }
  },
)

const ENGINE_SOCKET = /(^|\/)(docker|podman|containerd|crio)\.sock$/

const engineSocket = serviceRule(
  {
    id: 'compose.engine-socket',
    severity: 'critical',
    title: 'No service has the socket of the container engine',
    why: 'Who may ask the engine may start a container with the whole host in it, even where the socket is mounted read-only.',
    mend: 'take it out, or put a socket proxy in between that lets only the needed requests through',
  },
  function* ({ name, mounts, tree }) {
    for (const { source, spot } of mounts) if (ENGINE_SOCKET.test(source)) yield { spot, note: `service ${name} has the engine's socket` }
    if (isTrue(get(tree, 'use_api_socket')))
      yield { spot: keyOf(tree, 'use_api_socket', tree.spot), note: `service ${name} has the engine's socket` }
  },
)

const HOST_FOLDER = /^\/(|etc|root|home|boot|dev|proc|sys|var|var\/run|run|var\/lib\/docker|usr|bin|sbin|lib)\/?$/

const hostFolder = serviceRule(
  {
    id: 'compose.host-folder',
    severity: 'critical',
    title: 'No service may write folders of the system',
    why: 'It can change passwords, start-up files and programs of the host.',
    mend: 'mount the one file or folder that is needed, with :ro',
  },
  function* ({ name, mounts }) {
    for (const { kind, source, mode, spot } of mounts)
      if (kind === 'bind' && mode !== 'ro' && HOST_FOLDER.test(source))
        yield { spot, note: `service ${name} may write ${source} of the host` }
  },
)

const STRONG = /^(?:CAP_)?(?:ALL|SYS_ADMIN|SYS_PTRACE|SYS_MODULE|NET_ADMIN|DAC_READ_SEARCH|DAC_OVERRIDE|SYS_RAWIO|SYS_BOOT|BPF|PERFMON)$/i

const capabilities = serviceRule(
  {
    id: 'compose.capabilities',
    severity: 'warning',
    title: 'No service is given capabilities that come close to root on the host',
    why: 'With such as SYS_ADMIN or NET_ADMIN a break-in reaches past the container.',
    mend: 'take it out, or say in a suppression why it is needed',
  },
  function* ({ name, tree }) {
    for (const { text, spot } of textsOf(get(tree, 'cap_add')))
      if (STRONG.test(text)) yield { spot, note: `service ${name} is given ${text}` }
  },
)

const hostNamespace = serviceRule(
  {
    id: 'compose.host-namespace',
    severity: 'warning',
    title: 'Every service has processes, memory and users of its own',
    why: 'In a namespace of the host it sees, and may stop, what has nothing to do with it.',
    mend: 'take it out',
  },
  function* ({ name, tree }) {
    for (const key of ['pid', 'ipc', 'uts', 'userns_mode', 'cgroup']) {
      const value = get(tree, key)
      if (value !== undefined && textOf(value) === 'host') yield { spot: value.spot, note: `service ${name} shares ${key} with the host` }
    }
  },
)

const hostNetwork = serviceRule(
  {
    id: 'compose.host-network',
    severity: 'warning',
    title: 'Every service has a network of its own',
    why: 'On the host’s network every port that it opens is open to everybody, and it reaches what listens on loopback.',
    mend: 'take network_mode: host out and publish the ports that are needed',
  },
  function* ({ name, networkMode }) {
    if (networkMode?.name === 'host') yield { spot: networkMode.spot, note: `service ${name} is on the network of the host` }
  },
)

const securityOptions = serviceRule(
  {
    id: 'compose.security-options',
    severity: 'warning',
    title: 'No service turns off what the engine confines it with',
    why: 'The filters for system calls and files are what stands between a container and the kernel.',
    mend: 'take it out, or name a profile of its own',
  },
  function* ({ name, tree }) {
    for (const { text, spot } of textsOf(get(tree, 'security_opt')))
      if (/^(seccomp|apparmor|label|systempaths)[:=](unconfined|disable)$|^no-new-privileges[:=]false$/.test(text))
        yield { spot, note: `service ${name} turns off ${text.split(/[:=]/)[0]}` }
  },
)

const rootUser = serviceRule(
  {
    id: 'compose.root-user',
    severity: 'info',
    title: 'Services built here do not run as root',
    why: 'A mistake in the engine or the kernel then gives away the host, not one user of it.',
    mend: 'add USER to the Dockerfile, or user: to the service',
  },
  function* ({ name, tree, build }) {
    const user = get(tree, 'user')
    const text = textOf(user)
    if (user !== undefined && text !== undefined && /^(root|0)(:|$)/.test(text))
      yield { spot: user.spot, note: `service ${name} runs as root` }
    else if (user === undefined && build?.dockerfile !== undefined && /^(root|0)?(:|$)/.test(build.dockerfile.user ?? ''))
      yield { spot: build.spot, note: `service ${name}: its Dockerfile names no user but root` }
  },
)

const databasePort = serviceRule(
  {
    id: 'compose.database-port',
    severity: 'critical',
    title: 'No database is reached from outside',
    why: 'Scanners find an open database within the hour; many let anybody in. Published ports pass by host firewalls.',
    mend: 'take the port out, as services reach the database by its name, or bind it to 127.0.0.1',
  },
  function* (service) {
    for (const port of publishedPorts(service)) {
      const what = DATABASE_PORTS.get(port.target.from) ?? databaseOf(service)?.name
      if (what === undefined || port.hostIp !== '') continue
      yield {
        spot: port.spot,
        note: `service ${service.name} publishes ${what} on port ${rangeText(port.published ?? port.target)} to everybody`,
      }
    }
  },
)

export const composeDangerRules: readonly Rule[] = [
  literalSecret,
  privileged,
  engineSocket,
  hostFolder,
  databasePort,
  hostNetwork,
  hostNamespace,
  capabilities,
  securityOptions,
  rootUser,
]
