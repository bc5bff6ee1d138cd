import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { deploy } from '../../test/sample-spans.ts'
import { bar, treeFrom } from '../../test/tree-of.ts'
import { idOf, nameOf, originOf, spanOfId, treeOf, visibleOf } from './trace-tree.ts'
import type { TraceData } from './wire.ts'

const names = (tree: ReturnType<typeof treeFrom>, spans: Iterable<number>): string[] => [...spans].map((span) => nameOf(tree, span))

describe('treeOf()', () => {
  it('walks children by when they began, and knows depths and how much hangs below', () => {
    const tree = treeFrom(bar('a', 0, 100, bar('late', 50, 10), bar('early', 5, 10, bar('inner', 6, 2))))
    expect(names(tree, tree.order)).toEqual(['a', 'early', 'inner', 'late'])
    expect([...tree.order].map((span) => tree.depth[span])).toEqual([0, 1, 2, 1])
    expect(tree.below[tree.order[0]!]).toBe(3)
  })

  it('lets what still runs reach until now', () => {
    const tree = treeFrom(bar('a', 0, undefined), 'running')
    expect(tree.endUs[0]).toBe(60_000_000)
  })

  it('shows every span once, whatever parents they claim', () => {
    const parents = fc.array(fc.integer({ min: -3, max: 40 }), { maxLength: 40 })
    fc.assert(
      fc.property(parents, (parent) => {
        const tree = treeOf(dataOf(parent))
        expect([...tree.order].sort((a, b) => a - b)).toEqual([...parent.keys()])
        const shown = visibleOf(tree, () => false)
        expect(shown.length).toBe(parent.length)
      }),
    )
  })
})

describe('visibleOf()', () => {
  it('leaves out what is below a closed span', () => {
    const tree = treeFrom(bar('a', 0, 100, bar('b', 1, 10, bar('c', 2, 3)), bar('d', 50, 1)))
    const closed = tree.order.find((span) => nameOf(tree, span) === 'b')!
    expect(
      names(
        tree,
        visibleOf(tree, (span) => span === closed),
      ),
    ).toEqual(['a', 'b', 'd'])
  })
})

describe('originOf()', () => {
  it('goes down to where a failure began, and past what was taken back', () => {
    const tree = treeFrom(deploy({ fails: true }), 'undone')
    expect(nameOf(tree, originOf(tree, tree.order[0]!))).toBe('wait for /healthz')
    expect(originOf(tree, originOf(tree, tree.order[0]!))).toBe(-1)
  })
})

describe('spanOfId()', () => {
  it('finds a span by its whole id alone', () => {
    const tree = treeFrom(bar('a', 0, 10, bar('b', 1, 2)))
    expect(spanOfId(tree, idOf(tree, 1))).toBe(1)
    // Stands in the ids, but across two of them.
    expect(spanOfId(tree, tree.data.spans.ids.slice(8, 24))).toBe(-1)
    expect(spanOfId(tree, '')).toBe(-1)
  })
})

function dataOf(parent: readonly number[]): TraceData {
  const zeros = parent.map(() => 0)
  return {
    run: { id: '0'.repeat(32), title: '', subject: '', status: 'done', startedMs: 0, lanes: [], spans: parent.length },
    nowMs: 0,
    startMs: 0,
    spans: {
      ids: parent.map((_, i) => String(i).padStart(16, '0')).join(''),
      words: [''],
      parent,
      name: zeros,
      lane: zeros,
      code: zeros.map(() => -1),
      startUs: zeros,
      durationUs: zeros,
      flags: zeros,
    },
  }
}
