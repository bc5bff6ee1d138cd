import { hasFlag, type TraceTree } from '../../src/model/trace-tree.ts'

/** What a span says of itself beside its bar, and how the bar looks. */
export function kindOf(tree: TraceTree, span: number): 'failed' | 'waiting' | 'undone' | 'running' | '' {
  if (hasFlag(tree, span, 'failed')) return 'failed'
  if (hasFlag(tree, span, 'person')) return 'waiting'
  if (hasFlag(tree, span, 'undo')) return 'undone'
  return hasFlag(tree, span, 'open') ? 'running' : ''
}
