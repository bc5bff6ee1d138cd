import type { Capabilities, Entry, Registry, SearchResult } from '@switchyard/registry'
import {
  type Classification,
  type Complexity,
  classify,
  fitBudget,
  type Limits,
  PRICES,
  type PriceTable,
  type Saving,
} from '@switchyard/router'
import type { YardConfig } from './config.ts'

/** One agent of a team. */
export interface Member {
  readonly id: string
  readonly name: string
  readonly summary: string
  readonly invoke: string
  /** Domains and technologies of the task that are its share; none for who coordinates. */
  readonly covers: readonly string[]
  readonly model: string
  readonly minutes: number
  readonly costUsd: number
  readonly success: number
  readonly score: number
}

/** Who would do a task. */
export interface Team {
  readonly task: Pick<Classification, 'domains' | 'contexts' | 'patterns' | 'complexity'>
  readonly coordinator: Member
  /** Each once, whatever it covers. */
  readonly specialists: readonly Member[]
  readonly alternatives: readonly Member[]
  /** What nobody here covers. */
  readonly uncovered: readonly string[]
  /** Sum of all members. */
  readonly costUsd: number
  /** The longest of the specialists, who work side by side, and the coordinator's own time. */
  readonly minutes: number
  /** Product of the specialists': all of them have to do well. */
  readonly success: number
  /** What was changed to stay within a budget or a time; there only where one was given. */
  readonly fit?: {
    /** False: even the cheapest team is over a limit, and this is it. */
    readonly isFeasible: boolean
    readonly savings: readonly Saving[]
  }
}

export interface TeamOptions extends Limits {
  /** @default PRICES */
  readonly prices?: PriceTable
}

/** The dated table, with what a workspace says its models cost. */
export function pricesOf({ prices }: Pick<YardConfig, 'prices'>): PriceTable {
  return { ...PRICES, models: { ...PRICES.models, ...prices } }
}

const CONSIDERED = 40
const ALTERNATIVES = 3
const SPECIALIST_MINUTES: Readonly<Record<Complexity, number>> = { simple: 10, moderate: 15, complex: 25 }
const COORDINATOR_MINUTES = 3
const USUAL_MODEL = 'sonnet'

/** Proposes a team of agents for a task, within a budget and a time where they are given; undefined where no agent fits. */
export function proposeTeam(task: string, registry: Registry, { prices = PRICES, ...limits }: TeamOptions = {}): Team | undefined {
  const found = classify({ text: task })
  const { domains, contexts, patterns, complexity } = found
  const ranked = rank(task, found, registry)
  const [best] = ranked
  if (best === undefined) return undefined
  const shares = assign([...domains, ...contexts], ranked)
  const chosen = shares.size === 0 ? new Map([[best.result, [] as string[]]]) : shares
  const minutes = SPECIALIST_MINUTES[complexity]
  const wanted = [...chosen].map(([result, covers]) => memberOf(result, covers, minutes, prices))
  const leader = coordinatorOf(registry, wanted, prices) ?? { ...wanted[0]!, covers: [], minutes: 0, costUsd: 0 }
  const { coordinator, specialists, fit } = fitted(leader, wanted, limits, prices)
  const taken = new Set([coordinator, ...specialists].map(({ id }) => id))
  const alternatives = ranked.filter(({ result }) => !taken.has(result.entry.id)).slice(0, ALTERNATIVES)
  const covered = new Set(specialists.flatMap(({ covers }) => covers))
  return {
    task: { domains, contexts, patterns, complexity },
    coordinator,
    specialists,
    alternatives: alternatives.map(({ result, about }) =>
      memberOf(
        result,
        [...domains, ...contexts].filter((one) => about.has(one)),
        minutes,
        prices,
      ),
    ),
    uncovered: [...domains, ...contexts].filter((one) => !covered.has(one)),
    costUsd: cents([coordinator, ...specialists].reduce((sum, { costUsd }) => sum + costUsd, 0)),
    minutes: coordinator.minutes + Math.max(...specialists.map((member) => member.minutes)),
    success: Math.round(specialists.reduce((product, { success }) => product * success, 1) * 1_000) / 1_000,
    ...(fit !== undefined && { fit }),
  }
}

/** Who must not be given a cheaper model while anybody else can. */
const CRITICAL = /architect|security|audit|destroy|migrat/i

