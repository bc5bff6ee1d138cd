import { describe, expect, it } from 'vitest'
import { layoutChain } from './chain-layout.ts'
import type { ChainNode } from './wire.ts'

const node = (id: string, kind: ChainNode['kind'] = 'step', ...children: ChainNode[]): ChainNode => ({
  id,
  text: id,
  kind,
  mark: 'done',
  children,
})

describe('layoutChain()', () => {
  it('puts sides of a parallel step beside one another and joins them at what follows', () => {
    const { nodes, edges } = layoutChain([node('both', 'parallel', node('left'), node('right')), node('after')])
    const at = (id: string) => nodes.find((placed) => placed.node.id === id)!
    expect(at('left').y).toBe(at('right').y)
    expect(at('right').x).toBeGreaterThanOrEqual(at('left').x + at('left').width)
    expect(at('after').y).toBeGreaterThan(at('left').y)
    const into = edges.filter(({ to }) => to[1] === at('after').y)
    expect(into).toHaveLength(2)
  })

  it('lets no two boxes lie over one another, and keeps all within its size', () => {
    const deep = node('loop', 'step', node('a'), node('p', 'parallel', node('b', 'group', node('c'), node('d')), node('e')), node('f'))
    const { nodes, width, height } = layoutChain([deep, node('g', 'parallel', node('h'), deep, node('i'))])
    for (const [i, one] of nodes.entries()) {
      expect(one.x + one.width).toBeLessThanOrEqual(width)
      expect(one.y + one.height).toBeLessThanOrEqual(height)
      for (const other of nodes.slice(i + 1)) {
        const apart =
          one.x + one.width <= other.x || other.x + other.width <= one.x || one.y + one.height <= other.y || other.y + other.height <= one.y
        expect(apart, `${one.node.id} and ${other.node.id}`).toBe(true)
      }
    }
  })
})
