import { type Address, type Caddyfile, type Directive, portOf, type Site, upstreamsOf, walkDirectives } from '../../model/caddyfile.ts'
import type { Stack } from '../../model/stack.ts'
import { type Found, problemRule, type Rule } from '../rule.ts'
import { isSecretName, secretIn, shapeIn } from '../secrets.ts'
import { eolOf } from '../text-edits.ts'
import { caddyServices } from './caddy-place.ts'

const syntax = problemRule({
  id: 'caddy.syntax',
  part: 'caddy',
  severity: 'critical',
  title: 'Each Caddyfile can be read',
  why: 'Caddy refuses it, and keeps what it had before.',
  mend: 'mend the quotes and braces at this place; a brace that opens a block ends its line, one that closes it has a line of its own',
})

const imports = problemRule({
  id: 'caddy.import',
  part: 'caddy',
  severity: 'critical',
  title: 'Everything that a Caddyfile imports is there',
  why: 'Caddy refuses the file: "File to import not found".',
  mend: 'define the snippet before it is used, or mend the path, which counts from the file that names it',
})

/** A rule that looks at one Caddyfile by itself. */
function caddyRule(rule: Omit<Rule, 'look' | 'part'>, look: (caddyfile: Caddyfile, stack: Stack) => Iterable<Found>): Rule {
  return {
    ...rule,
    part: 'caddy',
    *look(stack) {
      for (const caddyfile of stack.caddyfiles) yield* look(caddyfile, stack)
    },
  }
}

const STANDARD: ReadonlySet<string> = new Set(
  `abort acme_server basic_auth basicauth bind copy_response copy_response_headers encode error file_server forward_auth fs handle
  handle_errors handle_path handle_response header import intercept invoke log log_append log_name log_skip map method metrics
  php_fastcgi push redir request_body request_header respond reverse_proxy rewrite root route skip_log templates tls tracing try_files
  uri vars`.split(/\s+/),
)
/** Their blocks hold directives as a site does. */
const HOLDERS: ReadonlySet<string> = new Set(['handle', 'handle_path', 'handle_errors', 'handle_response', 'route', 'intercept'])

const unknownDirective = caddyRule(
  {
    id: 'caddy.directive-unknown',
    severity: 'critical',
    title: 'Every directive is one of the standard build of Caddy',
    why: 'Caddy refuses the file: "unrecognized directive". Plugins such as rate_limit are not in the images and packages that people install.',
    mend: 'mend its name, or build Caddy with the plugin (xcaddy) and say so with the global option "order"',
  },
  function* ({ sites, global }, stack) {
    // Who builds a Caddy of their own, or orders a directive, has it.
    if (caddyServices(stack).some(({ service }) => service.build !== undefined)) return
    const ordered = new Set(global.filter(({ name }) => name === 'order').map(({ args }) => args[0]?.text))
    for (const { directive, around } of directivesOf(sites)) {
      const { name, spot } = directive
      const isDirective = around.every((one) => HOLDERS.has(one.name) || (one.name === 'reverse_proxy' && around.at(-1) !== one))
      if (!isDirective || name.startsWith('@') || STANDARD.has(name) || ordered.has(name)) continue
      yield { spot, note: `the directive ${name} is not in the standard build of Caddy` }
    }
  },
)

function* directivesOf(sites: readonly Site[]): Generator<{ directive: Directive; around: readonly Directive[]; site: Site }> {
  for (const site of sites) for (const { directive, around } of walkDirectives(site.directives)) yield { directive, around, site }
}

const duplicateSite = caddyRule(
  {
    id: 'caddy.duplicate-site',
    severity: 'critical',
    title: 'Every address belongs to one site',
    why: 'Caddy refuses the file: "ambiguous site definition". Where the same address is written in two ways, the second site gets no request.',
    mend: 'put both sites together',
  },
  function* ({ sites }) {
    const seen = new Map<string, Address>()
    for (const { addresses } of sites) {
      for (const address of addresses) {
        if (address.hasHole) continue
        const id = `${address.scheme}://${address.host}:${portOf(address)}${address.path}`
        const other = seen.get(id)
        if (other !== undefined) {
          const { line } = other.spot.source.placeOf(other.spot.start)
          yield { spot: address.spot, note: `the address ${address.text} belongs to a site in line ${line} too` }
        }
        seen.set(id, other ?? address)
      }
    }
  },
)

/** Directives of which the first that matches ends the search. */
const EXCLUSIVE: ReadonlySet<string> = new Set(['handle', 'handle_path', 'reverse_proxy', 'php_fastcgi', 'file_server', 'respond'])