/** The same team with as little changed as brings it within the limits; the leader goes first, the others work side by side. */
function fitted(
  leader: Member,
  specialists: readonly Member[],
  limits: Limits,
  prices: PriceTable,
): Pick<Team, 'coordinator' | 'specialists' | 'fit'> {
  if (limits.budgetUsd === undefined && limits.maxMinutes === undefined) return { coordinator: leader, specialists }
  const work = [leader, ...specialists].map(({ id, name, model, minutes }, index) => ({
    agent: id,
    phase: index === 0 ? 'lead' : 'work',
    model,
    minutes,
    isCritical: CRITICAL.test(name),
  }))
  const { isFeasible, savings, assignments } = fitBudget(work, { work: ['lead'] }, limits, prices)
  const [coordinator, ...others] = [leader, ...specialists].map((member, index): Member => {
    const { model, minutes } = assignments[index]!
    return { ...member, model, costUsd: cents(minutes * prices.models[model]!) }
  })
  return { coordinator: coordinator!, specialists: others, fit: { isFeasible, savings } }
}

interface Rated {
  readonly result: SearchResult
  /** What of a task's domains and technologies it knows about. */
  readonly about: ReadonlySet<string>
}

/** What knowing about a need is worth, as for plugins in routing. */
const POINTS = { domain: 30, context: 20 } as const

/**
 * Agents that share words or needs with the task, best first. Only those that words have found are looked at closer, so that
 * ten thousand agents cost no more than a hundred.
 */
function rank(task: string, { domains, contexts }: Pick<Capabilities, 'domains' | 'contexts'>, registry: Registry): readonly Rated[] {
  const texts = [task, ...[...domains, ...contexts].map((need) => need.replaceAll('-', ' '))]
  const found = texts.flatMap((text, at) => registry.search({ text, kinds: ['agent'], limit: at === 0 ? CONSIDERED : CONSIDERED / 4 }))
  const all = new Map<string, SearchResult>()
  // What the whole task has found says more than what one word of it has.
  for (const result of found) if (!isCoordinator(result.entry) && !all.has(result.entry.id)) all.set(result.entry.id, result)
  const rated = [...all.values()].map((result): Rated => {
    const has = aboutOf(result.entry)
    const about = [...domains, ...contexts].filter((need) => has.has(need))
    const points = result.points + about.reduce((sum, need) => sum + (domains.includes(need) ? POINTS.domain : POINTS.context), 0)
    return { result: { ...result, points, score: points * result.available * result.success }, about: new Set(about) }
  })
  return rated.sort((a, b) => b.result.score - a.result.score || (a.result.entry.id < b.result.entry.id ? -1 : 1))
}

function aboutOf({ name, summary, keywords }: Entry): ReadonlySet<string> {
  const { domains, contexts } = classify({ text: [name.replaceAll('-', ' '), summary, ...keywords].join(' . ') })
  return new Set([...domains, ...contexts])
}

/** Each need to the best agent for it; who is chosen once takes all it can before another one is. */
function assign(needs: readonly string[], ranked: readonly Rated[]): Map<SearchResult, string[]> {
  const shares = new Map<SearchResult, string[]>()
  const left = new Set(needs)
  for (const need of needs) {
    if (!left.has(need)) continue
    const owner = ranked.find(({ result, about }) => about.has(need) && !shares.has(result))
    if (owner === undefined) continue
    const covers = needs.filter((one) => left.has(one) && owner.about.has(one))
    for (const one of covers) left.delete(one)
    shares.set(owner.result, covers)
  }
  return shares
}

/** One whose work it is to lead others; of several, one of the best specialist's own plugin. */
function coordinatorOf(registry: Registry, [best]: readonly Member[], prices: PriceTable): Member | undefined {
  const leaders = registry.snapshot().entries.filter((entry) => entry.kind === 'agent' && isCoordinator(entry))
  const fit = leaders.filter(({ plugin }) => registry.health(plugin).state !== 'down')
  const own = fit.find(({ plugin }) => best?.id.startsWith(`${plugin}::`)) ?? fit[0]
  return own && memberOf({ entry: own, score: 0, success: registry.figures(own.id).success }, [], COORDINATOR_MINUTES, prices)
}

function isCoordinator({ name, category, keywords }: Entry): boolean {
  const words = [name, category ?? '', ...keywords].join(' ')
  return /orchestrat|coordinat|agent-router/i.test(words)
}

function memberOf(
  { entry, success, score }: Pick<SearchResult, 'entry' | 'success' | 'score'>,
  covers: readonly string[],
  minutes: number,
  prices: PriceTable,
): Member {
  const { id, name, summary, invoke, model: asked = USUAL_MODEL } = entry
  // What an agent asks for may be any name, such as "inherit".
  const model = Object.hasOwn(prices.models, asked) ? asked : USUAL_MODEL
  const costUsd = cents(minutes * prices.models[model]!)
  return { id, name, summary, invoke, covers, model, minutes, costUsd, success, score: Math.round(score * 10) / 10 }
}

const cents = (usd: number): number => Math.round(usd * 10_000) / 10_000
