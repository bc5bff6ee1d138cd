import type { Plugin, PluginStore } from '@switchyard/plugin-kit'
import type { Store } from '@switchyard/store'

/** The tables of each plugin, brought to their newest version when one of its runs first asks for them. */
export interface PluginTables {
  of(plugin: Plugin): PluginStore
}

export function createPluginTables(store: Store): PluginTables {
  const ready = new Map<string, PluginStore>()
  return {
    of({ name, tables = [] }) {
      const known = ready.get(name)
      if (known !== undefined) return known
      store.migrate(`plugin-${name}`, tables)
      const { prepare, transact, commit } = store
      const own: PluginStore = { prepare, transact, commit }
      ready.set(name, own)
      return own
    },
  }
}
