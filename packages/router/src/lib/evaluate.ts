import type { Candidate } from './candidate.ts'
import { setInvalid } from './errors.ts'
import type { RouterModel } from './model.ts'
import { route } from './route.ts'
import { type TrainOptions, trainRouter } from './train.ts'

/** A labelled set: what to learn from, and requests with the intent that is right, or null where none is. */
export interface LabelledSet {
  readonly name: string
  readonly intents: readonly { readonly id: string; readonly description: string; readonly examples: readonly string[] }[]
  readonly test: readonly { readonly text: string; readonly intent: string | null }[]
}

export interface Evaluation {
  readonly name: string
  /** Requests measured, and how many of them no intent fits. */
  readonly n: number
  readonly outOfScope: number
  /** Shares of the in-scope requests, 0 to 1; `null` where there are none. */
  readonly accuracy: number | null
  readonly top3: number | null
  /** How well `scope` tells the two apart; `null` unless there are both. */
  readonly oos: { readonly auroc: number; readonly recallAt95InScope: number } | null
  /** Expected calibration error of the first confidence over in-scope requests, in 15 bins; and its table, for a diagram. */
  readonly ece: number | null
  readonly reliability: readonly { readonly confidence: number; readonly accuracy: number; readonly n: number }[]
  /** The same over all requests, where out-of-scope counts as wrong. */
  readonly eceWithOutOfScope: number | null
  /** How the three outcomes fell: share of all, and how many of those acted on were right. */
  readonly outcomes: { readonly act: number; readonly ask: number; readonly abstain: number; readonly actPrecision: number | null }
  readonly trainMs: number
  readonly latencyUs: { readonly p50: number; readonly p95: number; readonly p99: number }
  /** Most frequent first, at most 20. */
  readonly confusions: readonly { readonly right: string; readonly routed: string; readonly n: number }[]
}

/** Trains on a set's examples and measures its test requests. @throws ROUTER_SET_INVALID */
export function evaluateRouter(set: LabelledSet, options?: TrainOptions): Evaluation {
  const before = performance.now()
  const model = trainRouter(
    set.intents.map(({ id, description, examples }): Candidate => ({ id, summary: description, examples })),
    options,
  )
  return measureRouter(model, set, performance.now() - before)
}

/** Measures a model that is already trained, for example a workspace's own. */
export function measureRouter(model: RouterModel, { name, test }: Pick<LabelledSet, 'name' | 'test'>, trainMs = 0): Evaluation {
  const results = test.map(({ text, intent }) => {
    const before = performance.now()
    const routed = route(model, text)
    const us = (performance.now() - before) * 1000
    return { ...routed, intent, us, correct: intent !== null && routed.ranked[0]?.id === intent }
  })
  const inside = results.filter(({ intent }) => intent !== null)
  const outside = results.filter(({ intent }) => intent === null)
  const acted = results.filter(({ outcome }) => outcome === 'act')
  const share = (outcome: string): number => results.filter((one) => one.outcome === outcome).length / Math.max(1, results.length)
  const latencies = results.map(({ us }) => us).sort((a, b) => a - b)
  const reliability = reliabilityOf(inside)
  const confusions = Map.groupBy(
    inside.filter(({ correct }) => !correct),
    ({ intent, ranked }) => JSON.stringify([intent, ranked[0]?.id ?? '']),
  )
  return {
    name,
    n: results.length,
    outOfScope: outside.length,
    accuracy: mean(inside.map(({ correct }) => Number(correct))),
    top3: mean(inside.map(({ ranked, intent }) => Number(ranked.slice(0, 3).some(({ id }) => id === intent)))),
    oos:
      inside.length > 0 && outside.length > 0
        ? separation(
            inside.map(({ scope }) => scope),
            outside.map(({ scope }) => scope),
          )
        : null,
    ece: inside.length > 0 ? calibrationError(reliability) : null,
    reliability,
    eceWithOutOfScope: results.length > 0 ? calibrationError(reliabilityOf(results)) : null,
    outcomes: {
      act: share('act'),
      ask: share('ask'),
      abstain: share('abstain'),
      actPrecision: mean(acted.map(({ correct }) => Number(correct))),
    },
    trainMs,
    latencyUs: { p50: quantile(latencies, 0.5), p95: quantile(latencies, 0.95), p99: quantile(latencies, 0.99) },
    confusions: [...confusions]
      .map(([key, { length }]) => ({ right: JSON.parse(key)[0] as string, routed: JSON.parse(key)[1] as string, n: length }))
      .sort((a, b) => b.n - a.n || (a.right < b.right ? -1 : 1))
      .slice(0, 20),
  }
}

