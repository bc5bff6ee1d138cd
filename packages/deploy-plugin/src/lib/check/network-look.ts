import { connect as connectTls } from 'node:tls'
import { isSwitchyardError } from '@switchyard/plugin-kit'
import type { DeployConfig } from '../config/config.ts'
import type { Host } from '../hosts/host.ts'
import { httpOn, withSignal } from '../hosts/http.ts'
import { caddyProxy } from '../proxy/caddy.ts'
import type { Finding } from './finding.ts'
import { judgeCertificate } from './judge.ts'
import type { Wants } from './wants.ts'

const HTTPS = 443

/** What the network says of the names under which services are to be found. */
export async function lookAtNetwork(
  host: Host,
  { hostnames }: Pick<Wants, 'hostnames'>,
  { proxy, nowMs, signal }: { readonly proxy: DeployConfig['proxy']; readonly nowMs: number; readonly signal: AbortSignal },
): Promise<readonly Finding[]> {
  const ports = hostnames.length === 0 ? [] : await portsOf(host, proxy, signal)
  const found = await Promise.all([
    ...(proxy === undefined ? [] : [lookAtProxy(host, proxy.admin, signal)]),
    ...hostnames.map(({ hostname }) => lookUp(host, hostname, signal)),
    ...hostnames.map(({ hostname }) => lookAtCertificate(host, hostname, ports, { nowMs, signal })),
  ])
  return found.flat()
}

/** Where the proxy answers visitors; the usual port where nobody can say. */
async function portsOf(host: Host, proxy: DeployConfig['proxy'], signal: AbortSignal): Promise<readonly number[]> {
  if (proxy === undefined) return [HTTPS]
  return caddyProxy(host, proxy, AbortSignal.any([signal, AbortSignal.timeout(5_000)]))
    .ports()
    .catch(() => [HTTPS])
}

async function lookAtProxy(host: Host, admin: string, signal: AbortSignal): Promise<readonly Finding[]> {
  const { hostname, port } = new URL(admin)
  const address = hostname.replace(/^\[|\]$/g, '')
  const base = { check: 'proxy', group: 'Network', subject: admin, wanted: 'its admin API answers' } as const
  try {
    const { status } = await httpOn(host, { address, port: Number(port || 80), path: '/config/', timeoutMs: 5_000, signal })
    return [{ ...base, level: status === 200 ? 'ok' : 'fail', measured: `answered ${status}` }]
  } catch (error) {
    return [{ ...base, level: 'fail', measured: `no answer: ${reasonOf(error)}`, advice: 'start it: caddy run' }]
  }
}

/** As the host resolves it, its own hosts file included. */
async function lookUp(host: Host, hostname: string, signal: AbortSignal): Promise<readonly Finding[]> {
  const base = { check: 'dns', group: 'Network', subject: hostname, wanted: 'leads to this host' } as const
  try {
    const { exit, stdout } = await host.run(['getent', 'ahosts', hostname], { timeoutMs: 5_000, signal })
    const addresses = [...new Set(stdout.split('\n').flatMap((line) => /^[\da-f.:]+/i.exec(line)?.[0] ?? []))]
    if (exit === 0 && addresses.length > 0) return [{ ...base, level: 'ok', measured: addresses.slice(0, 3).join(', ') }]
    return [{ ...base, level: 'warn', measured: 'leads nowhere', advice: `enter ${hostname} into your DNS, or into /etc/hosts` }]
  } catch (error) {
    if (signal.aborted) throw error
    return [{ ...base, level: 'unknown', measured: `nobody could look: ${reasonOf(error)}` }]
  }
}

/** What is served for the name now, as whoever asks this host would see it; where nothing is, there is nothing to tell of. */
async function lookAtCertificate(
  host: Host,
  hostname: string,
  ports: readonly number[],
  { nowMs, signal }: { readonly nowMs: number; readonly signal: AbortSignal },
): Promise<readonly Finding[]> {
  const within = AbortSignal.any([signal, AbortSignal.timeout(5_000)])
  for (const port of ports) {
    // A port that speaks no TLS has no certificate.
    const endsMs = await certificateEnd(host, hostname, port, within).catch(() => undefined)
    if (endsMs !== undefined) return [judgeCertificate(hostname, endsMs, nowMs)]
  }
  return []
}

async function certificateEnd(host: Host, hostname: string, port: number, signal: AbortSignal): Promise<number | undefined> {
  const stream = await withSignal(host.connectPort(port), signal)
  const { promise, resolve, reject } = Promise.withResolvers<number | undefined>()
  // One that nobody trusts runs out all the same.
  const secure = connectTls({ socket: stream, servername: hostname, rejectUnauthorized: false })
  const abort = (): void => reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  secure.on('secureConnect', () => {
    const { valid_to: end } = secure.getPeerCertificate()
    resolve(end === undefined ? undefined : Date.parse(end))
  })
  secure.on('error', reject)
  try {
    return await promise
  } finally {
    signal.removeEventListener('abort', abort)
    secure.destroy()
    stream.destroy()
  }
}

/** What the system said, rather than what we made of it. */
export function reasonOf(error: unknown): string {
  const { code, message, cause } = error as NodeJS.ErrnoException & { cause?: unknown }
  if (isSwitchyardError(error) && cause instanceof Error) return reasonOf(cause)
  return (isSwitchyardError(error) || code === undefined ? message : code).slice(0, 200)
}
