import type { TraceTree } from './trace-tree.ts'

/** A stretch of time in which one span, and none of its children, decided when the whole would end. */
export interface Stretch {
  readonly span: number
  readonly fromUs: number
  readonly toUs: number
}

/**
 * What the whole waited for, latest first: from the end backwards, always in the child that ended last before the moment. Making
 * anything else faster makes the whole no faster. A span that was begun and not waited for, such as a chain that goes on in another
 * process, has its time too.
 */
export function criticalPath(tree: TraceTree): readonly Stretch[] {
  const { count, order, place, below, startUs, endUs } = tree
  if (count === 0) return []
  /** When the last of all that hangs below a span ended. */
  const lastUs = Float64Array.from(endUs)
  for (let k = count - 1; k >= 0; k--) {
    const up = tree.data.spans.parent[order[k]!]!
    if (up >= 0 && place[up]! < k) lastUs[up] = Math.max(lastUs[up]!, lastUs[order[k]!]!)
  }
  const children = (span: number): number[] => {
    const found: number[] = []
    const at = place[span]!
    for (let k = at + 1; k <= at + below[span]!; k += below[order[k]!]! + 1) found.push(order[k]!)
    return found.sort((a, b) => lastUs[a]! - lastUs[b]! || startUs[a]! - startUs[b]!)
  }
  const stretches: Stretch[] = []
  const add = (span: number, fromUs: number, toUs: number): void => {
    const endsUs = Math.min(toUs, endUs[span]!)
    if (endsUs > fromUs) stretches.push({ span, fromUs, toUs: endsUs })
  }
  let root = order[0]!
  for (let k = 0; k < count; k += below[order[k]!]! + 1) if (lastUs[order[k]!]! > lastUs[root]!) root = order[k]!
  const stack: Frame[] = [{ span: root, fromUs: startUs[root]!, toUs: lastUs[root]!, cursor: lastUs[root]!, left: children(root) }]
  while (stack.length > 0) {
    const frame = stack.at(-1)!
    const child = frame.left.pop()
    if (child === undefined) {
      add(frame.span, frame.fromUs, frame.cursor)
      stack.pop()
      continue
    }
    // Clocks differ: a child may seem to begin before its parent.
    const fromUs = Math.max(startUs[child]!, frame.fromUs)
    const toUs = Math.min(lastUs[child]!, frame.toUs)
    // One that ran beside another that ended later decided nothing.
    if (toUs > frame.cursor || fromUs >= toUs) continue
    add(frame.span, toUs, frame.cursor)
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
