import type { Want } from './interest.ts'

interface Listening {
  readonly identity: string
  readonly want: Want
  readonly pattern: string
}

/** What one process listens to, each thing counted, so that only the first and the last of a kind are announced. */
interface ListeningSet {
  all(): Listening[]
  add(listening: Listening, onFirst: () => void, onLast: () => void): () => void
  /** Forgets all that an identity listens to and returns it. */
  forget(identity: string): Listening[]
}

export function createListening(): ListeningSet {
  const counted = new Map<string, { listening: Listening; count: number }>()
  return {
    all: () => [...counted.values()].map(({ listening }) => listening),
    add(listening, onFirst, onLast) {
      const key = `${listening.identity} ${listening.want} ${listening.pattern}`
      const entry = counted.get(key) ?? { listening, count: 0 }
      counted.set(key, entry)
      entry.count++
      if (entry.count === 1) onFirst()
      let ended = false
      return () => {
        if (ended || counted.get(key) !== entry) return
        ended = true
        entry.count--
        if (entry.count > 0) return
        counted.delete(key)
        onLast()
      }
    },
    forget(identity) {
      const forgotten: Listening[] = []
      for (const [key, { listening }] of counted) {
        if (listening.identity !== identity) continue
        counted.delete(key)
        forgotten.push(listening)
      }
      return forgotten
    },
  }
}
