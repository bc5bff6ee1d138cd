import type { TraceTree } from './trace-tree.ts'

/** A stretch of time in which one span, and none of its children, decided when the whole would end. */
export interface Stretch {
  readonly span: number
  readonly fromUs: number
  readonly toUs: number
}

/**
 * What the whole waited for, latest first: from the end backwards, always in the child that ended last before the moment. Making
 * anything else faster makes the whole no faster.
 */
export function criticalPath(tree: TraceTree): readonly Stretch[] {
  const { count, order, below, startUs, endUs } = tree
  if (count === 0) return []
  const children = (span: number): number[] => {
    const found: number[] = []
    const at = tree.place[span]!
    for (let k = at + 1; k <= at + below[span]!; k += below[order[k]!]! + 1) found.push(order[k]!)
    return found.sort((a, b) => endUs[a]! - endUs[b]! || startUs[a]! - startUs[b]!)
  }
  const stretches: Stretch[] = []
  const root = lastRoot(tree)
  const stack: Frame[] = [{ span: root, fromUs: startUs[root]!, toUs: endUs[root]!, cursor: endUs[root]!, left: children(root) }]
  while (stack.length > 0) {
    const frame = stack.at(-1)!
    const { span } = frame
    const child = frame.left.pop()
    if (child === undefined) {
      if (frame.cursor > frame.fromUs) stretches.push({ span, fromUs: frame.fromUs, toUs: frame.cursor })
      stack.pop()
      continue
    }
    // Of a child only what lies within its parent counts: clocks differ, and some outlive who began them.
    const fromUs = Math.max(startUs[child]!, frame.fromUs)
    const toUs = Math.min(endUs[child]!, frame.toUs)
    // One that ran beside another that ended later decided nothing.
    if (toUs > frame.cursor || fromUs >= toUs) continue
    if (toUs < frame.cursor) stretches.push({ span, fromUs: toUs, toUs: frame.cursor })
    frame.cursor = fromUs
    stack.push({ span: child, fromUs, toUs, cursor: toUs, left: children(child) })
  }
  return stretches
}

interface Frame {
  readonly span: number
  readonly fromUs: number
  readonly toUs: number
  /** What comes behind it is decided already. */
  cursor: number
  /** Children that were not looked at, the one that ended last at the end. */
  readonly left: number[]
}

/** The root that ended last. */
function lastRoot({ order, below, endUs, count }: TraceTree): number {
  let last = order[0]!
  for (let k = 0; k < count; k += below[order[k]!]! + 1) if (endUs[order[k]!]! > endUs[last]!) last = order[k]!
  return last
}
