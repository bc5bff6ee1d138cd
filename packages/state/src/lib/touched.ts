/** A key that a merge touched. */
export interface RemoteChange {
  readonly field: string
  readonly key: string
}

interface TouchedCell extends RemoteChange {
  /** Slots of it that came or changed. */
  readonly arrived: ReadonlySet<string>
}

/** Which keys a merge touched, and with which slots. */
export class Touched {
  readonly #cells = new Map<string, RemoteChange & { arrived: Set<string> }>()

  note(field: string, key: string, arrived?: string): void {
    const id = `${field}:${key}`
    let cell = this.#cells.get(id)
    if (cell === undefined) {
      cell = { field, key, arrived: new Set() }
      this.#cells.set(id, cell)
    }
    if (arrived !== undefined) cell.arrived.add(arrived)
  }

  cells(): Iterable<TouchedCell> {
    return this.#cells.values()
  }

  get changes(): RemoteChange[] {
    return [...this.#cells.values()].map(({ field, key }) => ({ field, key }))
  }
}
