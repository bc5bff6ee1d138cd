import { isDeepStrictEqual } from 'node:util'
import type { Side } from '../handlers/slots.ts'
import type { Host } from '../hosts/host.ts'
import { type HttpAnswer, httpOn } from '../hosts/http.ts'
import { proxyRefused, proxyServerUnknown, proxyUnreachable } from './errors.ts'

/** One service as Caddy leads to it. */
export interface Route {
  /** Caddy's own name for it, by which it is found again. */
  readonly id: string
  readonly hostname: string
  /** Folder that is looked into for each request: `green` in it means that green serves. */
  readonly switchFolder: string
  /** Where each side answers: ports of the loopback, one for each replica, or a folder of files. */
  readonly sides: Readonly<Record<Side, { readonly ports: readonly number[] } | { readonly folder: string }>>
  /** Who sends this in `Switchyard-Probe` is told the side instead of being served. */
  readonly probe: string
  /** How long a request waits for a service that is being replaced. */
  readonly holdSeconds: number
}

export interface CaddyProxy {
  hasRoute(id: string): Promise<boolean>
  /**
   * Makes the route, or makes it what it should be. Only this changes Caddy's configuration, which makes Caddy begin anew with all its
   * sites; a switch between sides does not.
   */
  ensureRoute(route: Route): Promise<void>
  /** No error where there is none. */
  removeRoute(id: string): Promise<void>
  /** Requests that Caddy waits for at ports of the loopback. */
  pending(ports: readonly number[]): Promise<number>
  /** Where visitors are answered; what Caddy uses by itself where it serves nothing yet. */
  ports(): Promise<readonly number[]>
  /** Asks for a page the way a visitor does. */
  visit(
    route: Pick<Route, 'hostname'>,
    path: string,
    options: { headers?: Readonly<Record<string, string>>; timeoutMs: number; signal?: AbortSignal },
  ): Promise<HttpAnswer>
}

const TIMEOUT_MS = 10_000
const HTTPS = 443

type Json = Readonly<Record<string, unknown>>

/** A Caddy on the host, by its admin API. */
export function caddyProxy(
  host: Host,
  { admin, server: wanted }: { admin: string; server?: string | undefined },
  signal: AbortSignal,
): CaddyProxy {
  const url = new URL(admin)
  const address = url.hostname.replace(/^\[|\]$/g, '')
  const port = Number(url.port || 80)

  async function ask(method: string, path: string, body?: unknown): Promise<HttpAnswer> {
    try {
      return await httpOn(host, {
        address,
        port,
        method,
        path,
        timeoutMs: TIMEOUT_MS,
        signal,
        // Caddy answers only who calls it by the name it listens under.
        headers: { host: url.host, ...(body !== undefined && { 'content-type': 'application/json' }) },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      })
    } catch (error) {
      signal.throwIfAborted()
      throw proxyUnreachable(admin, error)
    }
  }

  async function need(does: string, method: string, path: string, body?: unknown): Promise<unknown> {
    const { status, text } = await ask(method, path, body)
    if (status < 200 || status > 299) throw proxyRefused(does, status, text)
    return text === '' ? null : JSON.parse(text)
  }

  async function servers(): Promise<Readonly<Record<string, { listen?: readonly string[]; tls_connection_policies?: unknown }>>> {
    const config = (await need('read the configuration', 'GET', '/config/')) as {
      apps?: { http?: { servers?: Record<string, { listen?: string[] }> } }
    } | null
    return config?.apps?.http?.servers ?? {}
  }

  async function serverName(): Promise<string | undefined> {
    const all = await servers()
    const names = Object.keys(all)
    if (wanted !== undefined) {
      if (!names.includes(wanted)) throw proxyServerUnknown(wanted, names)
      return wanted
    }
    if (names.length <= 1) return names[0]
    for (const known of [HTTPS, 80]) {
      const found = names.find((name) => all[name]?.listen?.some((one) => portOf(one) === known))
      if (found !== undefined) return found
    }
    throw proxyServerUnknown(undefined, names)
  }

  async function front(): Promise<{ ports: readonly number[]; hasTls: boolean }> {
    const name = await serverName()
    const { listen = [`:${HTTPS}`], tls_connection_policies: tls } = (name === undefined ? undefined : (await servers())[name]) ?? {}
    return { ports: listen.map(portOf).filter((one) => one !== undefined), hasTls: tls !== undefined }
  }

  async function found(id: string): Promise<unknown> {
    const { status, text } = await ask('GET', `/id/${id}`)
    return status === 200 ? JSON.parse(text) : undefined
  }

  return {
    hasRoute: async (id) => (await found(id)) !== undefined,
    async ensureRoute(route) {
      const json = routeJson(route)
      const there = await found(route.id)
      if (isDeepStrictEqual(there, json)) return
      if (there !== undefined) {
        await need(`change the route of "${route.hostname}"`, 'PATCH', `/id/${route.id}`, json)
        return
      }
      const name = await serverName()
      if (name === undefined) {
        // A Caddy that serves nothing yet.
        const http = { servers: { switchyard: { listen: [':443'], routes: [json] } } }
        const apps = (await need('read the configuration', 'GET', '/config/apps')) as Json | null
        if (apps === null) await need('make a server', 'POST', '/config/apps', { http })
        else await need('make a server', 'POST', '/config/apps/http', http)
        return
      }
      const routes = `/config/apps/http/servers/${name}/routes`
      // First, so that no catch-all is before it.
      const others = (await need('read the routes', 'GET', routes)) as readonly unknown[] | null
      const does = `add the route of "${route.hostname}"`
      if (others === null) await need(does, 'POST', routes, [json])
      else if (others.length === 0) await need(does, 'POST', routes, json)
      else await need(does, 'PUT', `${routes}/0`, json)
    },
    async removeRoute(id) {
      if ((await found(id)) !== undefined) await need('remove a route', 'DELETE', `/id/${id}`)
    },
    async pending(ports) {
      const dials = ports.map((one) => `127.0.0.1:${one}`)
      const all = (await need('read the upstreams', 'GET', '/reverse_proxy/upstreams')) as
        | readonly { address: string; num_requests: number }[]
        | null
      return (all ?? []).filter((one) => dials.includes(one.address)).reduce((sum, one) => sum + one.num_requests, 0)
    },
    ports: async () => (await front()).ports,
    async visit({ hostname }, path, { headers = {}, timeoutMs, signal: own }) {
      const { ports, hasTls } = await front()
      const [at = HTTPS] = ports
      const secure = at === HTTPS || hasTls
      return httpOn(host, {
        port: at,
        path,
        headers: { host: hostname, ...headers },
        timeoutMs,
        ...(own && { signal: own }),
        ...(secure && { tlsName: hostname }),
      })
    },
  }
}