const mean = (values: readonly number[]): number | null =>
  values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length

const quantile = (sorted: readonly number[], part: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0

const BINS = 15

function reliabilityOf(results: readonly { readonly confidence: number; readonly correct: boolean }[]): Evaluation['reliability'] {
  const bins = Map.groupBy(results, ({ confidence }) => Math.min(BINS - 1, Math.floor(confidence * BINS)))
  return [...bins]
    .sort(([a], [b]) => a - b)
    .map(([, bin]) => ({
      confidence: mean(bin.map(({ confidence }) => confidence)) ?? 0,
      accuracy: mean(bin.map(({ correct }) => Number(correct))) ?? 0,
      n: bin.length,
    }))
}

function calibrationError(reliability: Evaluation['reliability']): number {
  const total = reliability.reduce((sum, { n }) => sum + n, 0)
  return reliability.reduce((sum, { confidence, accuracy, n }) => sum + (n / total) * Math.abs(confidence - accuracy), 0)
}

/** The chance that an in-scope request scores above another (ties count half), and what is caught where 95 % in scope are kept. */
export function separation(inside: readonly number[], outside: readonly number[]): { auroc: number; recallAt95InScope: number } {
  const below = [...outside].sort((a, b) => a - b)
  const wins = inside.reduce((sum, score) => sum + (rank(below, score, false) + rank(below, score, true)) / 2, 0)
  const sorted = [...inside].sort((a, b) => a - b)
  const threshold = sorted[Math.floor(0.05 * sorted.length)]!
  return { auroc: wins / (inside.length * outside.length), recallAt95InScope: rank(below, threshold, false) / outside.length }
}

/** How many of the sorted values are less than the score, or at most the score. */
function rank(sorted: readonly number[], score: number, orEqual: boolean): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (sorted[middle]! < score || (orEqual && sorted[middle] === score)) low = middle + 1
    else high = middle
  }
  return low
}

/** A labelled set from parsed JSON. @throws ROUTER_SET_INVALID with every problem found, up to ten */
export function parseLabelledSet(value: unknown): LabelledSet {
  const problems: string[] = []
  const check = (holds: boolean, problem: string): void => void (holds || problems.length >= 10 || problems.push(problem))
  const isRecord = (one: unknown): one is Record<string, unknown> => typeof one === 'object' && one !== null
  if (!isRecord(value)) throw setInvalid(['it is not an object'])
  const { name, intents, test } = value
  check(typeof name === 'string', 'name is not a string')
  check(Array.isArray(intents), 'intents is not a list')
  check(Array.isArray(test), 'test is not a list')
  for (const [i, one] of (Array.isArray(intents) ? intents : []).entries()) {
    check(isRecord(one) && typeof one.id === 'string', `intents[${i}].id is not a string`)
    check(isRecord(one) && typeof one.description === 'string', `intents[${i}].description is not a string`)
    const examples = isRecord(one) ? one.examples : undefined
    check(Array.isArray(examples) && examples.every((text) => typeof text === 'string'), `intents[${i}].examples is not a list of strings`)
  }
  for (const [i, one] of (Array.isArray(test) ? test : []).entries()) {
    check(isRecord(one) && typeof one.text === 'string', `test[${i}].text is not a string`)
    check(isRecord(one) && (one.intent === null || typeof one.intent === 'string'), `test[${i}].intent is neither a string nor null`)
  }
  if (problems.length > 0) throw setInvalid(problems)
  return value as unknown as LabelledSet
}
