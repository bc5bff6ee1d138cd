import type { Store } from '@switchyard/store'
import { badSourceName, sourceTaken } from './errors.ts'
import type { ForeignPlugin, ForeignSource, Problem } from './foreign.ts'
import { cleanId } from './text.ts'

/** The registry's tables; the list only ever grows. */
const MIGRATIONS = [
  `CREATE TABLE registry_source (
     id TEXT PRIMARY KEY, kind TEXT NOT NULL, location TEXT NOT NULL, folder TEXT, detail TEXT NOT NULL, problems TEXT NOT NULL,
     added_ms INTEGER NOT NULL, updated_ms INTEGER NOT NULL
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE registry_plugin (
     source TEXT NOT NULL REFERENCES registry_source (id) ON DELETE CASCADE, name TEXT NOT NULL, plugin TEXT NOT NULL,
     PRIMARY KEY (source, name)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE registry_change (id INTEGER PRIMARY KEY CHECK (id = 1), count INTEGER NOT NULL) STRICT;
   INSERT INTO registry_change VALUES (1, 0);
   CREATE TABLE registry_figure (
     subject TEXT PRIMARY KEY, runs INTEGER NOT NULL, failures INTEGER NOT NULL, latency_ms REAL NOT NULL, error_rate REAL NOT NULL
   ) STRICT, WITHOUT ROWID;`,
  `CREATE TABLE registry_process (
     id TEXT PRIMARY KEY, pid INTEGER NOT NULL, host TEXT NOT NULL, plugins TEXT NOT NULL, since_ms INTEGER NOT NULL, beat_ms INTEGER NOT NULL
   ) STRICT, WITHOUT ROWID`,
  'ALTER TABLE registry_figure ADD COLUMN cost_usd REAL',
  `CREATE TABLE registry_told (
     plugin TEXT NOT NULL, about TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (plugin, about)
   ) STRICT, WITHOUT ROWID`,
  `DROP TABLE registry_told;
   CREATE TABLE registry_health (plugin TEXT PRIMARY KEY, state TEXT NOT NULL) STRICT, WITHOUT ROWID;
   CREATE TABLE registry_news (id INTEGER PRIMARY KEY, news TEXT NOT NULL, teller TEXT, since_ms INTEGER) STRICT;
   ALTER TABLE registry_process ADD COLUMN breakers TEXT NOT NULL DEFAULT '{}'`,
]

/** A tool of an MCP server, as it was listed when the server was added or updated. */
export interface MountedTool {
  readonly name: string
  readonly description?: string
  /** JSON Schema. */
  readonly inputSchema: Readonly<Record<string, unknown>>
  readonly annotations?: { readonly readOnlyHint?: boolean; readonly destructiveHint?: boolean; readonly idempotentHint?: boolean }
}

/** How an MCP server is started, and what it offered. */
export interface Mount {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  /** Names of variables of our environment that it is given; their values are kept nowhere. */
  readonly env: readonly string[]
  readonly version?: string
  /** The revision that was agreed on, where the server knows those without a handshake. */
  readonly protocol?: string
  readonly summary: string
  readonly tools: readonly MountedTool[]
}

/** Where plugins of others come from. */
export interface Source {
  readonly id: string
  readonly kind: 'folder' | 'git' | 'mcp'
  /** The folder, the address or the command line, as it was given. */
  readonly location: string
  /** Where it is read from; none for an MCP server. */
  readonly folder?: string
  readonly problems: readonly Problem[]
  readonly addedMs: number
  readonly updatedMs: number
}

/** What is kept of others, in the workspace's store. */
export interface Sources {
  list(): readonly Source[]
  plugins(): readonly { readonly source: Pick<Source, 'id' | 'folder'>; readonly plugin: ForeignPlugin }[]
  mounts(): readonly Mount[]
  /** @throws REGISTRY_TAKEN unless it takes the place of itself */
  putFolder(
    source: Pick<Source, 'id' | 'kind' | 'location'> & { folder: string },
    content: ForeignSource,
    replace: boolean,
    nowMs: number,
  ): void
  /** @throws REGISTRY_TAKEN */
  putMount(mount: Mount, replace: boolean, nowMs: number): void
  remove(id: string): void
  /** Grows with each change that any process makes. */
  changes(): number
}

