/**
 * A map that keeps what was used of late: between one and two times `limit` entries. Two generations, the older of
 * which is let go as a whole, cost less than keeping entries in order of use.
 */
export class Recent<key, value> {
  readonly #limit: number
  readonly #forget: ((entries: ReadonlyMap<key, value>) => void) | undefined
  #young = new Map<key, value>()
  #old = new Map<key, value>()

  constructor(limit: number, forget?: (entries: ReadonlyMap<key, value>) => void) {
    this.#limit = limit
    this.#forget = forget
  }

  get(key: key): value | undefined {
    const value = this.#young.get(key)
    if (value !== undefined || this.#old.size === 0) return value
    const old = this.#old.get(key)
    if (old !== undefined) {
      this.#old.delete(key)
      this.set(key, old)
    }
    return old
  }

  set(key: key, value: value): void {
    if (this.#young.size >= this.#limit) {
      this.#forget?.(this.#old)
      this.#old = this.#young
      this.#young = new Map()
    }
    this.#young.set(key, value)
  }

  delete(key: key): void {
    this.#young.delete(key)
    this.#old.delete(key)
  }
}
