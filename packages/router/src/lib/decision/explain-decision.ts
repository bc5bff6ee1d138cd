import { type Fitted, fitBudget, type Limits } from '../classify/budget.ts'
import { type Classification, classify } from '../classify/classify.ts'
import { type Collaboration, collaborate, roundCents } from '../classify/collaborate.ts'
import type { PluginMatch, PluginProfile } from '../classify/match.ts'
import { PRICES, type PriceTable } from '../classify/prices.ts'
import { type Evidence, explain } from '../explain.ts'
import type { RouterModel } from '../model.ts'
import type { Decided, DecidedPart } from './decide.ts'

/** What is known of a command from its runs; where nothing is, what it says of itself. */
export interface CommandFigures {
  readonly durationMs: number
  readonly costUsd: number
}

/** How long a request takes and what it costs, part by part and as a whole: along the longest way, and in sum. */
export interface Estimate {
  readonly durationMs: number
  readonly costUsd: number
  readonly parts: readonly CommandFigures[]
}

/** Why a request was decided as it was, and what would have changed that. */
export interface DecisionExplanation {
  readonly parts: readonly PartExplanation[]
  readonly classification: Classification
  /** By the points for domains, contexts and patterns; for people to compare, not what commands are ranked by. */
  readonly plugins: readonly PluginMatch[]
  readonly collaboration?: Collaboration & {
    /** The day of the prices that its cost is reckoned with. */
    readonly pricesOf: string
    /** What was changed to stay within a budget and a time, where there are some. */
    readonly fit?: Pick<Fitted, 'isFeasible' | 'savings'>
  }
}

export interface PartExplanation {
  readonly command: string
  /** Strongest first. */
  readonly evidence: readonly Evidence[]
  readonly reread: readonly { readonly text: string; readonly as: string }[]
  /** From this confidence on it is done unasked. */
  readonly actAbove: number
  readonly wouldChange: string
}

const SHOWN = 6

export function explainDecision(
  model: RouterModel,
  decided: Decided,
  plugins: readonly PluginProfile[],
  prices: PriceTable = PRICES,
  limits: Limits = {},
): DecisionExplanation {
  const classification = classify({ text: decided.request })
  const collaboration = within(limits, collaborate(classification, plugins, prices), prices)
  return {
    parts: decided.parts.map((part): PartExplanation => {
      const { evidence = [], reread = [] } = explain(model, part.text, part.command, { limit: SHOWN }) ?? {}
      const { actAbove } = model.calibration
      return {
        command: part.command,
        evidence,
        reread: reread.map(({ text: written, as }) => ({ text: written, as })),
        actAbove,
        wouldChange: whatWouldChange(part, decided.outcome, actAbove),
      }
    }),
    classification,
    plugins: collaboration?.candidates ?? [],
    ...(collaboration !== undefined && { collaboration: { ...collaboration, pricesOf: prices.asOf } }),
  }
}

/** The phases with as little changed as brings them within the limits. */
function within(
  limits: Limits,
  plan: Collaboration | undefined,
  prices: PriceTable,
): Omit<NonNullable<DecisionExplanation['collaboration']>, 'pricesOf'> | undefined {
  if (plan === undefined || (limits.budgetUsd === undefined && limits.maxMinutes === undefined)) return plan
  const { phases } = plan
  const work = phases.map(({ plugin, model, minutes }) => ({ agent: plugin, phase: plugin, model, minutes }))
  const after = Object.fromEntries(phases.map((phase) => [phase.plugin, phase.after.map((index) => phases[index]!.plugin)]))
  const { isFeasible, savings, assignments, costUsd } = fitBudget(work, after, limits, prices)
  const fitted = phases.map((phase, i) => {
    const { model } = assignments[i]!
    return { ...phase, model, costUsd: roundCents(phase.minutes * prices.models[model]!) }
  })
  return { ...plan, phases: fitted, costUsd, fit: { isFeasible, savings } }
}

/** What is done unasked may be less sure than `actAbove`: what only looks needs less. */
function whatWouldChange(
  { confidence, missing, alternatives: [next] }: DecidedPart,
  outcome: Decided['outcome'],
  actAbove: number,
): string {
  const share = (value: number): string => `${Math.round(value * 100)} %`
  if (missing.length > 0) return `saying the ${missing.join(' and the ')}`
  if (outcome !== 'routed' && confidence < actAbove)
    return `words nearer to an example: ${share(confidence)} is less than the ${share(actAbove)} from which it is done unasked`
  return next === undefined || next.confidence < 0.005
    ? 'nothing: no other command comes near'
    : `words that speak for ${next.command}, which has ${share(next.confidence)}`
}

/** What the parts of a decision take together. */
export function estimateOf(
  { parts }: { readonly parts: readonly Pick<DecidedPart, 'command' | 'after'>[] },
  figures: (command: string) => CommandFigures,
): Estimate {
  const each = parts.map(({ command }) => figures(command))
  const ends: number[] = []
  for (const [i, { after }] of parts.entries()) ends.push(each[i]!.durationMs + Math.max(0, ...after.map((other) => ends[other]!)))
  return { durationMs: Math.max(0, ...ends), costUsd: each.reduce((sum, { costUsd }) => sum + costUsd, 0), parts: each }
}
