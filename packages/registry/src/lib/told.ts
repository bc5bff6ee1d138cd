import type { Store } from '@switchyard/store'

/** What was last told of each plugin, so that of all processes that see a change one alone tells it. */
export interface Told {
  /** Whether this is other than what was told last; it counts as told from then on. */
  isNews(plugin: string, about: 'content' | 'health', value: string): boolean
  /** For a process that comes when nobody is there any more: what was told is long ago, and whoever heard it is gone. */
  forget(): void
}

export function createTold(store: Store): Told {
  return {
    isNews: (plugin, about, value) =>
      store
        .prepare(
          `INSERT INTO registry_told VALUES (?, ?, ?)
           ON CONFLICT (plugin, about) DO UPDATE SET value = excluded.value WHERE value <> excluded.value`,
        )
        .run(plugin, about, value).changes > 0,
    forget: () => void store.prepare('DELETE FROM registry_told').run(),
  }
}
