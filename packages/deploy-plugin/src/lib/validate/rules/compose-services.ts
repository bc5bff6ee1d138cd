import { containerPorts, publishedPorts } from '../../model/compose-service.ts'
import { collide, type Port, rangeText } from '../../model/ports.ts'
import { allServices } from '../../model/stack.ts'
import { get, textOf } from '../../model/yaml-tree.ts'
import { type Found, type Rule, serviceRule } from '../rule.ts'
import { insertKey } from '../text-edits.ts'
import { isJob, isProxy, keyOf, sharesProfile } from './facts.ts'

const image = serviceRule(
  {
    id: 'compose.image-tag',
    severity: 'warning',
    title: 'Every image is pinned to a version',
    why: 'What "latest" is changes from one pull to the next, and nobody can go back to what ran before.',
    mend: 'name a version, such as postgres:17.2, or better a digest',
  },
  function* ({ name, image: named, build }) {
    if (named === undefined || build !== undefined || named.hasHole) return
    const last = named.name.slice(named.name.lastIndexOf('/') + 1)
    if (last.includes('@sha256:')) return
    const [, tag] = last.split(':')
    if (tag === undefined || tag === '')
      yield { spot: named.spot, note: `service ${name}: image ${named.name} has no tag, which means latest` }
    else if (tag === 'latest') yield { spot: named.spot, note: `service ${name}: image ${named.name} is pinned to no version` }
  },
)

const imageOrBuild = serviceRule(
  {
    id: 'compose.image-or-build',
    severity: 'critical',
    title: 'Every service has an image or says how to build one',
    why: 'Compose refuses to start: "service has neither an image nor a build context specified".',
    mend: 'add image: NAME:VERSION or build: FOLDER',
  },
  function* ({ name, keySpot, image: named, build, tree }) {
    if (named === undefined && build === undefined && get(tree, 'provider') === undefined)
      yield { spot: keySpot, note: `service ${name} has neither an image nor a build` }
  },
)

const healthcheck = serviceRule(
  {
    id: 'compose.healthcheck',
    severity: 'warning',
    title: 'Every service says how to tell that it is well',
    why: 'Without it a service that hangs counts as running, and nothing can wait until it is ready.',
    mend: 'add a healthcheck that asks what the service is for, with a program that the image holds',
  },
  function* (service, _project, stack) {
    const { name, keySpot, healthcheck: how, tree } = service
    if (how === 'none' && !isJob(service, stack)) yield { spot: keySpot, note: `service ${name} has no healthcheck` }
    if (how === 'off') yield { spot: keyOf(tree, 'healthcheck', keySpot), note: `service ${name} turns its healthcheck off` }
  },
)

const restart = serviceRule(
  {
    id: 'compose.restart',
    severity: 'warning',
    title: 'Every service that runs on comes back by itself',
    why: 'After a crash or a reboot the service stays down until somebody notices.',
    mend: 'add restart: unless-stopped',
    fix: 'adds restart: unless-stopped',
  },
  function* (service, _project, stack) {
    const { name, keySpot, tree } = service
    if (isJob(service, stack) || isForDevelopment(stack.env)) return
    const own = get(tree, 'restart')
    const condition = textOf(get(get(get(tree, 'deploy'), 'restart_policy'), 'condition'))
    if (own === undefined && condition === undefined) {
      const edit = insertKey(service, 'restart', 'unless-stopped')
      yield { spot: keySpot, note: `service ${name} has no restart policy`, ...(edit && { edits: [edit] }) }
    } else if (textOf(own) === 'no' || (own?.kind === 'scalar' && own.value === false)) {
      yield { spot: own?.spot ?? keySpot, note: `service ${name} is never restarted` }
    }
  },
)

const isForDevelopment = (env: string | undefined): boolean => env !== undefined && /^(dev|development|local|test)$/.test(env)

const limits = serviceRule(
  {
    id: 'compose.limits',
    severity: 'info',
    title: 'Every service has a limit of memory and of processors',
    why: 'One service that leaks takes the machine and everything else on it down.',
    mend: 'add deploy.resources.limits with memory and cpus, such as 256M and "1"',
  },
  function* ({ name, keySpot, tree }) {
    const own = get(get(get(tree, 'deploy'), 'resources'), 'limits')
    const missing = [
      ...((get(own, 'memory') ?? get(tree, 'mem_limit')) ? [] : ['memory']),
      ...((get(own, 'cpus') ?? get(tree, 'cpus')) ? [] : ['processors']),
    ]
    if (missing.length > 0) yield { spot: keySpot, note: `service ${name} has no limit of ${missing.join(' and ')}` }
  },
)

const portInvalid = serviceRule(
  {
    id: 'compose.port-invalid',
    severity: 'critical',
    title: 'Every port is written so that the engine understands it',
    why: 'The service does not start.',
    mend: 'write "[IP:]HOST:CONTAINER[/tcp|udp]" with ports from 1 to 65535',
  },
  function* ({ name, ports }) {
    for (const port of ports) if ('mistake' in port) yield { spot: port.spot, note: `service ${name}: the port ${port.mistake}` }
  },
)

