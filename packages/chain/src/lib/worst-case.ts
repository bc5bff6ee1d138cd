import type { ChainsOptions, WorstCase } from './chain.ts'
import { type ChainDefinition, durationMs, type RetryRule, type Step } from './definition.ts'
import { longestDelayMs } from './retry.ts'

type Options = Pick<ChainsOptions, 'command' | 'chain'>

const NOTHING: WorstCase = { durationMs: 0, costUsd: 0 }
const DEFAULT_TIMEOUT_MS = 30_000
const DEFAULT_MAX_ITEMS = 1_000
const MAX_DEPTH = 20

/** The longest and dearest way through a chain, undoing left out. */
export function worstCaseOf(definition: ChainDefinition, options: Options, depth = 0): WorstCase {
  const worst = sequence(definition.steps, options, depth)
  return limited(worst, definition.timeout === undefined ? undefined : durationMs(definition.timeout))
}

function sequence(steps: readonly Step[], options: Options, depth: number): WorstCase {
  return sum(steps.map((step) => worstStep(step, options, depth)))
}

function worstStep(step: Step, options: Options, depth: number): WorstCase {
  const once = limited(worstKind(step, options, depth), step.timeout === undefined || 'call' in step ? undefined : durationMs(step.timeout))
  const rule = 'retry' in step && !('call' in step) ? step.retry : undefined
  const own =
    rule === undefined
      ? once
      : { durationMs: plus(times(once.durationMs, rule.attempts), delaysMs(rule)), costUsd: times(once.costUsd, rule.attempts) }
  return step.fallback === undefined ? own : sum([own, sequence(step.fallback, options, depth)])
}

function worstKind(step: Step, options: Options, depth: number): WorstCase {
  if ('call' in step) {
    const facts = options.command(step.call)
    const attempts = step.retry?.attempts ?? 1
    const timeoutMs = step.timeout === undefined ? (facts?.timeoutMs ?? DEFAULT_TIMEOUT_MS) : durationMs(step.timeout)
    return { durationMs: attempts * timeoutMs + delaysMs(step.retry), costUsd: attempts * (facts?.costUsd ?? 0) }
  }
  if ('steps' in step) return larger(sequence(step.steps, options, depth), sequence(step.otherwise ?? [], options, depth))
  if ('parallel' in step)
    return atOnce(
      step.parallel.map((child) => worstStep(child, options, depth)),
      step.concurrency ?? step.parallel.length,
    )
  if ('forEach' in step) {
    const turns = Array.isArray(step.forEach) ? step.forEach.length : (step.max ?? DEFAULT_MAX_ITEMS)
    const one = sequence(step.do, options, depth)
    const rounds = Math.ceil(turns / (step.concurrency ?? 1))
    return { durationMs: times(one.durationMs, rounds), costUsd: times(one.costUsd, turns) }
  }
  if ('repeat' in step) {
    const one = sequence(step.repeat, options, depth)
    const pauseMs = step.delay === undefined ? 0 : durationMs(step.delay) * (step.max - 1)
    return sum([
      { durationMs: times(one.durationMs, step.max), costUsd: times(one.costUsd, step.max) },
      { durationMs: pauseMs, costUsd: 0 },
    ])
  }
  if ('wait' in step)
    return typeof step.wait === 'string' ? { durationMs: durationMs(step.wait), costUsd: 0 } : { durationMs: undefined, costUsd: 0 }
  if ('ask' in step) return { durationMs: undefined, costUsd: 0 }
  if ('chain' in step) {
    const sub = options.chain?.(step.chain)
    return sub === undefined || depth > MAX_DEPTH ? { durationMs: undefined, costUsd: undefined } : worstCaseOf(sub, options, depth + 1)
  }
  return NOTHING
}

function delaysMs(rule: RetryRule | undefined): number {
  if (rule === undefined) return 0
  let total = 0
  for (let tries = 1; tries < rule.attempts; tries++) total += longestDelayMs(rule, tries)
  return total
}

/** No schedule of that many lanes takes longer. */
function atOnce(all: readonly WorstCase[], lanes: number): WorstCase {
  const { durationMs: totalMs, costUsd } = sum(all)
  if (totalMs === undefined) return { durationMs: undefined, costUsd }
  const longestMs = Math.max(0, ...all.map((one) => one.durationMs ?? 0))
  return { durationMs: lanes >= all.length ? longestMs : Math.ceil((totalMs - longestMs) / lanes + longestMs), costUsd }
}

const plus = (a: number | undefined, b: number | undefined): number | undefined => (a === undefined || b === undefined ? undefined : a + b)
const times = (a: number | undefined, count: number): number | undefined => (a === undefined ? undefined : a * count)
const most = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined || b === undefined ? undefined : Math.max(a, b)

function sum(all: readonly WorstCase[]): WorstCase {
  return all.reduce(
    (total, one) => ({ durationMs: plus(total.durationMs, one.durationMs), costUsd: plus(total.costUsd, one.costUsd) }),
    NOTHING,
  )
}

function larger(a: WorstCase, b: WorstCase): WorstCase {
  return { durationMs: most(a.durationMs, b.durationMs), costUsd: most(a.costUsd, b.costUsd) }
}

function limited(worst: WorstCase, limitMs: number | undefined): WorstCase {
  if (limitMs === undefined) return worst
  return { ...worst, durationMs: Math.min(worst.durationMs ?? Number.POSITIVE_INFINITY, limitMs) }
}
