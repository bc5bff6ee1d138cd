import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Plugin } from '@switchyard/plugin-kit'
import { isOwnName } from './own-commands.ts'

/** The MCP servers of a workspace as plugins, none of them started. */
export interface Mounts {
  readonly plugins: readonly Plugin[]
  /** Ends those that were started. */
  close(): Promise<void>
}

const NONE: Mounts = { plugins: [], close: async () => {} }

/** Where the registry keeps files: clones, and the mark that there are MCP servers. */
const registryFolder = (workspace: string, ...parts: readonly string[]): string => join(workspace, '.switchyard', 'registry', ...parts)

/** Where a source's clone is kept. */
export const cloneFolder = (workspace: string, id: string): string => registryFolder(workspace, 'sources', id)

/** Workspaces without MCP servers are most, so one look at a folder settles it for them. */
const mark = (workspace: string): string => registryFolder(workspace, 'mcp')

export function markMounts(workspace: string, some: boolean): void {
  if (some) mkdirSync(mark(workspace), { recursive: true, mode: 0o700 })
  else rmSync(mark(workspace), { recursive: true, force: true })
}

/** Makes plugins of the servers that were added; one that cannot be is said, and left out. */
export async function openMounts(
  workspace: string,
  taken: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
  note: (text: string) => void,
): Promise<Mounts> {
  if (!existsSync(mark(workspace))) return NONE
  const [{ readMounts }, { createMount }] = await Promise.all([import('@switchyard/registry'), import('@switchyard/mcp/mount')])
  const servers = readMounts(join(workspace, '.switchyard', 'yard.db')).flatMap((mount) => {
    try {
      if (isOwnName(mount.name) || taken.includes(mount.name)) throw new Error('its name is taken')
      return [createMount(mount, { workspace, environment })]
    } catch (error) {
      note(`warn  registry: the MCP server ${mount.name} is left out: ${error instanceof Error ? error.message : String(error)}`)
      return []
    }
  })
  return {
    plugins: servers.map(({ plugin }) => plugin),
    async close() {
      await Promise.all(servers.map((server) => server.close()))
    },
  }
}
