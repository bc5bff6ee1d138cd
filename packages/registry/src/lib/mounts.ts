import { existsSync } from 'node:fs'
import { openStore } from '@switchyard/store'
import { type Mount, openSources } from './sources.ts'

/** The MCP servers that were added to a workspace, read before it is opened; `path` is its store, which need not be there. */
export function readMounts(path: string): readonly Mount[] {
  if (!existsSync(path)) return []
  using store = openStore({ path })
  return openSources(store).mounts()
}
