import type { Decided } from './decide.ts'

/** A request with what it should come to. */
export interface LabelledRequest {
  readonly text: string
  /** Null where nothing here does it; absent where `parts` says more. */
  readonly command?: string | null
  /** What the text itself says, in the words of the command's schema; nothing else may be filled in. */
  readonly args?: Readonly<Record<string, unknown>>
  readonly parts?: readonly { readonly command: string; readonly args?: Readonly<Record<string, unknown>> }[]
}

export interface DecisionEvaluation {
  /** Requests measured: all, with one command, of several parts, and those that nothing here does. */
  readonly n: { readonly all: number; readonly single: number; readonly compound: number; readonly outOfScope: number }
  /** Shares of the single requests: the right command first, and among the first three. */
  readonly command: number | null
  readonly top3: number | null
  /** Of the single requests with the right command: whose arguments are right, every one of them and no more. */
  readonly args: number | null
  /** Compound requests with the right commands in the right order. */
  readonly compound: number | null
  /** What is acted on without asking: how much of all that is in scope, and how much of it is right. */
  readonly acted: { readonly share: number | null; readonly precision: number | null }
  readonly outOfScopeNotActed: number | null
  readonly singleWronglySplit: number | null
  readonly latencyUs: { readonly p50: number; readonly p95: number; readonly p99: number }
  /** What went wrong, at most 50. */
  readonly misses: readonly Miss[]
}

export interface Miss {
  readonly text: string
  readonly wanted: string
  readonly got: string
}

const MAX_MISSES = 50

/** Measures whole decisions: commands, arguments, parts, and what is done without asking. */
export function evaluateDecisions(requests: readonly LabelledRequest[], decide: (text: string) => Decided): DecisionEvaluation {
  const results = requests.map((request) => {
    const before = performance.now()
    const decided = decide(request.text)
    return { request, decided, us: (performance.now() - before) * 1_000, ...judged(request, decided) }
  })
  const singles = results.filter(({ kind }) => kind === 'single')
  const compounds = results.filter(({ kind }) => kind === 'compound')
  const outside = results.filter(({ kind }) => kind === 'outside')
  const inside = [...singles, ...compounds]
  const acted = inside.filter(({ decided }) => decided.outcome === 'routed')
  const withArgs = singles.filter(({ isFirst, request }) => isFirst && request.args !== undefined)
  const latencies = results.map(({ us }) => us).sort((a, b) => a - b)
  const quantile = (part: number): number => latencies[Math.min(latencies.length - 1, Math.floor(part * latencies.length))] ?? 0
  return {
    n: { all: results.length, single: singles.length, compound: compounds.length, outOfScope: outside.length },
    command: share(singles, ({ isFirst }) => isFirst),
    top3: share(singles, ({ isAmongThree }) => isAmongThree),
    args: share(withArgs, ({ hasArgs }) => hasArgs),
    compound: share(compounds, ({ isRight }) => isRight),
    acted: { share: share(inside, ({ decided }) => decided.outcome === 'routed'), precision: share(acted, ({ isRight }) => isRight) },
    outOfScopeNotActed: share(outside, ({ decided }) => decided.outcome !== 'routed'),
    singleWronglySplit: share(singles, ({ decided }) => decided.parts.length > 1),
    latencyUs: { p50: quantile(0.5), p95: quantile(0.95), p99: quantile(0.99) },
    misses: results.flatMap(({ miss, request: { text } }) => (miss === undefined ? [] : [{ text, ...miss }])).slice(0, MAX_MISSES),
  }
}

function share<one>(all: readonly one[], holds: (one: one) => boolean): number | null {
  return all.length === 0 ? null : all.filter(holds).length / all.length
}

interface Judged {
  readonly kind: 'single' | 'compound' | 'outside'
  readonly isFirst: boolean
  readonly isAmongThree: boolean
  readonly hasArgs: boolean
  /** All commands are the right ones, in their order. */
  readonly isRight: boolean
  readonly miss?: Omit<Miss, 'text'>
}

function judged({ command, args = {}, parts }: LabelledRequest, { parts: found, outcome }: Decided): Judged {
  const got = found.map((part) => part.command).join(', ') || 'nothing'
  if (command === null) {
    const isRight = outcome !== 'routed'
    return {
      kind: 'outside',
      isFirst: false,
      isAmongThree: false,
      hasArgs: false,
      isRight,
      ...(!isRight && { miss: { wanted: 'nothing', got } }),
    }
  }
  const wanted = parts ?? [{ command: command!, args }]
  const isRight = wanted.length === found.length && wanted.every((part, i) => part.command === found[i]!.command)
  const [first] = found
  const isFirst = first?.command === wanted[0]!.command
  const isAmongThree = isFirst || first?.alternatives.some((one) => one.command === wanted[0]!.command) === true
  const read = Object.fromEntries(Object.entries(first?.args ?? {}).map(([name, { value }]) => [name, value]))
  const hasArgs = isSame(read, args)
  const shown =
    isRight && !hasArgs
      ? { wanted: JSON.stringify(args), got: JSON.stringify(read) }
      : { wanted: wanted.map((part) => part.command).join(', '), got }
  const isMissed = !isRight || (parts === undefined && !hasArgs)
  return { kind: parts === undefined ? 'single' : 'compound', isFirst, isAmongThree, hasArgs, isRight, ...(isMissed && { miss: shown }) }
}

/** The same values, whatever their order, their case, a version's "v", or whether a number is written as text. */
function isSame(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((one, i) => isSame(one, b[i]))
  if (typeof a === 'object' && typeof b === 'object' && a !== null && b !== null) {
    const keys = new Set([...Object.keys(a), ...Object.keys(b)])
    return [...keys].every((key) => isSame((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]))
  }
  const plain = (value: unknown): string =>
    String(value)
      .toLowerCase()
      .replace(/^v(?=\d)/, '')
  return plain(a) === plain(b)
}
