/** Messages that differ only in numbers, names and the like, as one. */
export interface Template {
  /** The words that all have in common; `<*>` stands for what differs. */
  readonly text: string
  readonly count: number
  readonly firstMs: number | undefined
  readonly lastMs: number | undefined
  /** The first message, as it was. */
  readonly example: string
}

interface Cluster {
  words: string[]
  count: number
  firstMs: number | undefined
  lastMs: number | undefined
  readonly example: string
}

export interface Templates {
  add(message: string, atMs?: number): void
  /** Most frequent first. */
  list(): readonly Template[]
}

const ANY = '<*>'
/** Share of words that must agree for a message to join a cluster. */
const LEAST_SIMILAR = 0.6
const MAX_WORDS = 60
const MAX_CLUSTERS = 2_000

/** What surely is a value: it would split one message into many clusters. Order matters: the longer shapes come first. */
const VALUES: readonly [RegExp, string][] = [
  [/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?/g, '<time>'],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, '<id>'],
  [/\b\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?\b/g, '<ip>'],
  [/\b0x[0-9a-f]+\b/gi, '<hex>'],
  [/\b(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{8,64}\b/gi, '<hex>'],
  [/"[^"]{0,200}"/g, '"<*>"'],
  [/(?<![\w<])[+-]?\d+(?:\.\d+)?(?:ms|s|kb|mb|gb|%)?(?![\w>])/gi, '<n>'],
]

function wordsOf(message: string): string[] {
  let masked = message.split('\n', 1)[0]!.slice(0, 1_000)
  for (const [shape, name] of VALUES) masked = masked.replace(shape, name)
  return masked.trim().split(/\s+/).slice(0, MAX_WORDS)
}

/**
 * Clusters messages in one pass, after the idea of Drain: those of one length and one beginning are compared word by word, and
 * where they differ the template forgets the word. Memory is bounded: once there are 2,000 clusters, what fits none is counted as other.
 */
export function createTemplates(): Templates {
  const groups = new Map<string, Cluster[]>()
  let clusters = 0
  let others: Cluster | undefined

  return {
    add(message, atMs) {
      const words = wordsOf(message)
      const key = `${words.length} ${words.find((word) => !word.includes('<')) ?? ANY}`
      const group = groups.get(key) ?? []
      const cluster = closest(group, words)
      if (cluster !== undefined) return join(cluster, words, atMs)
      const fresh: Cluster = { words, count: 1, firstMs: atMs, lastMs: atMs, example: message }
      if (clusters >= MAX_CLUSTERS) {
        if (others === undefined) others = { ...fresh, words: ['(other)'] }
        else join(others, others.words, atMs)
        return
      }
      clusters++
      group.push(fresh)
      groups.set(key, group)
    },
    list: () =>
      [...groups.values(), others === undefined ? [] : [others]]
        .flat()
        .sort((a, b) => b.count - a.count || (a.firstMs ?? 0) - (b.firstMs ?? 0))
        .map(({ words, ...rest }) => ({ ...rest, text: words.join(' ') })),
  }
}

function closest(group: readonly Cluster[], words: readonly string[]): Cluster | undefined {
  let best: Cluster | undefined
  let bestShare = LEAST_SIMILAR
  for (const cluster of group) {
    let same = 0
    for (const [index, word] of words.entries()) if (cluster.words[index] === word || cluster.words[index] === ANY) same++
    const share = same / words.length
    if (share < bestShare || (share === bestShare && best !== undefined)) continue
    best = cluster
    bestShare = share
  }
  return best
}

function join(cluster: Cluster, words: readonly string[], atMs: number | undefined): void {
  cluster.count++
  cluster.words = cluster.words.map((word, index) => (word === words[index] ? word : ANY))
  if (atMs === undefined) return
  cluster.firstMs = Math.min(cluster.firstMs ?? atMs, atMs)
  cluster.lastMs = Math.max(cluster.lastMs ?? atMs, atMs)
}
