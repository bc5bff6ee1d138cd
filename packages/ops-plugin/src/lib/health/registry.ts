import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import satisfies from 'semver/functions/satisfies.js'
import { z } from 'zod'
import { isObject, isText } from './document.ts'
import type { Advisory, RegistryFacts } from './facts.ts'
import { keepNewest } from './keep-newest.ts'
import { dependenciesOf, type Project } from './project.ts'
import type { Snapshot } from './snapshot.ts'

interface LockedPackage {
  readonly file: string
  /** In the order of the lock file, the one at the top last. */
  readonly versions: readonly string[]
}

/** What npm's lock file pins, by name. */
export function lockedPackages(snapshot: Snapshot): ReadonlyMap<string, LockedPackage> {
  const file = ['npm-shrinkwrap.json', 'package-lock.json'].find((path) => snapshot.has(path))
  const found = new Map<string, { file: string; versions: string[] }>()
  for (const [path, entry] of Object.entries(packagesOf(file === undefined ? undefined : snapshot.text(file)))) {
    const name = /(?:^|\/)node_modules\/((?:@[^/]+\/)?[^/]+)$/.exec(path)?.[1]
    if (name === undefined || !isObject(entry) || !isText(entry.version) || entry.link === true) continue
    const known = found.get(name) ?? { file: file ?? '', versions: [] }
    if (path === `node_modules/${name}`) known.versions.push(entry.version)
    else known.versions.unshift(entry.version)
    found.set(name, known)
  }
  return found
}

function packagesOf(text: string | undefined): Readonly<Record<string, unknown>> {
  try {
    const lock: unknown = JSON.parse(text ?? '')
    return isObject(lock) && isObject(lock.packages) ? lock.packages : {}
  } catch {
    return {}
  }
}

export interface AskRegistryOptions {
  /** Where answers are kept for an hour. */
  readonly dataDir: string
  readonly nowMs: number
  /** @default 'https://registry.npmjs.org' */
  readonly registry?: string | undefined
  /** For all questions together. @default 10_000 */
  readonly limitMs?: number
  readonly signal?: AbortSignal | undefined
}

const KEPT_MS = 3_600_000
const MAX_KEPT = 50
const AT_ONCE = 8
const MAX_ANSWER_CHARS = 20_000_000

/**
 * Asks the npm registry for advisories on every locked version and for the newest version of each direct dependency. It is a
 * plain question over HTTP: no package manager runs, and nothing that the project configures. What cannot be answered in time
 * comes back as the reason.
 */
export async function askRegistry(project: Project, options: AskRegistryOptions): Promise<RegistryFacts> {
  const { dataDir, nowMs, registry = 'https://registry.npmjs.org', limitMs = 10_000, signal } = options
  const locked = lockedPackages(project.snapshot)
  if (locked.size === 0) return { advisories: 'there is no lock file of npm', latest: 'there is no lock file of npm' }
  const base = registry.replace(/\/$/, '')
  const limit = AbortSignal.any([AbortSignal.timeout(limitMs), ...(signal ? [signal] : [])])
  const cached = async <value>(subject: string, schema: z.ZodType<value>, ask: () => Promise<unknown>): Promise<value | string> => {
    const path = join(dataDir, 'registry', `${createHash('sha256').update(`${base}\0${subject}`).digest('hex').slice(0, 32)}.json`)
    const known = readKept(path, schema, nowMs)
    if (known !== undefined) return known
    try {
      const answer = schema.parse(await ask())
      keep(path, nowMs, answer)
      return answer
    } catch (error) {
      if (signal?.aborted) throw error
      return reasonOf(error, base)
    }
  }
  const pinned = [...locked].map(([name, { versions }]): [string, string[]] => [name, [...new Set(versions)].sort()])
  const wanted = Object.fromEntries(pinned.sort(byName))
  const siblings = new Set(project.packages.map(({ name }) => name))
  const direct = [...new Set(project.packages.flatMap(({ manifest }) => dependenciesOf(manifest).map(({ name }) => name)))]
    .filter((name) => locked.has(name) && !siblings.has(name))
    .sort()
  const [advisories, latest] = await Promise.all([
    cached(`advisories ${JSON.stringify(wanted)}`, adviceSchema, () =>
      fetchJson(`${base}/-/npm/v1/security/advisories/bulk`, limit, { method: 'POST', body: JSON.stringify(wanted) }),
    ),
    cached(`latest ${direct.join(' ')}`, z.record(z.string(), z.string()), () => newestOf(base, direct, limit)),
  ])
  return {
    advisories: typeof advisories === 'string' ? advisories : advisoriesOn(wanted, advisories),
    latest: typeof latest === 'string' ? latest : new Map(Object.entries(latest)),
  }
}

