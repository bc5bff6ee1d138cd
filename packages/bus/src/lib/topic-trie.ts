import { MAX_TOPIC_LENGTH } from '@switchyard/contracts'

/** Finds the items whose pattern matches a topic in one walk over its segments, whatever the patterns. */
export interface TopicTrie<item> {
  /** Adds the item under a valid pattern; the same item may stand under several. */
  add(pattern: string, item: item): void
  /** False when the item does not stand there. */
  remove(pattern: string, item: item): boolean
  /** Items of every pattern that matches, each place once, in no promised order. */
  match(topic: string): readonly item[]
  readonly size: number
}

const SLASH = 47
const MAX_SEGMENTS = MAX_TOPIC_LENGTH + 1
const NOTHING: readonly never[] = Object.freeze([])

class Node<item> {
  readonly segment: string
  /** By hash of the segment; those that share one are chained by `sibling`. */
  literals: Map<number, Node<item>> | undefined = undefined
  sibling: Node<item> | undefined = undefined
  /** After `*`. */
  one: Node<item> | undefined = undefined
  /** After `**`. */
  many: Node<item> | undefined = undefined
  items: item[] = []
  /** The step of the walk that reached it last, so that no step takes it twice. */
  reachedAt = 0

  constructor(segment: string) {
    this.segment = segment
  }

  literal(hash: number, segment: string): Node<item> | undefined {
    let node = this.literals?.get(hash)
    while (node !== undefined && node.segment !== segment) node = node.sibling
    return node
  }

  addLiteral(segment: string): Node<item> {
    const hash = hashOf(segment)
    const known = this.literal(hash, segment)
    if (known !== undefined) return known
    const node = new Node<item>(segment)
    this.literals ??= new Map()
    node.sibling = this.literals.get(hash)
    this.literals.set(hash, node)
    return node
  }

  removeLiteral(node: Node<item>): void {
    const hash = hashOf(node.segment)
    const first = this.literals!.get(hash)!
    if (first !== node) {
      let before = first
      while (before.sibling !== node) before = before.sibling!
      before.sibling = node.sibling
    } else if (node.sibling !== undefined) this.literals!.set(hash, node.sibling)
    else this.literals!.delete(hash)
    if (this.literals!.size === 0) this.literals = undefined
  }

  /** No pattern goes on behind it. */
  get leaf(): boolean {
    return this.literals === undefined && this.one === undefined && this.many === undefined
  }

  get empty(): boolean {
    return this.items.length === 0 && this.leaf
  }
}

/**
 * A trie of topic patterns. Segments are looked up by a hash of our own, as hashing a string that V8 sees for the first time
 * costs more than the rest of the walk.
 */