const portQuotes = serviceRule(
  {
    id: 'compose.port-quotes',
    severity: 'warning',
    title: 'Every HOST:CONTAINER pair of ports stands in quotes',
    why: 'YAML 1.1 reads a pair such as 22:22 as a number in base 60: older tools publish another port.',
    mend: 'put it in quotes',
    fix: 'puts it in quotes',
  },
  function* ({ name, tree }) {
    const ports = get(tree, 'ports')
    for (const item of ports?.kind === 'list' ? ports.items : []) {
      if (item.kind !== 'scalar' || !item.isPlain || !/^\d+:[0-5]?\d$/.test(item.text)) continue
      yield {
        spot: item.spot,
        note: `service ${name}: the port ${item.text} stands without quotes`,
        edits: [{ spot: item.spot, text: `"${item.text}"` }],
      }
    }
  },
)

const portConflict: Rule = {
  id: 'compose.port-conflict',
  part: 'compose',
  severity: 'critical',
  title: 'No two services publish the same port of the host',
  why: 'The second one does not start: "port is already allocated".',
  mend: 'publish another port, or bind one of them to another address',
  *look(stack) {
    const seen: { readonly port: Port; readonly owner: ReturnType<typeof allServices>[number] }[] = []
    const byPort = new Map<number, typeof seen>()
    const ranged: typeof seen = []
    for (const owner of allServices(stack)) {
      for (const port of publishedPorts(owner.service)) {
        const { published } = port
        if (published === undefined) continue
        const isOne = published.from === published.to
        const near = isOne ? [...(byPort.get(published.from) ?? []), ...ranged] : seen
        const other = near.find((one) => collide(one.port, port) && sharesProfile(one.owner.service, owner.service))
        if (other !== undefined) {
          const { line, file } = other.port.spot.source.placeOf(other.port.spot.start) && placeText(other.port)
          yield {
            spot: port.spot,
            note: `service ${owner.service.name} publishes ${rangeText(published)}/${port.protocol}, as ${other.owner.service.name} does at ${file}:${line}`,
          }
        }
        const entry = { port, owner }
        // So many ports are nobody's stack; comparing each with each would take for ever.
        if (seen.length >= MAX_PORTS) return
        seen.push(entry)
        if (isOne) byPort.set(published.from, [...(byPort.get(published.from) ?? []), entry])
        else ranged.push(entry)
      }
    }
  },
}

const MAX_PORTS = 5_000
const placeText = ({ spot }: Port): { file: string; line: number } => spot.source.placeOf(spot.start)

const onlyProxy: Rule = {
  id: 'compose.only-proxy-publishes',
  part: 'compose',
  severity: 'warning',
  title: 'Where there is a proxy, it alone is reached from outside',
  why: 'A service that is published beside the proxy is reached past its TLS, headers and limits. Published ports pass by host firewalls too.',
  mend: 'take the port out, as the proxy reaches the service by its name, or bind it to 127.0.0.1',
  *look(stack) {
    const all = allServices(stack)
    if (stack.caddyfiles.length === 0 && !all.some(({ service }) => isProxy(service))) return
    for (const { service } of all) {
      if (isProxy(service)) continue
      for (const port of publishedPorts(service)) {
        if (port.hostIp !== '' || isDatabasePort(port)) continue
        yield {
          spot: port.spot,
          note: `service ${service.name} publishes ${rangeText(port.published ?? port.target)} to everybody, past the proxy`,
        }
      }
    }
  },
}

/** These are told apart by a rule of their own. */
const isDatabasePort = ({ target }: Port): boolean => DATABASE_PORTS.has(target.from)
export const DATABASE_PORTS: ReadonlyMap<number, string> = new Map([
  [5432, 'PostgreSQL'],
  [3306, 'MySQL'],
  [27017, 'MongoDB'],
  [6379, 'Redis'],
  [11211, 'memcached'],
  [9200, 'Elasticsearch'],
  [5984, 'CouchDB'],
  [9042, 'Cassandra'],
  [8086, 'InfluxDB'],
  [1433, 'SQL Server'],
  [2379, 'etcd'],
  [5672, 'RabbitMQ'],
])

const dependsUnknown = serviceRule(
  {
    id: 'compose.depends-unknown',
    severity: 'critical',
    title: 'Every service that another depends on is there',
    why: 'Compose refuses to start.',
    mend: 'mend the name, or take it out',
  },
  function* ({ name, dependsOn }, { services }) {
    for (const { name: wanted, spot } of dependsOn)
      if (!services.has(wanted)) yield { spot, note: `service ${name} depends on ${wanted}, which is not there` }
  },
)

