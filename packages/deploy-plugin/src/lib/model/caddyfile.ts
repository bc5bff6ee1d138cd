import { posix } from 'node:path'
import { type CaddyToken, type CaddyVariable, readCaddyTokens } from './caddy-tokens.ts'
import { folderOf } from './compose.ts'
import type { Problem } from './problem.ts'
import { isUnread, type ProjectFiles } from './project-files.ts'
import type { Source, Spot } from './source.ts'

export interface Directive {
  readonly name: string
  readonly args: readonly CaddyToken[]
  readonly block: readonly Directive[] | undefined
  readonly spot: Spot
}

export interface Address {
  /** As it is written. */
  readonly text: string
  readonly scheme: 'http' | 'https'
  /** Lower case; empty where every host is meant. */
  readonly host: string
  readonly port: number | undefined
  readonly path: string
  readonly spot: Spot
  readonly hasHole: boolean
}

export interface Site {
  readonly addresses: readonly Address[]
  /** With snippets and imported files put in. */
  readonly directives: readonly Directive[]
  readonly spot: Spot
  /** After the `{` that opens it; undefined where the file is one site without braces. */
  readonly bodyStart: number | undefined
}

export interface Caddyfile {
  readonly source: Source
  readonly global: readonly Directive[]
  readonly sites: readonly Site[]
  readonly variables: readonly CaddyVariable[]
  /** Files that are imported, as they are written. */
  readonly imports: readonly string[]
  readonly problems: readonly Problem[]
}

interface RawSite {
  readonly keys: readonly CaddyToken[]
  readonly body: readonly Directive[]
  readonly bodyStart: number | undefined
}

const MAX_DIRECTIVES = 20_000
const MAX_IMPORT_DEPTH = 10
const MAX_BLOCK_DEPTH = 100

/** Reads a Caddyfile far enough to know its sites and what they do. Snippets and files of the project are put in where they are imported. */
export function readCaddyfile(source: Source, files: ProjectFiles, environment: ReadonlyMap<string, string>): Caddyfile {
  const problems: Problem[] = []
  const variables: CaddyVariable[] = []
  const snippets = new Map<string, readonly Directive[]>()
  let left = MAX_DIRECTIVES

  function parse(from: Source): { global: readonly Directive[]; sites: readonly RawSite[]; loose: readonly Directive[] } {
    const read = readCaddyTokens(from, environment)
    variables.push(...read.variables)
    problems.push(...read.problems)
    return parseBlocks(read.tokens, from, problems)
  }

  function expand(directives: readonly Directive[], at: string, depth: number): readonly Directive[] {
    return directives.flatMap((directive): readonly Directive[] => {
      if (--left < 0) return []
      if (directive.name !== 'import') {
        return [directive.block === undefined ? directive : { ...directive, block: expand(directive.block, at, depth) }]
      }
      const [what, ...args] = directive.args
      if (what === undefined || depth >= MAX_IMPORT_DEPTH) {
        if (what !== undefined) problems.push(broken(`imports nest deeper than ${MAX_IMPORT_DEPTH}`, directive.spot))
        return []
      }
      const snippet = snippets.get(what.text)
      if (snippet !== undefined) return expand(withArgs(snippet, args), at, depth + 1)
      return imported(what, at).flatMap((file) => expand(parse(file).loose, file.path, depth + 1))
    })
  }

  const imports = new Set<string>()
  const importedFiles = new Map<string, readonly Source[]>()
  function imported(what: CaddyToken, at: string): readonly Source[] {
    if (what.hasHole) return []
    imports.add(what.text)
    if (posix.isAbsolute(what.text)) {
      // A path of the host or the container that Caddy runs in says nothing about this project.
      return []
    }
    const path = posix.join(folderOf(at), what.text)
    const known = importedFiles.get(path)
    if (known !== undefined) return known
    const isGlob = /[*?[]/.test(path)
    const names = isGlob ? files.paths.filter((candidate) => posix.matchesGlob(candidate, path)) : [path]
    const found: Source[] = []
    for (const name of names) {
      const read = files.read(name)
      if (!isUnread(read)) found.push(read)
      else if (read === 'outside')
        problems.push({ rule: 'stack.path-escape', note: `${what.text} leads out of the project, so it was not read`, spot: what.spot })
      else if (!isGlob) problems.push(broken(`imports ${what.text}, which is neither a snippet nor a file`, what.spot))
    }
    importedFiles.set(path, found)
    return found
  }

  function takeIn(raw: readonly RawSite[], at: string, depth: number): RawSite[] {
    for (const { keys, body } of raw) {
      const [, snippet] = /^\(([^)]+)\)$/.exec(keys[0]?.text ?? '') ?? []
      if (snippet !== undefined) snippets.set(snippet, body)
    }
    return raw.flatMap((site) => {
      const [first, what] = site.keys
      if (first?.text !== 'import' || what === undefined) return [site]
      if (depth >= MAX_IMPORT_DEPTH) return []
      return imported(what, at).flatMap((file) => takeIn(parse(file).sites, file.path, depth + 1))
    })
  }

  const top = parse(source)
  const sites = takeIn(top.sites, source.path, 0).flatMap(({ keys, body, bodyStart }): Site[] => {
    const [first] = keys
    if (first === undefined || /^(\(.*\)|&\(.*\))$/.test(first.text)) return []
    return [
      {
        addresses: keys.flatMap((key) => addressOf(key) ?? []),
        directives: expand(body, first.spot.source.path, 0),
        spot: first.spot,
        bodyStart,
      },
    ]
  })
  if (left < 0) problems.push(broken(`its imports unfold to more than ${MAX_DIRECTIVES} directives`, source.spot(0)))
  return { source, global: expand(top.global, source.path, 0), sites, variables: unique(variables), imports: [...imports], problems }
}

