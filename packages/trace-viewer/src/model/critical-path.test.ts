import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Drawn } from '../../test/sample-spans.ts'
import { bar, treeFrom } from '../../test/tree-of.ts'
import { criticalPath } from './critical-path.ts'
import { nameOf } from './trace-tree.ts'

const pathOf = (root: Parameters<typeof treeFrom>[0]): string[] => {
  const tree = treeFrom(root)
  return criticalPath(tree).map(({ span, fromUs, toUs }) => `${nameOf(tree, span)} ${fromUs / 1_000}-${toUs / 1_000}`)
}

describe('criticalPath()', () => {
  it('goes back from the end through what ended last', () => {
    const root = bar('root', 0, 100, bar('short', 10, 20), bar('long', 10, 60), bar('last', 75, 20))
    expect(pathOf(root)).toEqual(['root 95-100', 'last 75-95', 'root 70-75', 'long 10-70', 'root 0-10'])
  })

  it('goes into children, also into one that outlives its parent', () => {
    const root = bar('root', 0, 50, bar('child', 10, 90, bar('inner', 20, 10)))
    expect(pathOf(root)).toEqual(['child 30-100', 'inner 20-30', 'child 10-20', 'root 0-10'])
  })

  it('goes from the end to the beginning and back in time never, each stretch within its span', () => {
    const time = fc.integer({ min: 0, max: 100 })
    // One that took no time and has others behind it leaves a gap that is nobody's.
    const length = fc.integer({ min: 1, max: 100 })
    const spansOf = (depth: number): fc.Arbitrary<Drawn> =>
      fc
        .tuple(time, length, depth === 0 ? fc.constant([]) : fc.array(spansOf(depth - 1), { maxLength: 3 }))
        .map(([at, took, children]) => bar('x', at, took, ...children))
    fc.assert(
      fc.property(fc.array(spansOf(3), { maxLength: 5 }), (children) => {
        const tree = treeFrom(bar('root', 0, 200, ...children))
        const stretches = criticalPath(tree)
        expect(stretches[0]?.toUs).toBe(Math.max(...tree.endUs))
        let at = Number.POSITIVE_INFINITY
        for (const { span, fromUs, toUs } of stretches) {
          expect(toUs).toBeLessThanOrEqual(at)
          expect(fromUs).toBeLessThan(toUs)
          expect(toUs).toBeLessThanOrEqual(tree.endUs[span]!)
          at = fromUs
        }
        expect(at).toBe(0)
      }),
    )
  })
})
