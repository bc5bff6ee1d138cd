import { laneOf, type TraceTree } from './trace-tree.ts'
import { FLAG } from './wire.ts'

/** All spans of one plugin, or of another's service, in as few rows as hold them side by side. */
export interface Lane {
  readonly name: string
  readonly spans: number
  readonly failed: number
  /** By when they began. */
  readonly rows: readonly (readonly number[])[]
}

const MAX_ROWS = 24

/** One lane a plugin, in the order in which they came up. What no row has room for lies in the last one, over others. */
export function lanesOf(tree: TraceTree): readonly Lane[] {
  const lanes = new Map<string, { failed: number; spans: number; rows: number[][]; free: number[] }>()
  const byStart = Int32Array.from(tree.order).sort((a, b) => tree.startUs[a]! - tree.startUs[b]! || tree.place[a]! - tree.place[b]!)
  for (const span of byStart) {
    const name = laneOf(tree, span)
    let lane = lanes.get(name)
    if (lane === undefined) {
      lane = { failed: 0, spans: 0, rows: [], free: [] }
      lanes.set(name, lane)
    }
    lane.spans++
    if ((tree.data.spans.flags[span]! & FLAG.failed) !== 0) lane.failed++
    let row = lane.free.findIndex((freeUs) => freeUs <= tree.startUs[span]!)
    if (row === -1) row = Math.min(lane.free.length, MAX_ROWS - 1)
    if (row === lane.rows.length) lane.rows.push([])
    lane.rows[row]!.push(span)
    lane.free[row] = Math.max(lane.free[row] ?? 0, tree.endUs[span]!)
  }
  return [...lanes].map(([name, { spans, failed, rows }]) => ({ name, spans, failed, rows }))
}
