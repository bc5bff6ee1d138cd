import type { RunState } from '@switchyard/trace'
import { traceOf } from '../src/lib/columns.ts'
import { type TraceTree, treeOf } from '../src/model/trace-tree.ts'
import { type Drawn, spansOf } from './sample-spans.ts'

const BEGAN = Date.UTC(2026, 0, 1)

/** A drawn run as a tree, read a minute after it began. */
export function treeFrom(root: Drawn, state: RunState = 'done'): TraceTree {
  const spans = spansOf(1, BEGAN, root)
  const run = {
    traceId: spans[0]!.traceId,
    name: root.name,
    state,
    from: 'cli',
    startMs: BEGAN,
    endMs: BEGAN + (root.took ?? 0),
    spans: spans.length,
    errors: 0,
    retries: 0,
    lanes: [...new Set(spans.map(({ lane }) => lane))],
    costUsd: 0,
    waitedMs: 0,
  } as const
  return treeOf(traceOf(run, spans, BEGAN + 60_000, undefined))
}

export const bar = (name: string, at: number, took: number | undefined, ...children: Drawn[]): Drawn => ({
  name,
  lane: name[0]!,
  at,
  ...(took !== undefined && { took }),
  children,
})