export function createTopicTrie<item>(): TopicTrie<item> {
  /** Patterns with one `**` at most: each node is reached in one way only, so a plain walk will do. */
  let simple = new Node<item>('')
  /** All others: all nodes that can be reached advance together, so that many `**` cost no more than one. */
  let deep = new Node<item>('')
  let simpleSize = 0
  let deepSize = 0

  // The topic that is being matched: where its segments start and end, and their hashes.
  let topic = ''
  let count = 0
  const starts = new Int32Array(MAX_SEGMENTS)
  const ends = new Int32Array(MAX_SEGMENTS)
  const hashes = new Int32Array(MAX_SEGMENTS)

  const found: item[] = []
  let step = 0
  let reached: Node<item>[] = []
  let next: Node<item>[] = []

  function scan(text: string): void {
    topic = text
    count = 0
    let hash = HASH_START
    starts[0] = 0
    const { length } = text
    for (let at = 0; at < length; at++) {
      const code = text.charCodeAt(at)
      if (code !== SLASH) {
        hash = Math.imul(hash ^ code, HASH_PRIME)
        continue
      }
      ends[count] = at
      hashes[count] = hash
      count++
      if (count === MAX_SEGMENTS) return
      starts[count] = at + 1
      hash = HASH_START
    }
    ends[count] = length
    hashes[count] = hash
    count++
  }

  function literalAt(node: Node<item>, place: number): Node<item> | undefined {
    if (node.literals === undefined) return undefined
    let found = node.literals.get(hashes[place]!)
    while (found !== undefined) {
      const { segment } = found
      const start = starts[place]!
      if (segment.length === ends[place]! - start && topic.startsWith(segment, start)) return found
      found = found.sibling
    }
    return undefined
  }

  function walk(node: Node<item>, place: number): void {
    const { one, many } = node
    if (many !== undefined) {
      if (many.leaf) for (let index = 0; index < many.items.length; index++) found.push(many.items[index]!)
      else for (let rest = place; rest <= count; rest++) walk(many, rest)
    }
    if (place === count) {
      for (let index = 0; index < node.items.length; index++) found.push(node.items[index]!)
      return
    }
    const literal = literalAt(node, place)
    if (literal !== undefined) walk(literal, place + 1)
    if (one !== undefined) walk(one, place + 1)
  }

  function reach(node: Node<item>): void {
    if (node.reachedAt === step) return
    node.reachedAt = step
    next.push(node)
    // `**` may stand for no segment at all.
    if (node.many !== undefined) reach(node.many)
  }

  function advance(place: number): void {
    swap()
    for (const node of reached) {
      // And for as many as come.
      if (node.segment === '**') reach(node)
      if (node.one !== undefined) reach(node.one)
      const literal = literalAt(node, place)
      if (literal !== undefined) reach(literal)
    }
  }

  function swap(): void {
    step++
    const spare = reached
    reached = next
    next = spare
    next.length = 0
  }

  function walkDeep(): void {
    next.length = 0
    swap()
    reach(deep)
    for (let place = 0; place < count && next.length > 0; place++) advance(place)
    for (const node of next) for (const item of node.items) found.push(item)
  }

  function pathTo(root: Node<item>, pattern: string): Node<item>[] | undefined {
    const path = [root]
    let node: Node<item> | undefined = root
    for (const segment of pattern.split('/')) {
      node = segment === '*' ? node.one : segment === '**' ? node.many : node.literal(hashOf(segment), segment)
      if (node === undefined) return undefined
      path.push(node)
    }
    return path
  }

  function prune(path: readonly Node<item>[]): void {
    for (let depth = path.length - 1; depth > 0 && path[depth]!.empty; depth--) {
      const parent = path[depth - 1]!
      const node = path[depth]!
      if (parent.one === node) parent.one = undefined
      else if (parent.many === node) parent.many = undefined
      else parent.removeLiteral(node)
    }
  }

  return {
    add(pattern, item) {
      const isDeep = repeats(pattern) > 1
      let node = isDeep ? deep : simple
      for (const segment of pattern.split('/')) {
        if (segment === '*') {
          node.one ??= new Node('*')
          node = node.one
        } else if (segment === '**') {
          node.many ??= new Node('**')
          node = node.many
        } else node = node.addLiteral(segment)
      }
      node.items.push(item)
      if (isDeep) deepSize++
      else simpleSize++
    },

    remove(pattern, item) {
      const isDeep = repeats(pattern) > 1
      const path = pathTo(isDeep ? deep : simple, pattern)
      const items = path?.at(-1)?.items
      const index = items?.indexOf(item) ?? -1
      if (path === undefined || items === undefined || index < 0) return false
      items.splice(index, 1)
      prune(path)
      if (isDeep) deepSize--
      else simpleSize--
      if (simpleSize === 0) simple = new Node('')
      if (deepSize === 0) deep = new Node('')
      return true
    },

    match(text) {
      scan(text)
      if (simpleSize > 0) walk(simple, 0)
      if (deepSize > 0) walkDeep()
      if (found.length === 0) return NOTHING
      // A copy of just the size: an array that was grown keeps room for more.
      const items = found.slice()
      found.length = 0
      return items
    },

    get size() {
      return simpleSize + deepSize
    },
  }
}

const HASH_START = 0x811c9dc5 | 0
const HASH_PRIME = 0x01000193

/** FNV-1a; what collides is told apart by comparing. */
function hashOf(segment: string): number {
  let hash = HASH_START
  for (let at = 0; at < segment.length; at++) hash = Math.imul(hash ^ segment.charCodeAt(at), HASH_PRIME)
  return hash
}

function repeats(pattern: string): number {
  let found = 0
  for (let at = pattern.indexOf('**'); at >= 0; at = pattern.indexOf('**', at + 2)) found++
  return found
}
