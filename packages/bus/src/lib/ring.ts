const SMALLEST = 16

/** A queue that grows and gives its memory back once it is empty. */
export class Ring<item> {
  #slots: (item | undefined)[] = []
  #head = 0
  #size = 0

  get size(): number {
    return this.#size
  }

  push(item: item): void {
    if (this.#size === this.#slots.length) this.#grow()
    this.#slots[(this.#head + this.#size) & (this.#slots.length - 1)] = item
    this.#size++
  }

  peek(): item | undefined {
    return this.#size === 0 ? undefined : this.#slots[this.#head]
  }

  shift(): item | undefined {
    if (this.#size === 0) return undefined
    const item = this.#slots[this.#head]
    this.#slots[this.#head] = undefined
    this.#head = (this.#head + 1) & (this.#slots.length - 1)
    this.#size--
    if (this.#size === 0 && this.#slots.length > SMALLEST) this.clear()
    return item
  }

  clear(): void {
    this.#slots = []
    this.#head = 0
    this.#size = 0
  }

  #grow(): void {
    const grown = new Array<item | undefined>(Math.max(SMALLEST, this.#slots.length * 2)).fill(undefined)
    for (let index = 0; index < this.#size; index++) grown[index] = this.#slots[(this.#head + index) & (this.#slots.length - 1)]
    this.#slots = grown
    this.#head = 0
  }
}
