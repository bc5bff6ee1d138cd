import { MAX_TOPIC_LENGTH } from '@switchyard/contracts'
import { invalidTopic } from './errors.ts'
import type { Mailbox } from './mailbox.ts'
import { Recent } from './recent.ts'

/** Topics of a source that are known by their hash. */
const KNOWN = 1_024
/** And those few that are found without reading the topic; a power of two. */
const AT_HAND = 256

/** What a source knows of a topic it publishes to. */
export interface Route {
  readonly topic: string
  sequence: number
  /** Of the subscriptions that `targets` was found in. */
  version: number
  targets: readonly Mailbox[]
  /** Messages and bytes that all targets have room for while nothing waits. */
  room: number
  roomBytes: number
}

/** All routes of one identity in this process, whatever handle it uses. */
export class Source {
  readonly identity: string
  #sequenceFloor = 0
  #last: Route | undefined = undefined
  readonly #atHand: (Route | undefined)[] = new Array(AT_HAND).fill(undefined)
  readonly #known = new Recent<number, Route>(KNOWN, (forgotten) => {
    for (const route of forgotten.values()) this.#forget(route)
  })

  constructor(identity: string) {
    this.identity = identity
  }

  /** @throws VALIDATION */
  route(topic: string): Route {
    if (typeof topic !== 'string') throw invalidTopic('publish', topic)
    // The same few topics are published again and again, and comparing is cheaper than reading all of it.
    if (this.#last?.topic === topic) return this.#last
    const slot = slotOf(topic)
    const atHand = this.#atHand[slot]
    const route = atHand !== undefined && atHand.topic === topic ? atHand : this.#find(topic, slot)
    this.#last = route
    return route
  }

  #find(topic: string, slot: number): Route {
    const hash = hashTopic(topic)
    if (hash < 0) throw invalidTopic('publish', topic)
    const known = this.#known.get(hash)
    if (known !== undefined && known.topic === topic) {
      // Only what comes again: many topics are published once and would push out those that are not.
      this.#atHand[slot] = known
      return known
    }
    // Two topics of one hash are rare enough to let the older one go.
    if (known !== undefined) this.#forget(known)
    const route: Route = { topic, sequence: this.#sequenceFloor, version: -1, targets: [], room: 0, roomBytes: 0 }
    this.#known.set(hash, route)
    return route
  }

  /** A topic that comes back goes on behind what any forgotten one had reached, so that sequences never repeat. */
  #forget(route: Route): void {
    if (route.sequence > this.#sequenceFloor) this.#sequenceFloor = route.sequence
    const slot = slotOf(route.topic)
    if (this.#atHand[slot] === route) this.#atHand[slot] = undefined
    if (this.#last === route) this.#last = undefined
  }
}

/** By a few characters where topics of one kind differ: their names stand in the middle, their numbers there or at the end. */
function slotOf(topic: string): number {
  const { length } = topic
  const middle = length >> 1
  const name = topic.charCodeAt(middle - 1) * 3 + topic.charCodeAt(middle) * 31 + topic.charCodeAt(middle + 1) * 11
  return (length * 7 + name + topic.charCodeAt(length - 1)) & (AT_HAND - 1)
}

const SLASH = 47
const STAR = 42

/** A hash of a valid topic; -1 for what is none. One look at each character decides both, cheaper than V8's own hash of a new string. */
export function hashTopic(topic: string): number {
  const { length } = topic
  if (length === 0 || length > MAX_TOPIC_LENGTH) return -1
  let hash = 0x811c9dc5 | 0
  let before = SLASH
  for (let at = 0; at < length; at++) {
    const code = topic.charCodeAt(at)
    if (code <= 0x20 || code === STAR || code === 0x7f || (code === SLASH && before === SLASH)) return -1
    hash = Math.imul(hash ^ code, 0x01000193)
    before = code
  }
  return before === SLASH ? -1 : hash >>> 1
}
