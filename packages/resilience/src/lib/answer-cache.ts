/** Answers of earlier calls, the least recently used dropped first. Copies go in and come out, so nobody shares state through it. */
export interface AnswerCache {
  get(key: string, nowMs: number): CachedAnswer | undefined
  /** A value that cannot be copied is not kept. */
  put(key: string, value: unknown, nowMs: number): void
  /** True once until `doneRefreshing`: one call refreshes for everybody. */
  beginRefreshing(key: string): boolean
  doneRefreshing(key: string): void
  readonly size: number
  /** How long ago the first and the last of them came; 0 where there is none. */
  ages(nowMs: number): { readonly oldestMs: number; readonly newestMs: number }
  clear(): void
}

interface CachedAnswer {
  value: unknown
  ageMs: number
}

/** Entries older than `maxAgeMs` are as good as absent. */
export function createAnswerCache(maxEntries: number, maxAgeMs: number): AnswerCache {
  const entries = new Map<string, { value: unknown; atMs: number }>()
  const refreshing = new Set<string>()
  return {
    get(key, nowMs) {
      const entry = entries.get(key)
      if (entry === undefined) return undefined
      entries.delete(key)
      const ageMs = nowMs - entry.atMs
      if (ageMs >= maxAgeMs) return undefined
      entries.set(key, entry)
      return { value: structuredClone(entry.value), ageMs }
    },
    put(key, value, nowMs) {
      entries.delete(key)
      try {
        entries.set(key, { value: structuredClone(value), atMs: nowMs })
      } catch {
        return
      }
      if (entries.size > maxEntries) entries.delete(entries.keys().next().value!)
    },
    beginRefreshing(key) {
      if (refreshing.has(key)) return false
      refreshing.add(key)
      return true
    },
    doneRefreshing(key) {
      refreshing.delete(key)
    },
    get size() {
      return entries.size
    },
    ages(nowMs) {
      let [first, last] = [nowMs, entries.size === 0 ? nowMs : Number.NEGATIVE_INFINITY]
      for (const { atMs } of entries.values()) {
        first = Math.min(first, atMs)
        last = Math.max(last, atMs)
      }
      return { oldestMs: nowMs - first, newestMs: nowMs - last }
    },
    clear() {
      entries.clear()
      refreshing.clear()
    },
  }
}