/** `:443`, `127.0.0.1:8080`, `tcp/:80`. */
function portOf(listen: string): number | undefined {
  const port = Number(/:(\d+)(?:-\d+)?$/.exec(listen)?.[1])
  return Number.isInteger(port) && port > 0 ? port : undefined
}

/**
 * The route in Caddy's words. Which side serves is asked of the file system with every request, so that a switch changes no
 * configuration: Caddy would begin anew with it, and close connections that visitors keep open.
 */
function routeJson({ id, hostname, switchFolder, sides, probe, holdSeconds }: Route): Json {
  const greenServes = { file: { root: switchFolder, try_files: ['green'] } }
  const asksForSide = { header: { 'Switchyard-Probe': [probe] } }
  const told = (side: Side): Json => ({ handler: 'static_response', status_code: 200, body: side })
  const serve = (side: Side): Json => {
    const place = sides[side]
    if ('folder' in place) return { handler: 'file_server', root: place.folder }
    return {
      handler: 'reverse_proxy',
      upstreams: place.ports.map((port) => ({ dial: `127.0.0.1:${port}` })),
      ...(holdSeconds > 0 && { load_balancing: { try_duration: holdSeconds * 1_000_000_000, try_interval: 100_000_000 } }),
    }
  }
  return {
    '@id': id,
    match: [{ host: [hostname] }],
    terminal: true,
    handle: [
      {
        handler: 'subroute',
        routes: [
          { match: [{ ...asksForSide, ...greenServes }], handle: [told('green')], terminal: true },
          { match: [asksForSide], handle: [told('blue')], terminal: true },
          { match: [greenServes], handle: [serve('green')], terminal: true },
          { handle: [serve('blue')], terminal: true },
        ],
      },
    ],
  }
}

/** Lets a side serve, from the next request on. */
export async function setServingSide(host: Host, switchFolder: string, side: Side): Promise<void> {
  await host.makeFolder(switchFolder)
  if (side === 'blue') await host.removeFile(`${switchFolder}/green`)
  else await host.writeFile(`${switchFolder}/green`, '')
}
