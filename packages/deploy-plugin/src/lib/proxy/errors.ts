import { SwitchyardError } from '@switchyard/plugin-kit'

export const proxyUnreachable = (admin: string, cause: unknown): SwitchyardError =>
  new SwitchyardError(
    'PROXY_UNREACHABLE',
    `Cannot lead requests to the new release as Caddy's admin API must answer at ${admin}: ${cause instanceof Error ? cause.message : String(cause)}`,
    {
      data: { admin },
      cause,
      retryable: true,
      next: 'start Caddy on the host, or name its admin address as "proxy.admin"',
    },
  )

export const proxyRefused = (does: string, status: number, told: string): SwitchyardError =>
  new SwitchyardError('PROXY_REFUSED', `Cannot ${does} as Caddy must accept it: ${status} ${told.slice(0, 300)}`, { data: { status } })

export const proxyServerUnknown = (wanted: string | undefined, servers: readonly string[]): SwitchyardError =>
  new SwitchyardError(
    'PROXY_SERVER_UNKNOWN',
    `Cannot add a route as ${wanted === undefined ? 'one of its servers must listen on port 443 or 80' : `Caddy must have the server "${wanted}"`}: it has ${servers.join(', ') || 'none'}`,
    { data: { servers }, next: 'name one of them as "proxy.server" in switchyard.deploy.json' },
  )

export const proxyNotSwitched = (hostname: string, expected: string, found: string): SwitchyardError =>
  new SwitchyardError('PROXY_NOT_SWITCHED', `Cannot hand "${hostname}" over as Caddy must lead it to ${expected}: ${found}`, {
    data: { hostname, expected },
    next: 'see that Caddy may read the folder of the switch, and that it runs on the host itself',
  })
