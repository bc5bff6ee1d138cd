import { type CommandFacts, defaultsOf } from './command-facts.ts'
import type { Decided } from './decide.ts'

/** A request with what it should come to. */
export interface LabelledRequest {
  readonly text: string
  /** Null where nothing here does it; absent where `parts` says more. */
  readonly command?: string | null
  /** What the text itself says, in the words of the command's schema; nothing else may be filled in. */
  readonly args?: Readonly<Record<string, unknown>>
  /** `conditional` where the text sets a condition for it. */
  readonly parts?: readonly { readonly command: string; readonly conditional?: boolean }[]
}

/** Shares are `null` where there was nothing to measure. */
export interface DecisionEvaluation {
  readonly name: string
  /** Requests measured, those of several parts and those that nothing here does among them. */
  readonly n: number
  readonly counts: { readonly single: number; readonly compound: number; readonly outOfScope: number }
  /** Of the requests that ask for one thing: the right command first, and among the first three. */
  readonly accuracy: number | null
  readonly top3: number | null
  /** Of those with the right command: whose arguments are right, every one of them and no more. */
  readonly args: number | null
  /** Of the requests of several parts: the right commands in the right order, each with a condition where it has one. */
  readonly compound: number | null
  /** What is acted on without asking: its share of what is in scope, how much of all that is acted on is right, and is so with its arguments. */
  readonly acted: { readonly share: number | null; readonly precision: number | null; readonly exact: number | null }
  readonly oos: { readonly notActed: number | null; readonly abstained: number | null }
  readonly wronglySplit: number | null
  /** Requests on which a command would have destroyed something that they did not ask it to. */
  readonly destroyedUnasked: number
  readonly latencyUs: { readonly p50: number; readonly p95: number; readonly p99: number }
  /** Which command was taken for which, the most frequent first. */
  readonly confusions: readonly { readonly expected: string; readonly got: string; readonly count: number }[]
  /** What went wrong, at most 500. */
  readonly misses: readonly Miss[]
}

export interface Miss {
  readonly text: string
  readonly expected: string
  readonly got: string
  /** Whether it would have been done without asking. */
  readonly acted: boolean
}

export interface EvaluateOptions {
  readonly name: string
  /** Whether what a command does cannot be taken back. */
  readonly destroys: (command: string) => boolean
  /** Of every command: an argument that equals what it takes where nobody says it is the same as none. Default: it is one too many. */
  readonly facts?: (command: string) => CommandFacts | undefined
}

const MAX_MISSES = 500
const MAX_CONFUSIONS = 20

/** Measures whole decisions: commands, arguments, parts, and what is done without asking. */
export function evaluateDecisions(
  requests: readonly LabelledRequest[],
  decide: (text: string) => Decided,
  { name, destroys, facts = () => undefined }: EvaluateOptions,
): DecisionEvaluation {
  const results = requests.map((request) => {
    const before = performance.now()
    const decided = decide(request.text)
    return { us: (performance.now() - before) * 1_000, ...judged(request, decided, { destroys, facts }) }
  })
  const singles = results.filter(({ kind }) => kind === 'single')
  const compounds = results.filter(({ kind }) => kind === 'compound')
  const outside = results.filter(({ kind }) => kind === 'outside')
  const inside = [...singles, ...compounds]
  const acted = inside.filter(({ isActed }) => isActed)
  const latencies = results.map(({ us }) => us).sort((a, b) => a - b)
  const quantile = (part: number): number => latencies[Math.min(latencies.length - 1, Math.floor(part * latencies.length))] ?? 0
  return {
    name,
    n: results.length,
    counts: { single: singles.length, compound: compounds.length, outOfScope: outside.length },
    accuracy: share(singles, ({ isFirst }) => isFirst),
    top3: share(singles, ({ isAmongThree }) => isAmongThree),
    args: share(
      singles.filter(({ isFirst, isLabelled }) => isFirst && isLabelled),
      ({ hasArgs }) => hasArgs,
    ),
    compound: share(compounds, ({ isRight }) => isRight),
    acted: {
      share: share(inside, ({ isActed }) => isActed),
      precision: share(acted, ({ isRight }) => isRight),
      exact: share(acted, ({ isRight, hasArgs }) => isRight && hasArgs),
    },
    oos: { notActed: share(outside, ({ isActed }) => !isActed), abstained: share(outside, ({ isAbstained }) => isAbstained) },
    wronglySplit: share(singles, ({ parts }) => parts > 1),
    destroyedUnasked: results.filter(({ isDestroyed }) => isDestroyed).length,
    latencyUs: { p50: quantile(0.5), p95: quantile(0.95), p99: quantile(0.99) },
    confusions: confusionsOf(singles),
    misses: results.flatMap(({ miss }) => (miss === undefined ? [] : [miss])).slice(0, MAX_MISSES),
  }
}