const broken = (note: string, spot: Spot): Problem => ({ rule: 'caddy.import', note, spot })

function unique(variables: readonly CaddyVariable[]): CaddyVariable[] {
  const seen = new Set<string>()
  return variables.filter(({ spot }) => {
    const id = `${spot.source.path}:${spot.start}`
    return seen.has(id) ? false : seen.add(id) !== undefined
  })
}

function withArgs(snippet: readonly Directive[], args: readonly CaddyToken[]): readonly Directive[] {
  if (args.length === 0) return snippet
  const put = (token: CaddyToken): CaddyToken => ({
    ...token,
    text: token.text.replace(/\{args(?:\[(\d+)\]|\.(\d+))\}/g, (whole, a?: string, b?: string) => args[Number(a ?? b)]?.text ?? whole),
  })
  return snippet.map((directive) => ({
    ...directive,
    args: directive.args.map(put),
    block: directive.block && withArgs(directive.block, args),
  }))
}

function parseBlocks(tokens: readonly CaddyToken[], source: Source, problems: Problem[]) {
  let at = 0
  const isOpen = (token: CaddyToken | undefined): boolean => token?.text === '{' && !token.isQuoted
  const isClose = (token: CaddyToken | undefined): boolean => token?.text === '}' && !token.isQuoted
  const wrong = (note: string, spot: Spot): void => {
    problems.push({ rule: 'caddy.syntax', note, spot })
  }

  /** Directives up to the brace that closes the block, or to the end. */
  function directives(opener: CaddyToken | undefined, depth: number): Directive[] {
    const found: Directive[] = []
    while (at < tokens.length) {
      const name = tokens[at] as CaddyToken
      if (isClose(name)) {
        if (opener === undefined) wrong('closes a block that was never opened', name.spot)
        else {
          at++
          return found
        }
        at++
        continue
      }
      at++
      const args: CaddyToken[] = []
      let block: Directive[] | undefined
      while (at < tokens.length && tokens[at]?.isFirst === false) {
        const token = tokens[at] as CaddyToken
        const endsLine = tokens[at + 1]?.isFirst !== false
        if (isOpen(token) && endsLine) {
          at++
          if (depth >= MAX_BLOCK_DEPTH) wrong(`is nested deeper than ${MAX_BLOCK_DEPTH}`, token.spot)
          else block = directives(token, depth + 1)
          break
        }
        if (isClose(token)) {
          wrong('a closing brace must stand on a line of its own', token.spot)
          at++
          break
        }
        args.push(token)
        at++
      }
      found.push({ name: name.text, args, block, spot: name.spot })
    }
    if (opener !== undefined) wrong('opens a block that is never closed', opener.spot)
    return found
  }

  let global: Directive[] = []
  if (isOpen(tokens[0])) {
    at = 1
    global = directives(tokens[0], 0)
  }
  const begin = at
  const sites: RawSite[] = []
  while (at < tokens.length) {
    const keys: CaddyToken[] = []
    const stray = tokens[at]
    if (stray !== undefined && isClose(stray)) {
      wrong('closes a block that was never opened', stray.spot)
      at++
      continue
    }
    let isMore = true
    while (at < tokens.length && !isOpen(tokens[at]) && (isMore || tokens[at]?.isFirst === false)) {
      const token = tokens[at++] as CaddyToken
      isMore = token.text.endsWith(',')
      keys.push(token)
    }
    const opener = tokens[at]
    if (isOpen(opener)) {
      if (keys.length === 0 && opener !== undefined) wrong('a block must begin with the address of a site', opener.spot)
      at++
      sites.push({ keys, body: directives(opener, 0), bodyStart: opener?.spot.end })
    } else if (keys[0]?.text === 'import') sites.push({ keys, body: [], bodyStart: undefined })
    else {
      // Without braces the whole rest of the file is one site.
      if (sites.length > 0 && keys[0] !== undefined) wrong('a site must be followed by its block', keys[0].spot)
      sites.push({ keys, body: directives(undefined, 0), bodyStart: undefined })
    }
  }
  at = begin
  const loose = problems.some(({ spot }) => spot.source === source) ? [] : directives(undefined, 0)
  return { global, sites, loose }
}

