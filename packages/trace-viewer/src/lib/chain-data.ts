import { type ChainReport, drawChain } from '@switchyard/chain'
import type { ChainData, ChainNode } from '../model/wire.ts'

type Growing = Omit<ChainNode, 'children'> & { children: Growing[] }

/** A chain with what became of its steps, as the tree that it is. */
export function chainData(report: ChainReport): ChainData {
  const { id, name, definition, state, error, waitsFor, undone, notUndone } = report
  const nodes: Growing[] = []
  const above: { depth: number; node: Growing }[] = []
  for (const line of drawChain(definition, report)) {
    // A heading such as "fallback:" stands as deep as its step, and holds what follows it.
    const isTitle = line.id === ''
    const depth = isTitle ? line.depth + 0.5 : line.depth
    while (above.length > 0 && above.at(-1)!.depth >= depth) above.pop()
    const parent = above.at(-1)?.node
    const node: Growing = {
      id: isTitle ? `${parent?.id ?? ''} ${line.text}` : line.id,
      text: line.text,
      kind: isTitle ? 'group' : /^[^:]+: parallel\b/.test(line.text) ? 'parallel' : 'step',
      mark: line.mark,
      ...(line.note !== undefined && { note: line.note }),
      ...(line.tookMs !== undefined && { tookMs: line.tookMs }),
      ...(line.turns !== undefined && { turns: line.turns }),
      children: [],
    }
    ;(parent?.children ?? nodes).push(node)
    above.push({ depth, node })
  }
  return {
    id,
    name,
    state,
    nodes,
    undone,
    notUndone,
    waitsFor: waitsFor.map(({ path, question }) => ({ path, ...(question !== undefined && { question }) })),
    ...(error !== undefined && { error: { code: error.code, message: error.message } }),
  }
}
