/** Says once that a part of a chain is not wanted any more. Cheaper than an AbortSignal, of which each call makes its own. */
export interface Halt {
  readonly isHalted: boolean
  halt(): void
  /** Called once, at once when it is halted already. The returned function forgets it. */
  onHalt(callback: () => void): () => void
}

/** Halted with its parent; `release` when done with it, as the parent knows it until then. */
export function createHalt(parent?: Halt): Halt & { release(): void } {
  const callbacks = new Set<() => void>()
  let isHalted = false

  function halt(): void {
    if (isHalted) return
    isHalted = true
    for (const callback of callbacks) callback()
    callbacks.clear()
  }

  const release = parent?.onHalt(halt) ?? (() => {})
  return {
    get isHalted() {
      return isHalted
    },
    halt,
    onHalt(callback) {
      if (isHalted) {
        callback()
        return () => {}
      }
      callbacks.add(callback)
      return () => void callbacks.delete(callback)
    },
    release,
  }
}
