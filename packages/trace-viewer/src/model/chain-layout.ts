import type { ChainNode } from './wire.ts'

export interface PlacedNode {
  readonly node: ChainNode
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** A line from the foot of one box to the head of another. */
interface PlacedEdge {
  readonly from: readonly [x: number, y: number]
  readonly to: readonly [x: number, y: number]
}

export interface ChainLayout {
  readonly nodes: readonly PlacedNode[]
  readonly edges: readonly PlacedEdge[]
  readonly width: number
  readonly height: number
}

const BOX_WIDTH = 220
const BOX_HEIGHT = 46
const GAP_X = 20
const GAP_Y = 26
const INDENT = 22

interface Block {
  width: number
  height: number
}

/** A chain from top to bottom; what runs at the same time stands side by side, and what is in a group below it and a step to the right. */
export function layoutChain(nodes: readonly ChainNode[]): ChainLayout {
  const placed: PlacedNode[] = []
  const edges: PlacedEdge[] = []
  const { width, height } = sequence(nodes, 0, 0, [])
  return { nodes: placed, edges, width, height }

  /** Steps below one another; `ends` is where lines to the first of them come from, and is filled with where the last ones end. */
  function sequence(steps: readonly ChainNode[], x: number, y: number, ends: [number, number][]): Block {
    let width = 0
    let at = y
    for (const step of steps) {
      const block = place(step, x, at, ends)
      width = Math.max(width, block.width)
      at += block.height + GAP_Y
    }
    return { width, height: Math.max(0, at - GAP_Y - y) }
  }

  function place(node: ChainNode, x: number, y: number, ends: [number, number][]): Block {
    placed.push({ node, x, y, width: BOX_WIDTH, height: BOX_HEIGHT })
    for (const from of ends.splice(0)) edges.push({ from, to: [x + BOX_WIDTH / 2, y] })
    const foot: [number, number] = [x + BOX_WIDTH / 2, y + BOX_HEIGHT]
    if (node.children.length === 0) {
      ends.push(foot)
      return { width: BOX_WIDTH, height: BOX_HEIGHT }
    }
    if (node.kind !== 'parallel') {
      const inner: [number, number][] = [foot]
      const block = sequence(node.children, x + INDENT, y + BOX_HEIGHT + GAP_Y, inner)
      ends.push(...inner)
      return { width: Math.max(BOX_WIDTH, block.width + INDENT), height: BOX_HEIGHT + GAP_Y + block.height }
    }
    let width = 0
    let height = 0
    for (const child of node.children) {
      const side: [number, number][] = [foot]
      const block = place(child, x + width, y + BOX_HEIGHT + GAP_Y, side)
      ends.push(...side)
      width += block.width + GAP_X
      height = Math.max(height, block.height)
    }
    return { width: Math.max(BOX_WIDTH, width - GAP_X), height: BOX_HEIGHT + GAP_Y + height }
  }
}