function share<one>(all: readonly one[], holds: (one: one) => boolean): number | null {
  return all.length === 0 ? null : all.filter(holds).length / all.length
}

function confusionsOf(singles: readonly Judged[]): DecisionEvaluation['confusions'] {
  const wrong = singles.filter(({ isFirst }) => !isFirst)
  const counted = [...Map.groupBy(wrong, ({ expected, got }) => JSON.stringify([expected, got]))].map(([key, { length: count }]) => {
    const [expected, got] = JSON.parse(key) as [string, string]
    return { expected, got, count }
  })
  return counted.sort((a, b) => b.count - a.count).slice(0, MAX_CONFUSIONS)
}

interface Judged {
  readonly kind: 'single' | 'compound' | 'outside'
  readonly parts: number
  /** The first command that is wanted, and the first that was found. */
  readonly expected: string
  readonly got: string
  readonly isFirst: boolean
  readonly isAmongThree: boolean
  readonly isLabelled: boolean
  readonly hasArgs: boolean
  /** All commands are the right ones, in their order, with their conditions. */
  readonly isRight: boolean
  readonly isActed: boolean
  readonly isAbstained: boolean
  readonly isDestroyed: boolean
  readonly miss?: Miss
}

function judged(
  { text, command, args, parts }: LabelledRequest,
  { parts: found, outcome }: Decided,
  { destroys, facts }: Required<Omit<EvaluateOptions, 'name'>>,
): Judged {
  const wanted = parts ?? (command === null || command === undefined ? [] : [{ command }])
  const isRight =
    wanted.length === found.length &&
    wanted.every(
      (part, i) => part.command === found[i]!.command && (parts === undefined || isConditional(part) === (found[i]!.when !== undefined)),
    )
  const [first] = found
  const expected = wanted[0]?.command ?? 'nothing'
  const isFirst = first?.command === expected
  const read = Object.fromEntries(Object.entries(first?.args ?? {}).map(([name, { value }]) => [name, value]))
  const known = first === undefined ? undefined : facts(first.command)
  const defaults = known === undefined ? {} : defaultsOf(known)
  const hasArgs = args === undefined || isSame({ ...defaults, ...read }, { ...defaults, ...args })
  const isActed = outcome === 'routed'
  const kind = wanted.length === 0 ? 'outside' : parts === undefined ? 'single' : 'compound'
  const isMissed = kind === 'outside' ? isActed : !isRight || !hasArgs
  const shown =
    isRight && !hasArgs
      ? { expected: JSON.stringify(args), got: JSON.stringify(read) }
      : { expected: wanted.map(shownPart).join(', ') || 'nothing', got: found.map(shownPart).join(', ') || 'nothing' }
  return {
    kind,
    parts: found.length,
    expected,
    got: first?.command ?? 'nothing',
    isFirst,
    isAmongThree: isFirst || first?.alternatives.some((one) => one.command === expected) === true,
    isLabelled: args !== undefined,
    hasArgs,
    isRight,
    isActed,
    isAbstained: outcome === 'abstain',
    isDestroyed: isActed && found.some((part) => destroys(part.command) && !wanted.some((one) => one.command === part.command)),
    ...(isMissed && { miss: { text, ...shown, acted: isActed } }),
  }
}

const isConditional = ({ conditional }: { readonly conditional?: boolean }): boolean => conditional === true

const shownPart = (part: { readonly command: string; readonly when?: string; readonly conditional?: boolean }): string =>
  `${part.command}${part.when !== undefined || part.conditional === true ? ' on a condition' : ''}`

/** The same values, whatever their order, their case, a version's "v", or whether weeks are said as days. */
function isSame(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((one, i) => isSame(one, b[i]))
  if (typeof a === 'object' && typeof b === 'object' && a !== null && b !== null) {
    const keys = new Set([...Object.keys(a), ...Object.keys(b)])
    return [...keys].every((key) => isSame((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]))
  }
  if (typeof a === 'number' || typeof b === 'number') return a === b
  const plain = (value: unknown): string =>
    String(value)
      .toLowerCase()
      .replace(/^v(?=\d)/, '')
      .replace(/^(\d{1,4})w$/, (_, weeks: string) => `${7 * Number(weeks)}d`)
  return plain(a) === plain(b)
}
