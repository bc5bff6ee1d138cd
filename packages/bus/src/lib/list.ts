/** Something that stands in at most one List; it is its own node, so that standing there allocates nothing. */
export interface Listed {
  listNext: this | undefined
  listPrevious: this | undefined
}

/**
 * A set that is walked rarely and added to and removed from all the time. A Map or Set in its place would be rebuilt again and
 * again, and each table that it leaves behind keeps what it held from the garbage collector for a while.
 */
export class List<item extends Listed> {
  #first: item | undefined
  size = 0

  add(item: item): void {
    item.listPrevious = undefined
    item.listNext = this.#first
    if (this.#first !== undefined) this.#first.listPrevious = item
    this.#first = item
    this.size++
  }

  /** The item must stand here. */
  remove(item: item): void {
    if (item.listPrevious === undefined) this.#first = item.listNext
    else item.listPrevious.listNext = item.listNext
    if (item.listNext !== undefined) item.listNext.listPrevious = item.listPrevious
    item.listNext = undefined
    item.listPrevious = undefined
    this.size--
  }

  toArray(): item[] {
    const items: item[] = []
    for (let item = this.#first; item !== undefined; item = item.listNext) items.push(item)
    return items
  }
}
