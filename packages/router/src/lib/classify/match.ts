import type { Classification } from './classify.ts'

/** A plugin as matching sees it. */
export interface PluginProfile {
  readonly name: string
  readonly domains: readonly string[]
  readonly contexts: readonly string[]
  readonly patterns: readonly string[]
  /** 100 is neutral. @default 100 */
  readonly priority?: number
  readonly health?: PluginHealth
  /** Share of its runs that went well, 0 to 1, with a prior for those that have few. @default 0.9 */
  readonly successRate?: number
}

/** As it is known; nothing is pinged while routing. */
export interface PluginHealth {
  readonly status: 'up' | 'degraded' | 'down'
  readonly latencyMs: number
  /** 0 to 1. */
  readonly errorRate: number
}

export interface PluginMatch {
  readonly name: string
  readonly matched: readonly { readonly type: 'domain' | 'context' | 'pattern'; readonly value: string; readonly points: number }[]
  /** Sum of the points. */
  readonly raw: number
  /** How much of what was asked for it covers, 0 to 100, times priority and availability: the rank. */
  readonly score: number
  readonly availability: number
  readonly domains: readonly string[]
}

const POINTS = { domain: 30, context: 20, pattern: 15 } as const
const USUAL_HEALTH: PluginHealth = { status: 'up', latencyMs: 0, errorRate: 0 }
const USUAL_SUCCESS = 0.9

/** Ranks the plugins that match anything of a task; one that matches nothing, or is down, is no candidate. */
export function matchPlugins(
  { domains, contexts, patterns }: Pick<Classification, 'domains' | 'contexts' | 'patterns'>,
  plugins: readonly PluginProfile[],
): readonly PluginMatch[] {
  const most = POINTS.domain * domains.length + POINTS.context * contexts.length + POINTS.pattern * patterns.length
  const rated = plugins.flatMap((plugin) => {
    const availability = availabilityOf(plugin.health ?? USUAL_HEALTH)
    const shared = (type: keyof typeof POINTS, wanted: readonly string[], has: readonly string[]): PluginMatch['matched'] =>
      wanted.filter((value) => has.includes(value)).map((value) => ({ type, value, points: POINTS[type] }))
    const matched = [
      ...shared('domain', domains, plugin.domains),
      ...shared('context', contexts, plugin.contexts),
      ...shared('pattern', patterns, plugin.patterns),
    ]
    const raw = matched.reduce((sum, { points }) => sum + points, 0)
    if (raw === 0 || availability === 0) return []
    const score = ((100 * raw) / most) * ((plugin.priority ?? 100) / 100) * availability
    const match: PluginMatch = {
      name: plugin.name,
      matched,
      raw,
      score,
      availability,
      domains: domains.filter((domain) => plugin.domains.includes(domain)),
    }
    return [{ match, success: plugin.successRate ?? USUAL_SUCCESS }]
  })
  rated.sort((a, b) => b.match.score - a.match.score || b.success - a.success || (a.match.name < b.match.name ? -1 : 1))
  return rated.map(({ match }) => match)
}

function availabilityOf({ status, latencyMs, errorRate }: PluginHealth): number {
  if (status === 'down') return 0
  if (status === 'degraded') return 0.5
  return Math.max(0.1, 1 - Math.min(latencyMs / 1000, 0.3) - 0.5 * errorRate)
}
