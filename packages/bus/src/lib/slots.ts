/** More than may be under way at once. */
const SLOTS = 2 ** 20

/**
 * Things by a number that is never used twice: the place in an array, and how often it was given out. Like List, it
 * stands in for a Map that would be rebuilt again and again.
 */
export class Slots<item> {
  readonly #items: (item | undefined)[] = []
  readonly #numbers: number[] = []
  readonly #free: number[] = []

  /** The number of a place that `set` will fill. */
  reserve(): number {
    const place = this.#free.pop() ?? this.#numbers.push(this.#numbers.length) - 1
    this.#numbers[place] = this.#numbers[place]! + SLOTS
    return this.#numbers[place]!
  }

  set(number: number, item: item): void {
    this.#items[number % SLOTS] = item
  }

  get(number: number): item | undefined {
    const place = number % SLOTS
    return this.#numbers[place] === number ? this.#items[place] : undefined
  }

  delete(number: number): void {
    if (this.get(number) === undefined) return
    const place = number % SLOTS
    this.#items[place] = undefined
    this.#free.push(place)
  }

  toArray(): item[] {
    return this.#items.filter((item) => item !== undefined)
  }

  clear(): void {
    for (const number of [...this.#numbers]) this.delete(number)
  }
}
