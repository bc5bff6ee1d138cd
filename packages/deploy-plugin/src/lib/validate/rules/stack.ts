import { portOf } from '../../model/caddyfile.ts'
import { publishedPorts } from '../../model/compose-service.ts'
import { collide, type Port } from '../../model/ports.ts'
import type { Spot } from '../../model/source.ts'
import { allServices, type Stack } from '../../model/stack.ts'
import { settingsOf } from '../../model/unit.ts'
import { problemRule, type Rule } from '../rule.ts'
import { caddyServices } from './caddy-place.ts'

const unreadable = problemRule({
  id: 'stack.unreadable',
  part: 'stack',
  severity: 'warning',
  title: 'Every file of the stack can be read',
  why: 'What stands in it was not looked at.',
  mend: 'make it an ordinary file of UTF-8 text, of 1 MB at most',
})

const pathEscape = problemRule({
  id: 'stack.path-escape',
  part: 'stack',
  severity: 'critical',
  title: 'Every file of the stack lies in the project',
  why: 'What lies outside is not deployed with it, and differs from machine to machine. It was not read.',
  mend: 'move the file into the project',
})

interface Listener {
  readonly what: string
  readonly kind: 'compose' | 'caddy' | 'systemd'
  readonly port: Port
}

/** Whatever of the stack listens on a port of the host. */
function* listeners(stack: Stack): Generator<Listener> {
  for (const { service } of allServices(stack))
    for (const port of publishedPorts(service)) yield { what: `service ${service.name}`, kind: 'compose', port }
  for (const unit of stack.units) {
    for (const [key, protocol] of [
      ['ListenStream', 'tcp'],
      ['ListenDatagram', 'udp'],
    ] as const) {
      for (const { value, valueSpot } of settingsOf(unit, 'Socket', key)) {
        const [, ip = '', number] = /^(?:\[?([0-9a-fA-F.:]+?)\]?:)?(\d{1,5})$/.exec(value) ?? []
        if (number !== undefined) yield { what: unit.name, kind: 'systemd', port: single(Number(number), ip, protocol, valueSpot) }
      }
    }
    for (const { value, valueSpot } of settingsOf(unit, 'Service', 'Environment')) {
      const [, number] = /(?:^|[\s"])PORT=(\d{1,5})(?=$|[\s"])/.exec(value) ?? []
      if (number !== undefined) yield { what: unit.name, kind: 'systemd', port: single(Number(number), '', 'tcp', valueSpot) }
    }
  }
  if (caddyServices(stack).length > 0) return
  const told = new Set<number>()
  for (const address of stack.caddyfiles.flatMap(({ sites }) => sites.flatMap(({ addresses }) => addresses))) {
    // The port of HTTP is taken too, for its redirect.
    const ports = address.scheme === 'https' && address.port === undefined ? [portOf(address), 80] : [portOf(address)]
    for (const port of ports) {
      if (address.hasHole || told.has(port)) continue
      told.add(port)
      yield { what: 'Caddy', kind: 'caddy', port: single(port, '', 'tcp', address.spot) }
    }
  }
}

const single = (port: number, hostIp: string, protocol: string, spot: Spot): Port => ({
  target: { from: port, to: port },
  published: { from: port, to: port },
  hostIp: hostIp === '0.0.0.0' || hostIp === '::' ? '' : hostIp,
  protocol,
  spot,
})

const MAX_LISTENERS = 2_000

const portConflict: Rule = {
  id: 'stack.port-conflict',
  part: 'stack',
  severity: 'critical',
  title: 'Containers, units and Caddy do not want the same port of the host',
  why: 'Whichever comes second does not start: "address already in use".',
  mend: 'give one of them another port',
  *look(stack) {
    const seen: Listener[] = []
    for (const listener of listeners(stack)) {
      const other = seen.find(
        (one) => (one.kind !== listener.kind || one.kind === 'systemd') && one.what !== listener.what && collide(one.port, listener.port),
      )
      if (other !== undefined) {
        const { file, line } = other.port.spot.source.placeOf(other.port.spot.start)
        yield {
          spot: listener.port.spot,
          note: `${listener.what} listens on port ${listener.port.published?.from}, as ${other.what} does at ${file}:${line}`,
        }
      }
      if (seen.length < MAX_LISTENERS) seen.push(listener)
    }
  },
}

export const stackRules: readonly Rule[] = [pathEscape, unreadable, portConflict]
