import { portOf, type Upstream, upstreamsOf, walkDirectives } from '../../model/caddyfile.ts'
import { containerPorts, publishedPorts } from '../../model/compose-service.ts'
import { allServices, type Stack } from '../../model/stack.ts'
import type { Found, Rule } from '../rule.ts'
import { caddyServices, networkIds, servicesCalled } from './caddy-place.ts'

function* upstreams({ caddyfiles }: Stack): Generator<Upstream> {
  for (const { sites } of caddyfiles)
    for (const site of sites)
      for (const { directive } of walkDirectives(site.directives))
        for (const one of upstreamsOf(directive)) if (one.mistake === undefined) yield one
}

const isThisMachine = (host: string): boolean => host === '' || host === 'localhost' || host.startsWith('127.') || host === '[::1]'
/** What may well be known to somebody else: addresses, names of other machines, and the host as containers call it. */
const isElsewhere = (host: string): boolean => host.includes('.') || host.startsWith('[')

const unknown: Rule = {
  id: 'caddy.upstream-unknown',
  part: 'caddy',
  severity: 'warning',
  title: 'Every upstream is a service of the stack, or a port of the host that something publishes',
  why: 'Caddy answers with 502: nobody is there.',
  mend: 'name the service as the Compose file does',
  *look(stack) {
    if (stack.projects.length === 0) return
    const own = caddyServices(stack)
    for (const { host, port, text, spot } of upstreams(stack)) {
      if (isThisMachine(host)) {
        if (own.length > 0) yield { spot, note: `the upstream ${text} is Caddy’s own container, where nothing else listens` }
        else if (port !== undefined && stack.units.length === 0 && !isPublished(stack, port))
          yield { spot, note: `no service publishes port ${port}, which the upstream ${text} means` }
      } else if (!isElsewhere(host) && servicesCalled(stack, host).length === 0)
        yield { spot, note: `no service of the stack is called ${host}` }
    }
  },
}

function isPublished(stack: Stack, port: number): boolean {
  return allServices(stack).some(
    ({ service }) =>
      service.networkMode?.name === 'host' ||
      service.hasUnknownPort ||
      publishedPorts(service).some(({ published }) => published !== undefined && published.from <= port && port <= published.to),
  )
}

const wrongPort: Rule = {
  id: 'caddy.upstream-port',
  part: 'caddy',
  severity: 'warning',
  title: 'Every upstream names a port on which the service listens inside of its container',
  why: 'Caddy answers with 502: the published port of a service is not the one that its neighbours reach.',
  mend: 'use the container’s port, the last number in ports:, or add the right one to expose:',
  *look(stack) {
    for (const { host, port, text, spot } of upstreams(stack)) {
      for (const { service } of servicesCalled(stack, host).slice(0, 1)) {
        const known = containerPorts(service)
        const wanted = port ?? 80
        if (known.length > 0 && !known.includes(wanted))
          yield { spot, note: `the upstream ${text} means port ${wanted}, and ${service.name} listens on ${known.join(', ')}` }
      }
    }
  },
}

const network: Rule = {
  id: 'caddy.upstream-network',
  part: 'caddy',
  severity: 'warning',
  title: 'Caddy shares a network with every service that it sends requests to',
  why: 'Caddy answers with 502: the name means nothing on its networks.',
  mend: 'let both services join one network',
  *look(stack) {
    const own = caddyServices(stack)
    for (const { host, text, spot } of upstreams(stack)) yield* apart(stack, own, host, text, spot)
  },
}

function* apart(stack: Stack, own: ReturnType<typeof caddyServices>, host: string, text: string, spot: Found['spot']): Generator<Found> {
  const targets = servicesCalled(stack, host)
  const [first] = targets
  if (first === undefined) return
  if (own.length === 0) {
    // Caddy lives in another stack or on the host: only a network that others can join lets it in.
    if (targets.every((target) => networkIds(target, 'external').length === 0))
      yield {
        spot,
        note: `${first.service.name}, which the upstream ${text} means, is on no network that a Caddy outside of its stack can join`,
      }
    return
  }
  if (own.some(({ service }) => service.networkMode !== undefined)) return
  const shared = new Set(own.flatMap((one) => networkIds(one)))
  if (!targets.some((target) => networkIds(target).some((id) => shared.has(id))))
    yield { spot, note: `${own[0]?.service.name ?? 'Caddy'} and ${first.service.name}, which the upstream ${text} means, share no network` }
}

const ports: Rule = {
  id: 'caddy.port-published',
  part: 'caddy',
  severity: 'warning',
  title: 'The service in which Caddy runs publishes every port that its sites listen on',
  why: 'Nobody outside reaches the site, and without port 80 or 443 no certificate is given.',
  mend: 'add the port to ports: of that service',
  *look(stack) {
    const own = caddyServices(stack)
    if (own.length === 0 || own.some(({ service }) => service.networkMode !== undefined || service.hasUnknownPort)) return
    const open = own.flatMap(({ service }) =>
      service.ports.flatMap((port) => ('mistake' in port || port.published === undefined ? [] : [port.target])),
    )
    const told = new Set<number>()
    for (const address of stack.caddyfiles.flatMap(({ sites }) => sites.flatMap(({ addresses }) => addresses))) {
      const wanted = portOf(address)
      if (address.hasHole || told.has(wanted) || open.some(({ from, to }) => from <= wanted && wanted <= to)) continue
      told.add(wanted)
      yield {
        spot: address.spot,
        note: `${address.text} listens on port ${wanted}, which ${own[0]?.service.name ?? 'Caddy'} does not publish`,
      }
    }
  },
}

export const caddyUpstreamRules: readonly Rule[] = [unknown, wrongPort, network, ports]
