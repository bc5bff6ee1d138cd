import { codeOf, hasFlag, nameOf, type TraceTree } from './trace-tree.ts'

/** One span beside the one that stands at the same place in another run. */
export interface Pair {
  /** In the run that is looked at; -1 where only the other run has it. */
  readonly span: number
  /** In the other run; -1 where only this run has it. */
  readonly other: number
  readonly depth: number
  readonly name: string
  readonly change: 'same' | 'slower' | 'faster' | 'failed' | 'mended' | 'added' | 'missing'
  /** How much longer it took. */
  readonly deltaUs: number
}

export interface Comparison {
  readonly pairs: readonly Pair[]
  readonly totalDeltaUs: number
  readonly counts: Readonly<Record<Pair['change'], number>>
}

/** What a tenth of the time or a millisecond more or less is, nobody wants to read of. */
const NOISE_SHARE = 0.1
const NOISE_US = 1_000

/** Lays two runs over one another: spans are the same where names are on the way from the root, and how often they came before. */
export function compareTraces(tree: TraceTree, other: TraceTree): Comparison {
  const pairs: Pair[] = []
  const counts: Record<Pair['change'], number> = { same: 0, slower: 0, faster: 0, failed: 0, mended: 0, added: 0, missing: 0 }
  const stack: { span: number; other: number; depth: number }[] = []
  push(rootsOf(tree), rootsOf(other), 0)
  while (stack.length > 0) {
    const { span, other: beside, depth } = stack.pop()!
    const took = span === -1 ? 0 : tree.endUs[span]! - tree.startUs[span]!
    const before = beside === -1 ? 0 : other.endUs[beside]! - other.startUs[beside]!
    const deltaUs = took - before
    const change = changeOf(span, beside, deltaUs, before)
    counts[change]++
    pairs.push({ span, other: beside, depth, name: span === -1 ? nameOf(other, beside) : nameOf(tree, span), change, deltaUs })
    push(span === -1 ? [] : childrenOf(tree, span), beside === -1 ? [] : childrenOf(other, beside), depth + 1)
  }
  return { pairs, totalDeltaUs: tree.totalUs - other.totalUs, counts }

  function changeOf(span: number, beside: number, deltaUs: number, before: number): Pair['change'] {
    if (beside === -1) return 'added'
    if (span === -1) return 'missing'
    const [now, then] = [codeOf(tree, span) ?? hasFlag(tree, span, 'failed'), codeOf(other, beside) ?? hasFlag(other, beside, 'failed')]
    if (now !== false && then === false) return 'failed'
    if (now === false && then !== false) return 'mended'
    if (Math.abs(deltaUs) <= Math.max(NOISE_US, before * NOISE_SHARE)) return 'same'
    return deltaUs > 0 ? 'slower' : 'faster'
  }

  function push(here: readonly number[], there: readonly number[], depth: number): void {
    const byName = new Map<string, number[]>()
    for (const span of there) {
      const name = nameOf(other, span)
      const list = byName.get(name)
      if (list === undefined) byName.set(name, [span])
      else list.push(span)
    }
    const found = here.map((span) => ({ span, other: byName.get(nameOf(tree, span))?.shift() ?? -1, depth }))
    const missing = [...byName.values()].flat().map((span) => ({ span: -1, other: span, depth }))
    for (const one of [...found, ...missing].reverse()) stack.push(one)
  }
}

function childrenOf({ order, place, below }: TraceTree, span: number): number[] {
  const found: number[] = []
  for (let k = place[span]! + 1; k <= place[span]! + below[span]!; k += below[order[k]!]! + 1) found.push(order[k]!)
  return found
}

function rootsOf({ order, below, count }: TraceTree): number[] {
  const found: number[] = []
  for (let k = 0; k < count; k += below[order[k]!]! + 1) found.push(order[k]!)
  return found
}