const dependsCycle: Rule = {
  id: 'compose.depends-cycle',
  part: 'compose',
  severity: 'critical',
  title: 'No service depends on itself, be it through others',
  why: 'Compose refuses to start: "dependency cycle detected".',
  mend: 'take one of the dependencies out',
  *look({ projects }) {
    for (const { services } of projects) {
      const done = new Set<string>()
      for (const start of services.keys()) yield* cycles(start, [], done)
      function* cycles(name: string, path: readonly string[], finished: Set<string>): Generator<Found> {
        if (finished.has(name)) return
        for (const { name: next, spot } of services.get(name)?.dependsOn ?? []) {
          const at = [...path, name].indexOf(next)
          if (at !== -1)
            yield { spot, note: `services depend on one another in a circle: ${[...path, name].slice(at).join(' → ')} → ${next}` }
          else if (path.length < MAX_CHAIN) yield* cycles(next, [...path, name], finished)
        }
        finished.add(name)
      }
    }
  },
}
const MAX_CHAIN = 1_000

const dependsHealthy = serviceRule(
  {
    id: 'compose.depends-healthy',
    severity: 'info',
    title: 'A service waits until what it depends on is well, where that can be told',
    why: 'It starts as soon as the other has begun to start, and fails if it is quicker.',
    mend: 'use the long form with condition: service_healthy',
  },
  function* ({ name, dependsOn }, { services }) {
    for (const { name: wanted, spot, condition } of dependsOn) {
      const how = services.get(wanted)?.healthcheck
      if (condition === 'service_started' && (how === 'own' || how === 'image'))
        yield { spot, note: `service ${name} does not wait until ${wanted} is well` }
    }
  },
)

const dependsHealthless = serviceRule(
  {
    id: 'compose.depends-healthless',
    severity: 'warning',
    title: 'What a service waits for to be well has a healthcheck',
    why: 'Unless its image brings one, Compose gives up: "container has no healthcheck configured".',
    mend: 'add a healthcheck to the other service',
  },
  function* ({ name, dependsOn }, { services }) {
    for (const { name: wanted, spot, condition } of dependsOn) {
      const how = services.get(wanted)?.healthcheck
      if (condition === 'service_healthy' && (how === 'none' || how === 'off'))
        yield { spot, note: `service ${name} waits until ${wanted} is well, which has no healthcheck` }
    }
  },
)

const names: Rule = {
  id: 'compose.names',
  part: 'compose',
  severity: 'info',
  title: 'Services are lower-case words joined by "-", and fixed names begin with that of the stack',
  why: 'Service names become host names, and fixed names are shared by every stack on the machine.',
  mend: 'rename it',
  *look({ projects }) {
    for (const { services, name: stack } of projects) {
      for (const { name, keySpot, tree } of services.values()) {
        if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name))
          yield { spot: keySpot, note: `the service ${name} is not named in lower-case words joined by "-"` }
        const fixed = get(tree, 'container_name')
        const text = textOf(fixed)
        if (fixed !== undefined && text !== undefined && stack !== undefined && text !== stack && !text.startsWith(`${stack}-`))
          yield { spot: fixed.spot, note: `the container name ${text} does not begin with ${stack}-` }
      }
    }
  },
}

const containerName: Rule = {
  id: 'compose.container-name',
  part: 'compose',
  severity: 'critical',
  title: 'A fixed container name is given to one container',
  why: 'The second container does not start: names are unique on a machine.',
  mend: 'take container_name out: Compose makes names that never meet',
  *look(stack) {
    const seen = new Map<string, string>()
    for (const { service } of allServices(stack)) {
      const fixed = get(service.tree, 'container_name')
      const text = textOf(fixed)
      if (fixed === undefined || text === undefined || (fixed.kind === 'scalar' && fixed.hasHole === true)) continue
      const other = seen.get(text)
      if (other !== undefined)
        yield { spot: fixed.spot, note: `services ${other} and ${service.name} have the same container name, ${text}` }
      seen.set(text, service.name)
      const copies = Number(textOf(get(service.tree, 'scale')) ?? textOf(get(get(service.tree, 'deploy'), 'replicas')) ?? 1)
      if (copies > 1) yield { spot: fixed.spot, note: `service ${service.name} runs ${copies} times under one container name` }
    }
  },
}

const expose = serviceRule(
  {
    id: 'compose.published-twice',
    severity: 'warning',
    title: 'No service publishes one of its ports to everybody twice',
    why: 'The second way in is nearly always a leftover, and is forgotten when the first one is closed.',
    mend: 'take one of them out',
  },
  function* (service) {
    if (containerPorts(service).length === 0) return
    const seen = new Set<string>()
    for (const port of publishedPorts(service)) {
      const id = `${rangeText(port.target)}/${port.protocol}`
      if (port.hostIp === '' && seen.has(id)) yield { spot: port.spot, note: `service ${service.name} publishes its port ${id} twice` }
      if (port.hostIp === '') seen.add(id)
    }
  },
)

export const composeServiceRules: readonly Rule[] = [
  image,
  imageOrBuild,
  healthcheck,
  restart,
  limits,
  portInvalid,
  portQuotes,
  portConflict,
  expose,
  onlyProxy,
  dependsUnknown,
  dependsCycle,
  dependsHealthy,
  dependsHealthless,
  names,
  containerName,
]
