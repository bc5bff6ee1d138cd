import { FLAG, type TraceData } from './wire.ts'

/** A trace as numbers that can be walked without asking anybody: spans are places in its columns. */
export interface TraceTree {
  readonly data: TraceData
  readonly count: number
  readonly depth: Uint16Array
  /** Spans in the order of a walk through the tree: a parent, then its children by when they began. */
  readonly order: Int32Array
  /** Where each span stands in `order`. */
  readonly place: Int32Array
  /** How many spans hang below each. */
  readonly below: Int32Array
  /** Whether it failed, or something below it did. */
  readonly troubled: Uint8Array
  /** With open spans reaching until now. */
  readonly startUs: Float64Array
  readonly endUs: Float64Array
  readonly totalUs: number
}

/** Children by when they began, depths and ends of a trace; linear but for the sorting. A parent that is missing makes a root. */
export function treeOf(data: TraceData): TraceTree {
  const { parent, startUs: starts, durationUs, flags } = data.spans
  const count = parent.length
  const nowUs = Math.max(0, (data.nowMs - data.startMs) * 1_000)
  const startUs = Float64Array.from(starts)
  const endUs = new Float64Array(count)
  let totalUs = 1
  for (let i = 0; i < count; i++) {
    endUs[i] = durationUs[i]! < 0 ? Math.max(nowUs, starts[i]!) : starts[i]! + durationUs[i]!
    if (endUs[i]! > totalUs) totalUs = endUs[i]!
  }

  const byStart = Int32Array.from({ length: count }, (_, i) => i).sort((a, b) => startUs[b]! - startUs[a]! || b - a)
  const first = new Int32Array(count + 1).fill(-1)
  const next = new Int32Array(count).fill(-1)
  for (const i of byStart) {
    const of = parent[i]! >= 0 && parent[i]! < count ? parent[i]! : count
    next[i] = first[of]!
    first[of] = i
  }

  const depth = new Uint16Array(count)
  const order = new Int32Array(count)
  const place = new Int32Array(count).fill(-1)
  const stack: number[] = []
  let at = 0
  visit(first[count]!)
  // Spans whose parents lead in a circle belong to nobody; they are shown all the same.
  for (let i = 0; i < count && at < count; i++) if (place[i] === -1) visit(i)

  const below = new Int32Array(count)
  const troubled = new Uint8Array(count)
  for (let k = count - 1; k >= 0; k--) {
    const i = order[k]!
    if ((flags[i]! & FLAG.failed) !== 0) troubled[i] = 1
    const up = parent[i]!
    if (up < 0 || up >= count || place[up]! >= k) continue
    below[up]! += below[i]! + 1
    if (troubled[i] === 1) troubled[up] = 1
  }
  return { data, count, depth, order, place, below, troubled, startUs, endUs, totalUs }

  function visit(root: number): void {
    for (let i = root; i !== -1 || stack.length > 0; ) {
      if (i === -1) {
        i = next[stack.pop()!]!
        continue
      }
      if (place[i] !== -1) {
        i = -1
        continue
      }
      place[i] = at
      order[at++] = i
      depth[i] = Math.min(stack.length, 65_535)
      stack.push(i)
      i = first[i]!
    }
  }
}

/** What is shown of a tree where some spans are closed, in order. */
export function visibleOf(tree: TraceTree, isClosed: (span: number) => boolean): Int32Array {
  const rows = new Int32Array(tree.count)
  let count = 0
  for (let k = 0; k < tree.count; ) {
    const i = tree.order[k]!
    rows[count++] = i
    k += isClosed(i) ? tree.below[i]! + 1 : 1
  }
  return rows.subarray(0, count)
}

/** Where a failure began: from child to child, always the one that failed last; -1 where a span failed by itself, or not at all. */
export function originOf(tree: TraceTree, span: number): number {
  let found = span
  for (let next: number = span; next !== -1 && hasFlag(tree, next, 'failed'); ) {
    found = next
    next = -1
    for (let k = tree.place[found]! + 1; k <= tree.place[found]! + tree.below[found]!; k += tree.below[tree.order[k]!]! + 1) {
      const child = tree.order[k]!
      // What takes back is not what went wrong.
      if (hasFlag(tree, child, 'failed') && !hasFlag(tree, child, 'undo') && (next === -1 || tree.endUs[child]! >= tree.endUs[next]!))
        next = child
    }
  }
  return found === span ? -1 : found
}

/** The span of an id; -1 where there is none. */
export function spanOfId({ data, count }: TraceTree, id: string): number {
  for (let from = 0; ; from++) {
    from = data.spans.ids.indexOf(id, from)
    if (from === -1 || id.length !== 16) return -1
    if (from % 16 === 0) return from / 16 < count ? from / 16 : -1
  }
}

export const idOf = ({ data }: TraceTree, span: number): string => data.spans.ids.slice(span * 16, span * 16 + 16)
export const nameOf = ({ data: { spans } }: TraceTree, span: number): string => spans.words[spans.name[span]!] ?? ''
export const laneOf = ({ data: { spans } }: TraceTree, span: number): string => spans.words[spans.lane[span]!] ?? ''
export const codeOf = ({ data: { spans } }: TraceTree, span: number): string | undefined => spans.words[spans.code[span]!]
export const hasFlag = ({ data: { spans } }: TraceTree, span: number, flag: keyof typeof FLAG): boolean =>
  (spans.flags[span]! & FLAG[flag]) !== 0
