/** Finds the items whose pattern matches a topic in one walk over its segments, whatever the patterns. */
export interface TopicTrie<item> {
  /** Adds the item under a valid pattern; the same item may stand under several. */
  add(pattern: string, item: item): void
  /** False when the item does not stand there. */
  remove(pattern: string, item: item): boolean
  /** Items of every pattern that matches, each place once, in no promised order. */
  match(topic: string): item[]
  readonly size: number
}

class Node<item> {
  literals: Map<string, Node<item>> | undefined = undefined
  /** After `*`. */
  one: Node<item> | undefined = undefined
  /** After `**`; it stays reached for as many segments as come. */
  many: Node<item> | undefined = undefined
  items: item[] = []
  readonly repeats: boolean
  /** The step of the walk that reached it last, so that no step takes it twice. */
  reachedAt = 0

  constructor(repeats: boolean) {
    this.repeats = repeats
  }

  get empty(): boolean {
    return this.items.length === 0 && this.literals === undefined && this.one === undefined && this.many === undefined
  }
}

/** A trie of topic patterns. All nodes that can be reached advance together, so that patterns with many `**` cost no more than others. */
export function createTopicTrie<item>(): TopicTrie<item> {
  let root = new Node<item>(false)
  let size = 0
  let step = 0
  let reached: Node<item>[] = []
  let next: Node<item>[] = []

  function reach(node: Node<item>): void {
    if (node.reachedAt === step) return
    node.reachedAt = step
    next.push(node)
    // `**` may stand for no segment at all.
    if (node.many !== undefined) reach(node.many)
  }

  function advance(segment: string): void {
    step++
    next.length = 0
    for (let index = 0; index < reached.length; index++) {
      const node = reached[index]!
      if (node.repeats) reach(node)
      if (node.one !== undefined) reach(node.one)
      const literal = node.literals?.get(segment)
      if (literal !== undefined) reach(literal)
    }
    const spare = reached
    reached = next
    next = spare
  }

  function find(pattern: string): Node<item>[] | undefined {
    const path = [root]
    let node: Node<item> | undefined = root
    for (const segment of pattern.split('/')) {
      node = segment === '*' ? node.one : segment === '**' ? node.many : node.literals?.get(segment)
      if (node === undefined) return undefined
      path.push(node)
    }
    return path
  }

  return {
    add(pattern, item) {
      let node = root
      for (const segment of pattern.split('/')) {
        if (segment === '*') node = node.one ??= new Node(false)
        else if (segment === '**') node = node.many ??= new Node(true)
        else {
          node.literals ??= new Map()
          let literal = node.literals.get(segment)
          if (literal === undefined) {
            literal = new Node(false)
            node.literals.set(segment, literal)
          }
          node = literal
        }
      }
      node.items.push(item)
      size++
    },

    remove(pattern, item) {
      const path = find(pattern)
      const last = path?.at(-1)
      const index = last?.items.indexOf(item) ?? -1
      if (path === undefined || last === undefined || index < 0) return false
      last.items.splice(index, 1)
      size--
      const segments = pattern.split('/')
      for (let depth = segments.length; depth > 0 && path[depth]!.empty; depth--) {
        const parent = path[depth - 1]!
        const segment = segments[depth - 1]!
        if (segment === '*') parent.one = undefined
        else if (segment === '**') parent.many = undefined
        else {
          parent.literals!.delete(segment)
          if (parent.literals!.size === 0) parent.literals = undefined
        }
      }
      if (size === 0) root = new Node(false)
      return true
    },

    match(topic) {
      step++
      next.length = 0
      reach(root)
      const spare = reached
      reached = next
      next = spare
      let start = 0
      for (let end = topic.indexOf('/'); end >= 0 && reached.length > 0; end = topic.indexOf('/', start)) {
        advance(topic.slice(start, end))
        start = end + 1
      }
      if (reached.length > 0) advance(topic.slice(start))
      const items: item[] = []
      for (const node of reached) for (const item of node.items) items.push(item)
      return items
    },

    get size() {
      return size
    },
  }
}
