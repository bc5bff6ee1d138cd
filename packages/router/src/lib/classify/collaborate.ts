import type { Classification } from './classify.ts'
import { matchPlugins, type PluginMatch, type PluginProfile } from './match.ts'
import { PRICES, type PriceTable } from './prices.ts'

export interface Phase {
  readonly plugin: string
  readonly domains: readonly string[]
  /** Indices of the phases that have to be done before. */
  readonly after: readonly number[]
  readonly minutes: number
  readonly model: string
  readonly costUsd: number
}

export interface Collaboration {
  readonly primary: string
  readonly fallbacks: readonly string[]
  readonly candidates: readonly PluginMatch[]
  readonly phases: readonly Phase[]
  readonly strategy: 'single' | 'sequential' | 'parallel' | 'mixed'
  /** Domains that no plugin here covers. */
  readonly uncovered: readonly string[]
  /** Along the longest way through the phases. */
  readonly minutes: number
  /** Sum of the phases. */
  readonly costUsd: number
}

/** What a phase takes for its first domain; each further one of the same plugin adds a third. */
const MINUTES: Readonly<Record<string, number>> = {
  backend: 15,
  api: 15,
  database: 12,
  authentication: 12,
  frontend: 15,
  ui: 10,
  devops: 18,
  infrastructure: 18,
  testing: 15,
  documentation: 8,
}
const USUAL_MINUTES = 15
/** What each domain builds on, where both are asked for. */
const BUILDS_ON: Readonly<Record<string, readonly string[]>> = {
  backend: ['database'],
  api: ['database'],
  authentication: ['backend', 'api', 'database'],
  frontend: ['api', 'backend'],
  ui: ['api', 'backend'],
  testing: ['backend', 'frontend', 'api', 'ui', 'authentication'],
  devops: ['backend', 'api', 'frontend', 'authentication', 'database', 'testing', 'infrastructure'],
  documentation: ['backend', 'api'],
}
const FALLBACKS = 3

/** Who does a task and in which order; undefined where nobody does any of it. One plugin has one phase, however many domains it covers. */
export function collaborate(
  task: Classification,
  plugins: readonly PluginProfile[],
  prices: PriceTable = PRICES,
): Collaboration | undefined {
  const candidates = matchPlugins(task, plugins)
  const [best] = candidates
  if (best === undefined) return undefined
  const model = prices.choice[task.complexity]
  const phases = inOrder(assign(task.domains, candidates)).map(({ plugin, domains }, index, all): Phase => {
    const minutes = minutesOf(domains)
    const after = all.flatMap((other, i) => (i < index && dependsOn(domains, other.domains) ? [i] : []))
    return { plugin, domains, after, minutes, model, costUsd: roundCents(minutes * prices.models[model]!) }
  })
  const covered = new Set(phases.flatMap(({ domains }) => domains))
  return {
    primary: best.name,
    fallbacks: candidates.slice(1, 1 + FALLBACKS).map(({ name }) => name),
    candidates,
    phases,
    strategy: strategyOf(phases),
    uncovered: task.domains.filter((domain) => !covered.has(domain)),
    minutes: longestWay(phases),
    costUsd: roundCents(phases.reduce((sum, { costUsd }) => sum + costUsd, 0)),
  }
}

interface Share {
  readonly plugin: string
  readonly domains: readonly string[]
}

/** Gives each domain to the best plugin that covers it; the primary keeps all it can. */
function assign(domains: readonly string[], candidates: readonly PluginMatch[]): readonly Share[] {
  const shares = new Map<string, string[]>()
  for (const domain of domains) {
    const owner = candidates.find((candidate) => candidate.domains.includes(domain))
    if (owner !== undefined) shares.set(owner.name, [...(shares.get(owner.name) ?? []), domain])
  }
  if (shares.size === 0) return [{ plugin: candidates[0]!.name, domains: [] }]
  return [...shares].map(([plugin, own]) => ({ plugin, domains: own }))
}

const dependsOn = (domains: readonly string[], others: readonly string[]): boolean =>
  domains.some((domain) =>
    others.some((other) => BUILDS_ON[domain]?.includes(other) === true && BUILDS_ON[other]?.includes(domain) !== true),
  )

/** What others build on comes first; where two build on one another, the better match does. */
function inOrder(shares: readonly Share[]): readonly Share[] {
  const left = [...shares]
  const ordered: Share[] = []
  while (left.length > 0) {
    const free = left.findIndex(
      (share) =>
        !left.some((other) => other !== share && dependsOn(share.domains, other.domains) && !dependsOn(other.domains, share.domains)),
    )
    ordered.push(...left.splice(Math.max(0, free), 1))
  }
  return ordered
}

function minutesOf(domains: readonly string[]): number {
  const each = domains.map((domain) => MINUTES[domain] ?? USUAL_MINUTES).sort((a, b) => b - a)
  const [longest = USUAL_MINUTES, ...others] = each
  return Math.round(longest + others.reduce((sum, minutes) => sum + minutes / 3, 0))
}

function strategyOf(phases: readonly Phase[]): Collaboration['strategy'] {
  if (phases.length < 2) return 'single'
  if (phases.every(({ after }) => after.length === 0)) return 'parallel'
  return phases.every(({ after }, i) => i === 0 || after.includes(i - 1)) ? 'sequential' : 'mixed'
}

/** Minutes until the last phase is done, those that wait for nobody side by side. */
export function longestWay(phases: readonly Pick<Phase, 'after' | 'minutes'>[]): number {
  const ends: number[] = []
  for (const { after, minutes } of phases) ends.push(minutes + Math.max(0, ...after.map((i) => ends[i]!)))
  return Math.max(0, ...ends)
}

export const roundCents = (usd: number): number => Math.round(usd * 10_000) / 10_000
