import type { Blueprint, Planned } from './blueprint.ts'
import { commented, HEAD } from './head.ts'

/** The Caddyfile of the proxy on the host, formatted as `caddy fmt` does; undefined where nothing has a name. */
export function caddyfile(blueprint: Blueprint): string | undefined {
  const sites = blueprint.services.filter(({ hostname }) => hostname !== undefined)
  if (sites.length === 0) return undefined
  return [commented(HEAD), SNIPPETS, ...sites.map((service) => site(blueprint, service))].join('\n')
}

/** One day is enough to begin with; raise it once every name is surely served over HTTPS alone. */
const SNIPPETS = `(security_headers) {
	header {
		# One day to begin with: browsers hold on to it.
		Strict-Transport-Security "max-age=86400"
		X-Content-Type-Options nosniff
		X-Frame-Options DENY
		Referrer-Policy strict-origin-when-cross-origin
		# The app's own policy wins where it sends one.
		?Content-Security-Policy "default-src 'self'; frame-ancestors 'none'; base-uri 'self'"
		-Server
	}
}
`

function site(blueprint: Blueprint, service: Planned): string {
  const { hostname = '', handler, port, config } = service
  // Names that no authority gives a certificate for.
  const isLocal = /(^|\.)(localhost|local|internal|test|lan|home\.arpa)$/.test(hostname) || !hostname.includes('.')
  const lines = [
    ...(isLocal ? ['\t# No authority knows this name: Caddy signs it itself.', '\ttls internal'] : []),
    '\timport security_headers',
    '\tencode zstd gzip',
  ]
  if (handler === 'static') {
    const folder = `${blueprint.root}/${blueprint.stack}/${blueprint.env}/services/${service.name}/current`
    lines.push(
      '\t# The release that serves.',
      `\troot * ${token(folder)}`,
      `\ttry_files {path} ${token(`/${config.handler === 'static' ? config.index : 'index.html'}`)}`,
      '\tfile_server',
    )
  } else {
    lines.push(`\treverse_proxy 127.0.0.1:${port} {`)
    const { health } = config
    if (health !== undefined && 'http' in health)
      lines.push(`\t\thealth_uri ${token(health.http)}`, '\t\thealth_interval 10s', '\t\thealth_timeout 5s')
    lines.push('\t\t# Waits for one that is starting, instead of a 502.', '\t\tlb_try_duration 5s', '\t}')
  }
  return `${hostname} {\n${lines.join('\n')}\n}\n`
}

/** One word of a Caddyfile, whatever is in it. */
const token = (text: string): string =>
  /^[\w./*-]+$/.test(text) ? text : `"${text.replace(/[\\"]/g, '\\$&').replace(/[\n{]/g, encodeURIComponent)}"`