function addressOf({ text, spot, hasHole }: CaddyToken): Address | undefined {
  const clean = text.replace(/,$/, '')
  if (clean === '') return undefined
  const [, scheme = '', host = '', portText, path = ''] = /^(?:(https?):\/\/)?(\[[^\]]*\]|[^:/]*)(?::([^/]*))?(\/.*)?$/.exec(clean) ?? []
  const port = portText !== undefined && /^\d{1,5}$/.test(portText) ? Number(portText) : undefined
  return {
    text: written(spot).replace(/,$/, ''),
    scheme:
      scheme === 'http' || scheme === 'https'
        ? scheme
        : port === 80
          ? 'http'
          : port === undefined || port === 443 || host !== ''
            ? 'https'
            : 'http',
    host: host.toLowerCase(),
    port,
    path,
    spot,
    hasHole,
  }
}

/** The port that a site listens on, whether it says so or not. */
export const portOf = ({ port, scheme }: Address): number => port ?? (scheme === 'http' ? 80 : 443)

/** Every directive of a list and of the blocks in it, each with those around it. */
export function* walkDirectives(
  directives: readonly Directive[],
  around: readonly Directive[] = [],
): Generator<{ readonly directive: Directive; readonly around: readonly Directive[] }> {
  for (const directive of directives) {
    yield { directive, around }
    if (directive.block !== undefined) yield* walkDirectives(directive.block, [...around, directive])
  }
}

export interface Upstream {
  /** As it is written. */
  readonly text: string
  readonly host: string
  readonly port: number | undefined
  readonly mistake: string | undefined
  readonly spot: Spot
}

/** Where a `reverse_proxy`, `php_fastcgi` or `forward_auth` sends requests; sockets and what is known at run time only are left out. */
export function upstreamsOf({ name, args, block }: Directive): readonly Upstream[] {
  if (name !== 'reverse_proxy' && name !== 'php_fastcgi' && name !== 'forward_auth') return []
  const isMatcher = (text: string): boolean => text === '*' || text.startsWith('/') || text.startsWith('@')
  const own = args[0] !== undefined && isMatcher(args[0].text) ? args.slice(1) : args
  const more = block?.filter((line) => line.name === 'to').flatMap((line) => line.args) ?? []
  return [...own, ...more].flatMap((token) => upstreamOf(token) ?? [])
}

/** Before variables were put in: their values are nobody's business. */
const written = ({ source, start, end }: Spot): string => source.text.slice(start, end)

function upstreamOf({ text, spot, hasHole }: CaddyToken): Upstream | undefined {
  if (hasHole) return text === '' ? { text, host: '', port: undefined, mistake: 'is empty, as its variable has no value', spot } : undefined
  if (text.includes('{') || text.startsWith('unix/')) return undefined
  const [, scheme = '', rest = ''] = /^(?:(https?|h2c):\/\/)?(.*)$/.exec(text) ?? []
  const bare = rest.replace(/^tcp\//, '').replace(/\/$/, '')
  const [, host = '', portText] = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/.exec(bare) ?? []
  const [, from, to = from] = /^(\d{1,6})(?:-(\d{1,6}))?$/.exec(portText ?? '') ?? []
  const port = from === undefined ? { https: 443, http: 80, h2c: 80 }[scheme] : Number(from)
  const isWrong = portText !== undefined && (from === undefined || Number(to) > 65_535 || Number(to) < 1)
  return {
    text: written(spot),
    host: host.toLowerCase(),
    port: isWrong ? undefined : port,
    mistake: isWrong ? 'has a port that is no number from 1 to 65535' : undefined,
    spot,
  }
}
