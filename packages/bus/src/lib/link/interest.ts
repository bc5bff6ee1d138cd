import { createTopicTrie } from '../topic-trie.ts'

/** Who listens to what: `peer` is whatever the owner routes to. The same table serves the hub, its clients and the memory link. */
export interface Interest<peer> {
  /** Grows with every change, so that answers can be kept until then. */
  readonly version: number
  add(peer: peer, identity: string, want: Want, pattern: string): void
  remove(peer: peer, identity: string, want: Want, pattern: string): void
  drop(peer: peer): void
  /** Each peer once that listens to the topic; with a destination other than `*` only where that identity listens. */
  listeners(topic: string, destination: string): readonly peer[]
  /** The peers that answer requests for the subject. */
  servers(subject: string): readonly peer[]
}

export type Want = 'topic' | 'request'

interface Entry<peer> {
  peer: peer
  identity: string
  want: Want
  pattern: string
}

const MAX_CACHED_ANSWERS = 4_096

export function createInterest<peer>(): Interest<peer> {
  const tries = { topic: createTopicTrie<Entry<peer>>(), request: createTopicTrie<Entry<peer>>() }
  const byPeer = new Map<peer, Map<string, Entry<peer>>>()
  const answers = { topic: new Map<string, readonly peer[]>(), request: new Map<string, readonly peer[]>() }
  let version = 0

  function changed(): void {
    version++
    answers.topic.clear()
    answers.request.clear()
  }

  function peersOf(want: Want, subject: string): readonly peer[] {
    const known = answers[want].get(subject)
    if (known !== undefined) return known
    if (answers[want].size >= MAX_CACHED_ANSWERS) answers[want].clear()
    const found = unique(tries[want].match(subject))
    answers[want].set(subject, found)
    return found
  }

  return {
    get version() {
      return version
    },
    add(peer, identity, want, pattern) {
      const entries = byPeer.get(peer) ?? new Map<string, Entry<peer>>()
      byPeer.set(peer, entries)
      const key = `${identity} ${want} ${pattern}`
      if (entries.has(key)) return
      const entry = { peer, identity, want, pattern }
      entries.set(key, entry)
      tries[want].add(pattern, entry)
      changed()
    },
    remove(peer, identity, want, pattern) {
      const key = `${identity} ${want} ${pattern}`
      const entry = byPeer.get(peer)?.get(key)
      if (entry === undefined) return
      byPeer.get(peer)?.delete(key)
      tries[want].remove(pattern, entry)
      changed()
    },
    drop(peer) {
      const entries = byPeer.get(peer)
      if (entries === undefined) return
      byPeer.delete(peer)
      for (const entry of entries.values()) tries[entry.want].remove(entry.pattern, entry)
      changed()
    },
    listeners(topic, destination) {
      if (destination === '*') return peersOf('topic', topic)
      return unique([...tries.topic.match(topic)].filter((entry) => entry.identity === destination))
    },
    servers: (subject) => peersOf('request', subject),
  }
}

function unique<peer>(entries: Iterable<Entry<peer>>): readonly peer[] {
  const peers = new Set<peer>()
  for (const entry of entries) peers.add(entry.peer)
  return [...peers]
}
