import { describe, expect, it } from 'vitest'
import { deploy } from '../../test/sample-spans.ts'
import { bar, treeFrom } from '../../test/tree-of.ts'
import { compareTraces } from './compare.ts'

describe('compareTraces()', () => {
  it('says what failed, what is missing, and what took longer', () => {
    const { pairs, counts, totalDeltaUs } = compareTraces(treeFrom(deploy({ fails: true, slow: 1.5 })), treeFrom(deploy({})))
    const by = (name: string) => pairs.filter((pair) => pair.name === name).map(({ change }) => change)
    expect(by('wait for /healthz')).toEqual(['failed'])
    expect(by('switch upstream')).toEqual(['missing'])
    expect(by('undo release: deploy.apply')).toEqual(['added'])
    expect(by('read files')).toEqual(['slower'])
    expect(by('classify')).toEqual(['same'])
    expect(counts).toMatchObject({ mended: 0, missing: 1 })
    expect(totalDeltaUs).toBeGreaterThan(1_000_000)
  })

  it('finds nothing different in the same run', () => {
    const tree = treeFrom(deploy({ fails: true }))
    const { pairs, counts } = compareTraces(tree, tree)
    expect(counts.same).toBe(pairs.length)
  })

  it('pairs spans of one name in their order', () => {
    const two = treeFrom(bar('a', 0, 100, bar('read', 0, 10), bar('read', 20, 10)))
    const three = treeFrom(bar('a', 0, 100, bar('read', 0, 10), bar('read', 20, 40), bar('read', 70, 5)))
    expect(compareTraces(three, two).pairs.map(({ change }) => change)).toEqual(['same', 'same', 'slower', 'added'])
  })
})
