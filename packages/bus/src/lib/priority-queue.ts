import { Ring } from './ring.ts'

const LEVELS = 10

interface Waiting<item> {
  readonly item: item
  readonly sinceMs: number
  readonly order: number
}

/**
 * Most urgent first, and among equals the one that came first. A waiting item gains a level for every `ageingMs`, up to 10,
 * so that nothing starves; items of one priority never overtake one another.
 */
export class PriorityQueue<item> {
  readonly #levels: (Ring<Waiting<item>> | undefined)[] = new Array(LEVELS + 1).fill(undefined)
  readonly #ageingMs: number
  /** One bit a level that holds something. */
  #filled = 0
  #order = 0
  #size = 0

  constructor(ageingMs: number) {
    this.#ageingMs = ageingMs
  }

  get size(): number {
    return this.#size
  }

  push(item: item, priority: number, nowMs: number): void {
    let ring = this.#levels[priority]
    if (ring === undefined) {
      ring = new Ring()
      this.#levels[priority] = ring
    }
    ring.push({ item, sinceMs: nowMs, order: this.#order++ })
    this.#filled |= 1 << priority
    this.#size++
  }

  /** The next one at this time; undefined when empty. */
  shift(nowMs: number): item | undefined {
    if (this.#size === 0) return undefined
    // With one level in use, which is the usual case, its first is the one.
    const level = (this.#filled & (this.#filled - 1)) === 0 ? 31 - Math.clz32(this.#filled) : this.#mostUrgent(nowMs)
    return this.#take(level)
  }

  /** Takes out the oldest of the lowest priority. */
  dropOldest(): item | undefined {
    if (this.#size === 0) return undefined
    return this.#take(31 - Math.clz32(this.#filled & -this.#filled))
  }

  /** How long the one that came first of all that wait has waited; 0 when empty. */
  oldestMs(nowMs: number): number {
    return this.#levels.reduce((oldest, ring) => Math.max(oldest, nowMs - (ring?.peek()?.sinceMs ?? nowMs)), 0)
  }

  clear(): void {
    this.#levels.fill(undefined)
    this.#filled = 0
    this.#size = 0
  }

  #take(level: number): item | undefined {
    const ring = this.#levels[level]!
    const waiting = ring.shift()
    if (ring.size === 0) this.#filled &= ~(1 << level)
    this.#size--
    return waiting?.item
  }

  /** The oldest of each level is the most urgent of it, so that ten comparisons decide. */
  #mostUrgent(nowMs: number): number {
    let best = 0
    let bestRank = 0
    let bestOrder = 0
    for (let level = LEVELS; level > 0; level--) {
      const first = (this.#filled & (1 << level)) === 0 ? undefined : this.#levels[level]!.peek()
      if (first === undefined) continue
      const rank = Math.min(LEVELS, level + Math.floor(Math.max(0, nowMs - first.sinceMs) / this.#ageingMs))
      if (rank < bestRank || (rank === bestRank && first.order > bestOrder)) continue
      best = level
      bestRank = rank
      bestOrder = first.order
    }
    return best
  }
}
