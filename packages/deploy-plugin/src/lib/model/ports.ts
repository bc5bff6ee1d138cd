import type { Spot } from './source.ts'
import { get, type ScalarTree, type Tree, textOf } from './yaml-tree.ts'

export interface PortRange {
  readonly from: number
  readonly to: number
}

/** A port of a container, and where on the host it can be reached, if at all. */
export interface Port {
  readonly target: PortRange
  /** Undefined where the engine picks one. */
  readonly published: PortRange | undefined
  /** Empty where it listens on every address. */
  readonly hostIp: string
  readonly protocol: string
  readonly spot: Spot
}

export type ParsedPort = Port | { readonly mistake: string; readonly spot: Spot }

/** Undefined where a variable without a value decides it. */
export function parsePort(tree: Tree): ParsedPort | undefined {
  if (tree.kind === 'map') return longPort(tree)
  if (tree.kind !== 'scalar') return undefined
  return tree.hasHole === true ? undefined : shortPort(tree)
}

function shortPort({ text, spot }: ScalarTree): ParsedPort {
  const wrong = (mistake: string): ParsedPort => ({ mistake, spot })
  const [, ip6, rest6] = /^\[([^\]]*)\]:(.*)$/.exec(text) ?? []
  const [body = '', protocol = 'tcp', ...more] = (rest6 ?? text).split('/')
  if (more.length > 0 || !/^(tcp|udp|sctp)$/i.test(protocol)) return wrong(`names a protocol that is none of tcp, udp and sctp`)
  const parts = body.split(':')
  // An address without brackets may have colons of its own: the last two parts are the ports.
  const ip = ip6 ?? (parts.length > 2 ? parts.slice(0, -2).join(':') : '')
  if (ip6 === undefined && parts.length > 3 && !parts.slice(0, -2).every((part) => /^[0-9a-f]*$/i.test(part) && part.length <= 4))
    return wrong('has more parts than [IP:]HOST:CONTAINER')
  if (ip6 === undefined && parts.length > 3 && !isIp6(ip)) return wrong('has more parts than [IP:]HOST:CONTAINER')
  if (ip6 === undefined && parts.length === 3 && !/^\d{1,3}(\.\d{1,3}){3}$/.test(ip)) return wrong(`binds to what is no IP address`)
  const [host, container] = parts.length === 1 ? [undefined, parts[0]] : parts.slice(-2)
  const target = parseRange(container ?? '')
  if (typeof target === 'string') return wrong(`its container port ${target}`)
  const published = host === undefined || host === '' ? undefined : parseRange(host)
  if (typeof published === 'string') return wrong(`its host port ${published}`)
  return checked({ target, published, hostIp: normalIp(ip), protocol: protocol.toLowerCase(), spot })
}

function longPort(tree: Tree): ParsedPort | undefined {
  const [target, published, hostIp, protocol] = ['target', 'published', 'host_ip', 'protocol'].map((key) => get(tree, key))
  const trees = [target, published, hostIp, protocol]
  if (trees.some((part) => part?.kind === 'scalar' && part.hasHole === true)) return undefined
  const spot = (published ?? target ?? tree).spot
  const container = parseRange(textOf(target) ?? '')
  if (typeof container === 'string') return { mistake: `its target ${container}`, spot: (target ?? tree).spot }
  const host = textOf(published)
  const range = host === undefined || host === '' ? undefined : parseRange(host)
  if (typeof range === 'string') return { mistake: `its published port ${range}`, spot }
  return checked({
    target: container,
    published: range,
    hostIp: normalIp(textOf(hostIp) ?? ''),
    protocol: (textOf(protocol) ?? 'tcp').toLowerCase(),
    spot,
  })
}

function checked(port: Port): ParsedPort {
  const { target, published, spot } = port
  const isRangeToMany = published !== undefined && target.to > target.from && lengthOf(published) !== lengthOf(target)
  return isRangeToMany ? { mistake: 'has ranges of different lengths', spot } : port
}

const lengthOf = ({ from, to }: PortRange): number => to - from
const MAX_PORT = 65_535

function parseRange(text: string): PortRange | string {
  const [, first = '', last = first] = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(text) ?? []
  if (first === '') return 'is no number'
  const [from, to] = [Number(first), Number(last)]
  if (from > MAX_PORT || to > MAX_PORT) return `must be ${MAX_PORT} at most`
  if (from < 1 && from !== to) return 'must be 1 at least'
  return from > to ? 'is a range that ends before it begins' : { from, to }
}

const isIp6 = (ip: string): boolean => /^[0-9a-f:]+$/i.test(ip) && ip.includes('::')

function normalIp(ip: string): string {
  return ip === '0.0.0.0' || ip === '::' || ip === '[::]' ? '' : ip.replace(/^\[|\]$/g, '').toLowerCase()
}

/** Whether both cannot listen at once. */
export function collide(a: Port, b: Port): boolean {
  if (a.protocol !== b.protocol || !fixed(a) || !fixed(b)) return false
  if (a.hostIp !== '' && b.hostIp !== '' && a.hostIp !== b.hostIp) return false
  return a.published.from <= b.published.to && b.published.from <= a.published.to
}

/** A range on the host for one port of the container means any that is free. */
function fixed(port: Port): port is Port & { published: PortRange } {
  const { published, target } = port
  return published !== undefined && published.from > 0 && lengthOf(published) === lengthOf(target)
}

export const rangeText = ({ from, to }: PortRange): string => (from === to ? `${from}` : `${from}-${to}`)