const duplicateRoute = caddyRule(
  {
    id: 'caddy.duplicate-route',
    severity: 'critical',
    title: 'No route stands behind another that takes all of its requests',
    why: 'The second one never gets a request.',
    mend: 'take one out, or give it a matcher of its own',
  },
  function* ({ sites }) {
    for (const { directives } of sites) yield* twins(directives)
  },
)

function* twins(directives: readonly Directive[]): Generator<Found> {
  const seen = new Set<string>()
  for (const { name, args, block, spot } of directives) {
    if (HOLDERS.has(name) && block !== undefined) yield* twins(block)
    if (!EXCLUSIVE.has(name)) continue
    const matcher = args[0] !== undefined && /^[/@*]/.test(args[0].text) ? args[0].text : '*'
    // Statements that end without an answer, such as file_server with pass_thru, let others on.
    if (block?.some((line) => line.name === 'pass_thru') === true) continue
    const id = `${name === 'handle_path' ? 'handle' : name} ${matcher}`
    if (seen.has(id)) yield { spot, note: `${name} ${matcher === '*' ? 'for every request' : `for ${matcher}`} stands here a second time` }
    seen.add(id)
  }
}

const portMixed = caddyRule(
  {
    id: 'caddy.port-mixed',
    severity: 'critical',
    title: 'No port serves HTTP and HTTPS at once',
    why: 'Caddy refuses the file: it "cannot natively multiplex HTTP and HTTPS".',
    mend: 'give one of the sites another port',
  },
  function* ({ sites }) {
    const schemes = new Map<number, Address>()
    for (const address of sites.flatMap(({ addresses }) => addresses)) {
      if (address.hasHole) continue
      const other = schemes.get(portOf(address))
      if (other !== undefined && other.scheme !== address.scheme)
        yield {
          spot: address.spot,
          note: `${address.text} serves ${address.scheme} on port ${portOf(address)}, where ${other.text} serves ${other.scheme}`,
        }
      schemes.set(portOf(address), other ?? address)
    }
  },
)