const adviceSchema = z.record(
  z.string(),
  z.array(
    z.object({
      title: z.string(),
      url: z.string().default(''),
      severity: z.enum(['critical', 'high', 'moderate', 'low', 'info']),
      vulnerable_versions: z.string(),
    }),
  ),
)

function advisoriesOn(wanted: Readonly<Record<string, readonly string[]>>, advice: z.output<typeof adviceSchema>): Advisory[] {
  return Object.entries(wanted).flatMap(([name, versions]) =>
    (advice[name] ?? []).flatMap(({ title, url, severity, vulnerable_versions: range }) =>
      versions
        .filter((version) => satisfies(version, range, { includePrerelease: true }))
        .map((version): Advisory => ({ name, version, severity, title, url })),
    ),
  )
}

async function newestOf(base: string, names: readonly string[], signal: AbortSignal): Promise<Record<string, string>> {
  const newest: Record<string, string> = {}
  const waiting = [...names]
  const worker = async (): Promise<void> => {
    for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
      const tags = await fetchJson(`${base}/-/package/${name.replace('/', '%2f')}/dist-tags`, signal)
      if (isObject(tags) && isText(tags.latest)) newest[name] = tags.latest
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  return Object.fromEntries(Object.entries(newest).sort(byName))
}

async function fetchJson(url: string, signal: AbortSignal, init: { method?: string; body?: string } = {}): Promise<unknown> {
  const headers = { accept: 'application/json', ...(init.body !== undefined && { 'content-type': 'application/json' }) }
  const response = await fetch(url, { ...init, headers, signal, redirect: 'error' })
  if (response.status === 404 && init.body === undefined) return {}
  if (!response.ok) throw new RangeError(`it answered ${response.status}`)
  const text = await response.text()
  if (text.length > MAX_ANSWER_CHARS) throw new RangeError('its answer is too long')
  return JSON.parse(text)
}

/** Never the address's path or query, which a mirror may use for a token. */
function reasonOf(error: unknown, base: string): string {
  const host = URL.canParse(base) ? new URL(base).host : 'the registry'
  if (error instanceof Error && error.name === 'TimeoutError') return `${host} did not answer in time`
  return error instanceof RangeError ? `${host}: ${error.message}` : `${host} could not be reached or understood`
}

const keptSchema = z.object({ atMs: z.number(), answer: z.unknown() })

function readKept<value>(path: string, schema: z.ZodType<value>, nowMs: number): value | undefined {
  try {
    const { atMs, answer } = keptSchema.parse(JSON.parse(readFileSync(path, 'utf8')))
    return nowMs - atMs < KEPT_MS && nowMs >= atMs ? schema.parse(answer) : undefined
  } catch {
    return undefined
  }
}

function keep(path: string, atMs: number, answer: unknown): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  writeFileSync(`${path}.tmp`, JSON.stringify({ atMs, answer }), { mode: 0o600 })
  renameSync(`${path}.tmp`, path)
  keepNewest(dirname(path), MAX_KEPT)
}

const byName = ([a]: readonly [name: string, ...unknown[]], [b]: readonly [name: string, ...unknown[]]): number =>
  a < b ? -1 : a > b ? 1 : 0