interface SourceRow {
  readonly id: string
  readonly kind: Source['kind']
  readonly location: string
  readonly folder: string | null
  readonly detail: string
  readonly problems: string
  readonly added_ms: number
  readonly updated_ms: number
}

/** A name that can be typed as the first word of a command line. */
const MOUNT_NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/

/** To be asked before a server is started for nothing. @throws REGISTRY_TAKEN */
export function assertMountName(name: string): void {
  if (MOUNT_NAME.test(name) && name.length <= 50) return
  throw badSourceName(name, 'lower-case words joined by "-", at most 50 characters')
}

export function openSources(store: Store): Sources {
  store.migrate('registry', MIGRATIONS)
  const rows = (): SourceRow[] => store.prepare('SELECT * FROM registry_source ORDER BY id').all<SourceRow>()

  function put(row: Omit<SourceRow, 'added_ms' | 'updated_ms'>, replace: boolean, nowMs: number, plugins: readonly ForeignPlugin[]): void {
    store.transact(
      () => {
        const known = store.prepare('SELECT added_ms FROM registry_source WHERE id = ?').get<{ added_ms: number }>(row.id)
        if (known !== undefined && !replace) throw sourceTaken(row.id)
        store.prepare('DELETE FROM registry_plugin WHERE source = ?').run(row.id)
        store
          .prepare('INSERT OR REPLACE INTO registry_source VALUES (?, ?, ?, ?, ?, ?, ?, ?)')
          .run(row.id, row.kind, row.location, row.folder, row.detail, row.problems, known?.added_ms ?? nowMs, nowMs)
        const add = store.prepare('INSERT INTO registry_plugin VALUES (?, ?, ?)')
        for (const plugin of plugins) add.run(row.id, plugin.name, JSON.stringify(plugin))
        changed()
      },
      { durable: true },
    )
  }

  function changed(): void {
    store.prepare('UPDATE registry_change SET count = count + 1').run()
  }

  return {
    list: () => rows().map(sourceOf),
    plugins: () =>
      store
        .prepare('SELECT id, folder, plugin FROM registry_plugin JOIN registry_source ON id = source ORDER BY source, name')
        .all<{ id: string; folder: string; plugin: string }>()
        .map(({ id, folder, plugin }) => ({ source: { id, folder }, plugin: JSON.parse(plugin) as ForeignPlugin })),
    mounts: () => rows().flatMap(({ kind, detail }) => (kind === 'mcp' ? [JSON.parse(detail) as Mount] : [])),
    putFolder({ id, kind, location, folder }, { plugins, problems }, replace, nowMs) {
      if (cleanId(id) !== id) throw badSourceName(id, 'one word without signs that a command line takes for its own')
      put({ id, kind, location, folder, detail: '{}', problems: JSON.stringify(problems) }, replace, nowMs, plugins)
    },
    putMount(mount, replace, nowMs) {
      assertMountName(mount.name)
      const location = [mount.command, ...mount.args].join(' ')
      put({ id: mount.name, kind: 'mcp', location, folder: null, detail: JSON.stringify(mount), problems: '[]' }, replace, nowMs, [])
    },
    remove(id) {
      store.transact(
        () => {
          store.prepare('DELETE FROM registry_source WHERE id = ?').run(id)
          store.prepare('DELETE FROM registry_plugin WHERE source = ?').run(id)
          changed()
        },
        { durable: true },
      )
    },
    changes: () => store.prepare('SELECT count FROM registry_change').get<{ count: number }>()?.count ?? 0,
  }
}

function sourceOf({ id, kind, location, folder, problems, added_ms, updated_ms }: SourceRow): Source {
  return {
    id,
    kind,
    location,
    ...(folder !== null && { folder }),
    problems: JSON.parse(problems) as readonly Problem[],
    addedMs: added_ms,
    updatedMs: updated_ms,
  }
}