const isLocalHost = (host: string): boolean => host === 'localhost' || host.endsWith('.localhost') || /^[\d.]+$|^\[/.test(host)
/** Names that no public authority gives certificates for. */
const isPrivateName = (host: string): boolean =>
  !isLocalHost(host) &&
  host !== '' &&
  (!host.includes('.') || /\.(local|lan|home|internal|intranet|localdomain|test|home\.arpa|corp|private)$/.test(host))
const isPublicName = (host: string): boolean => host.includes('.') && !isLocalHost(host) && !isPrivateName(host)

const globalOption = ({ global }: Caddyfile, name: string): Directive | undefined => global.find((directive) => directive.name === name)

const localHost = caddyRule(
  {
    id: 'caddy.local-host',
    severity: 'warning',
    title: 'Names of the local network are served without TLS or with certificates of Caddy’s own',
    why: 'No public authority gives a certificate for such a name: Caddy asks again and again, and browsers get none.',
    mend: 'add "tls internal" to the site, or begin its address with http://',
    fix: 'adds "tls internal" to the site',
  },
  function* (caddyfile) {
    if (globalOption(caddyfile, 'local_certs') !== undefined || globalOption(caddyfile, 'auto_https')?.args[0]?.text === 'off') return
    for (const { addresses, directives, bodyStart, spot } of caddyfile.sites) {
      if (directives.some(({ name }) => name === 'tls')) continue
      const found = addresses.find(({ scheme, host, hasHole }) => scheme === 'https' && isPrivateName(host) && !hasHole)
      if (found === undefined) continue
      const eol = eolOf(spot.source.text)
      yield {
        spot: found.spot,
        note: `${found.host} is a name of the local network and would ask a public authority for a certificate`,
        ...(bodyStart !== undefined && { edits: [{ spot: spot.source.spot(bodyStart), text: `${eol}\ttls internal` }] }),
      }
    }
  },
)

const https = caddyRule(
  {
    id: 'caddy.https',
    severity: 'info',
    title: 'Every public name is served over HTTPS',
    why: 'Whoever is on the way reads and changes what is sent.',
    mend: 'take http:// and the port out of the address: Caddy then gets a certificate by itself',
  },
  function* (caddyfile) {
    const off = globalOption(caddyfile, 'auto_https')
    if (off?.args[0]?.text === 'off') yield { spot: off.spot, note: 'automatic HTTPS is turned off for every site' }
    for (const { addresses, directives } of caddyfile.sites) {
      // A site that only sends elsewhere is how HTTPS begins.
      if (directives.every(({ name }) => name === 'redir')) continue
      for (const { scheme, host, text, spot } of addresses)
        if (scheme === 'http' && isPublicName(host)) yield { spot, note: `${text} is served without TLS` }
    }
  },
)

const WANTED_HEADERS = [
  'Strict-Transport-Security',
  'X-Content-Type-Options',
  'X-Frame-Options',
  'Referrer-Policy',
  'Content-Security-Policy',
] as const

const securityHeaders = caddyRule(
  {
    id: 'caddy.security-headers',
    severity: 'info',
    title: 'Every public site sends the headers that browsers protect its users by',
    why: 'Without them pages can be framed, types guessed, and the first request sent in the clear.',
    mend: 'put them into a snippet and import it into every site; take the header Server out with -Server',
  },
  function* ({ sites }) {
    for (const { addresses, directives, spot } of sites) {
      if (!addresses.some(({ scheme, host }) => scheme === 'https' && isPublicName(host))) continue
      if (!directives.some(({ name }) => name !== 'redir')) continue
      const sent = new Set<string>()
      for (const { directive } of walkDirectives(directives)) {
        if (directive.name !== 'header') continue
        const own = directive.args.filter(({ text }) => !/^[/@*]/.test(text))
        for (const name of [own[0]?.text, ...(directive.block ?? []).map((line) => line.name)])
          if (name !== undefined) sent.add(name.replace(/^[+?>]/, '').toLowerCase())
      }
      const missing = [...WANTED_HEADERS.filter((name) => !sent.has(name.toLowerCase())), ...(sent.has('-server') ? [] : ['-Server'])]
      if (missing.length > 0) yield { spot, note: `${addresses[0]?.text ?? 'the site'} does not set ${missing.join(', ')}` }
    }
  },
)

const adminOpen = caddyRule(
  {
    id: 'caddy.admin-open',
    severity: 'critical',
    title: 'Caddy’s admin API is reached from its own machine alone',
    why: 'It has no password: whoever reaches it changes every site.',
    mend: 'bind it to localhost:2019 or to a socket, or turn it off',
  },
  function* (caddyfile) {
    const admin = globalOption(caddyfile, 'admin')
    const [address] = admin?.args ?? []
    if (address === undefined || address.hasHole) return
    const host = address.text.replace(/^tcp\//, '').replace(/:\d+$/, '')
    if (address.text !== 'off' && !address.text.startsWith('unix/') && !/^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(host))
      yield { spot: address.spot, note: `the admin API listens on ${address.text}` }
  },
)

const upstreamInvalid = caddyRule(
  {
    id: 'caddy.upstream-invalid',
    severity: 'critical',
    title: 'Every upstream is an address with a port that is one',
    why: 'Caddy takes it without a word and answers every request with 502.',
    mend: 'write HOST:PORT, and give variables a value or a default: {$NAME:default}',
  },
  function* ({ sites }) {
    for (const { directive } of directivesOf(sites))
      for (const { text, mistake, spot } of upstreamsOf(directive))
        if (mistake !== undefined) yield { spot, note: `the upstream ${text} ${mistake}`.replace('  ', ' ') }
  },
)

const literalSecret = caddyRule(
  {
    id: 'caddy.literal-secret',
    severity: 'critical',
    title: 'No secret stands in a Caddyfile',
    why: 'Whoever can read the repository has it, for as long as its history is kept.',
    mend: 'revoke it, then take it from the environment: {$NAME} or {env.NAME}',
  },
  function* ({ sites, global }) {
    const all = [...directivesOf(sites), ...[...walkDirectives(global)].map((one) => ({ ...one, site: undefined }))]
    for (const { directive } of all) {
      for (const [index, { text, spot }] of directive.args.entries()) {
        const before = index === 0 ? directive.name : (directive.args[index - 1]?.text ?? '')
        if (/\{\$/.test(spot.source.text.slice(spot.start, spot.end)) || text.startsWith('{')) continue
        const what = shapeIn(text) ?? (isSecretName(before) && text.length >= MIN_CHARS ? secretIn(before, text) : undefined)
        if (what !== undefined) yield { spot, note: `${directive.name} holds ${what}` }
      }
    }
  },
)
const MIN_CHARS = 8

export const caddySiteRules: readonly Rule[] = [
  syntax,
  imports,
  unknownDirective,
  duplicateSite,
  duplicateRoute,
  portMixed,
  upstreamInvalid,
  localHost,
  https,
  securityHeaders,
  adminOpen,
  literalSecret,
]
