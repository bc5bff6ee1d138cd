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
  const stack: { span: number; cursor: number; left: number[] }[] = [{ span: lastRoot(tree), cursor: Infinity, left: [] }]
  const top = stack[0]!
  top.cursor = endUs[top.span]!
  top.left = children(top.span)
  while (stack.length > 0) {
    const frame = stack.at(-1)!
    const { span } = frame
    const child = frame.left.pop()
    if (child === undefined) {
      if (frame.cursor > startUs[span]!) stretches.push({ span, fromUs: startUs[span]!, toUs: frame.cursor })
      stack.pop()
      continue
    }
    // One that began too late, or runs beside one that ended later, decided nothing.
    const endsAt = Math.min(endUs[child]!, endUs[span]!)
    if (endsAt > frame.cursor || startUs[child]! >= frame.cursor) continue
    if (endsAt < frame.cursor) stretches.push({ span, fromUs: endsAt, toUs: frame.cursor })
    frame.cursor = Math.max(startUs[child]!, startUs[span]!)
    stack.push({ span: child, cursor: endsAt, left: children(child) })
  }
  return stretches
}

/** The root that ended last. */
function lastRoot({ order, below, endUs, count }: TraceTree): number {
  let last = order[0]!
  for (let k = 0; k < count; k += below[order[k]!]! + 1) if (endUs[order[k]!]! > endUs[last]!) last = order[k]!
  return last
}
