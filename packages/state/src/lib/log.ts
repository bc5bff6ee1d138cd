import type { StateDefinition } from '@switchyard/plugin-kit'
import type { Store } from '@switchyard/store'
import type { Snapshot } from './documents.ts'
import { checksum, decodeParts, encodeParts, type Frame, type Part } from './frame.ts'
import type { Head } from './replica.ts'
import { STATE_TABLES } from './tables.ts'

/** A frame as it is kept. */
interface LogFrame {
  readonly id: number
  readonly node: string
  readonly seq: number
  readonly stamp: number
  /** Undefined when the record is damaged. */
  readonly parts: readonly Part[] | undefined
}

interface StoredNamespace {
  readonly namespace: string
  readonly access: StateDefinition['access']
  readonly readers: readonly string[]
  readonly shared: boolean
  readonly version: number
  readonly fields: Readonly<Record<string, string>>
}

interface LogSizes {
  readonly frames: number
  readonly frameBytes: number
  readonly snapshotBytes: number
}

/** The tables of documents. What writes belongs in a transaction of the caller's. */
export interface StateLog {
  /** Tells stores apart: what came from a node of the same store need not be kept again. */
  readonly storeId: string
  leaseNode(random: () => number): string
  releaseNode(node: string): void
  describe(definition: StateDefinition): void
  described(namespace: string): StoredNamespace | undefined
  /** The latest that opened it as its owner or wrote it; 0 when nobody did. */
  version(namespace: string): number
  /** Keeps the version of who writes, unless a later one is there. */
  raiseVersion(namespace: string, version: number): void
  list(): StoredNamespace[]
  heads(namespace: string): Map<string, Head>
  saveHead(namespace: string, node: string, head: Head): void
  /** Those that hold frames after an id, -1 for all; `onDamaged` hears of those that are left out. */
  snapshots(namespace: string, after: number, onDamaged: (shard: number) => void): Snapshot[]
  saveSnapshot(namespace: string, snapshot: Snapshot, upto: number): void
  /** Frames after an id, oldest first; 0 for all. */
  since(namespace: string, id: number): LogFrame[]
  append(namespace: string, frame: Pick<Frame, 'node' | 'seq' | 'stamp' | 'parts'>): number
  /** Keeps a frame with nothing in it, by which others that follow the log notice new snapshots. */
  mark(namespace: string): number
  /** Drops frames, which the snapshots must hold. */
  cut(namespace: string, upto: number): void
  /** The last frame, also when it is in the snapshots by now. */
  tip(namespace: string): number
  sizes(namespace: string): LogSizes
}

interface FrameRow {
  id: number
  node: string
  seq: number
  stamp: number
  checksum: number
  parts: Uint8Array
}

interface NamespaceRow {
  namespace: string
  access: StateDefinition['access']
  readers: string
  shared: number
  version: number
  fields: string
}

/** Makes the room's tables where they are missing. */
export function createStateLog(store: Store, random: () => number): StateLog {
  store.migrate('state', STATE_TABLES)
  const newId = (): string =>
    Math.floor(random() * 36 ** 8)
      .toString(36)
      .padStart(8, '0')

  const addMeta = store.prepare('INSERT INTO state_meta (name, value) VALUES (?, ?) ON CONFLICT DO NOTHING')
  const getMeta = store.prepare('SELECT value FROM state_meta WHERE name = ?')
  const freeNode = store.prepare('SELECT node FROM state_node WHERE held = 0 LIMIT 1')
  const holdNode = store.prepare('INSERT INTO state_node (node, held) VALUES (?, 1) ON CONFLICT (node) DO UPDATE SET held = 1')
  const letNode = store.prepare('UPDATE state_node SET held = 0 WHERE node = ?')
  const putNamespace = store.prepare(
    `INSERT INTO state_namespace (namespace, access, readers, shared, version, fields) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (namespace) DO UPDATE SET access = excluded.access, readers = excluded.readers, shared = excluded.shared,
     version = excluded.version, fields = excluded.fields WHERE excluded.version >= version`,
  )
  const getNamespace = store.prepare('SELECT * FROM state_namespace WHERE namespace = ?')
  const getVersion = store.prepare('SELECT version FROM state_namespace WHERE namespace = ?')
  const putVersion = store.prepare('UPDATE state_namespace SET version = :version WHERE namespace = :namespace AND version < :version')
  const allNamespaces = store.prepare('SELECT * FROM state_namespace ORDER BY namespace')
  const getHeads = store.prepare('SELECT node, seq, stamp FROM state_head WHERE namespace = ?')
  const putHead = store.prepare(
    `INSERT INTO state_head (namespace, node, seq, stamp) VALUES (?, ?, ?, ?) ON CONFLICT (namespace, node)
     DO UPDATE SET seq = max(seq, excluded.seq), stamp = max(stamp, excluded.stamp)`,
  )
  const getSnapshots = store.prepare('SELECT shard, epoch, checksum, data FROM state_snapshot WHERE namespace = ? AND upto > ?')
  const putSnapshot = store.prepare(
    `INSERT INTO state_snapshot (namespace, shard, epoch, upto, checksum, data) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (namespace, shard) DO UPDATE SET epoch = excluded.epoch, upto = excluded.upto, checksum = excluded.checksum, data = excluded.data`,
  )
  const addFrame = store.prepare('INSERT INTO state_frame (namespace, node, seq, stamp, checksum, parts) VALUES (?, ?, ?, ?, ?, ?)')
  const getFrames = store.prepare(
    'SELECT id, node, seq, stamp, checksum, parts FROM state_frame WHERE namespace = ? AND id > ? ORDER BY id LIMIT 1000',
  )
  const cutFrames = store.prepare('DELETE FROM state_frame WHERE namespace = ? AND id <= ?')
  const getTip = store.prepare(
    `SELECT max((SELECT coalesce(max(id), 0) FROM state_frame WHERE namespace = :namespace),
     (SELECT coalesce(max(upto), 0) FROM state_snapshot WHERE namespace = :namespace)) AS id`,
  )
  const getSizes = store.prepare(
    `SELECT (SELECT count(*) FROM state_frame WHERE namespace = :namespace) AS frames,
     (SELECT coalesce(sum(length(parts)), 0) FROM state_frame WHERE namespace = :namespace) AS frameBytes,
     (SELECT coalesce(sum(length(data)), 0) FROM state_snapshot WHERE namespace = :namespace) AS snapshotBytes`,
  )

  const storeId = store.transact(() => {
    addMeta.run('store', newId())
    return getMeta.get<{ value: string }>('store')!.value
  })

  return {
    storeId,
    leaseNode(random) {
      return store.transact(() => {
        // Only a node that was closed in order is used again: one that crashed may have counted what nobody stored.
        const node =
          freeNode.get<{ node: string }>()?.node ??
          `n${Math.floor(random() * 36 ** 7)
            .toString(36)
            .padStart(7, '0')}`
        holdNode.run(node)
        return node
      })
    },
    releaseNode: (node) => void letNode.run(node),
    describe(definition) {
      const { namespace, access, readers, shared, version } = definition
      putNamespace.run(namespace, access, JSON.stringify(readers), shared ? 1 : 0, version, JSON.stringify(kindsOf(definition)))
    },
    described(namespace) {
      const row = getNamespace.get<NamespaceRow>(namespace)
      return row && parseNamespace(row)
    },
    version: (namespace) => getVersion.get<{ version: number }>(namespace)?.version ?? 0,
    raiseVersion: (namespace, version) => void putVersion.run({ namespace, version }),
    list: () => allNamespaces.all<NamespaceRow>().map((row) => parseNamespace(row)),
    heads(namespace) {
      const rows = getHeads.all<{ node: string; seq: number; stamp: number }>(namespace)
      return new Map(rows.map(({ node, seq, stamp }) => [node, { seq, stamp }]))
    },
    saveHead: (namespace, node, { seq, stamp }) => void putHead.run(namespace, node, seq, stamp),
    snapshots(namespace, after, onDamaged) {
      const rows = getSnapshots.all<Snapshot & { checksum: number }>(namespace, after)
      return rows.filter(({ shard, data, checksum: expected }) => {
        const isSound = checksum(data) === expected
        if (!isSound) onDamaged(shard)
        return isSound
      })
    },
    saveSnapshot: (namespace, { shard, epoch, data }, upto) => void putSnapshot.run(namespace, shard, epoch, upto, checksum(data), data),
    since(namespace, id) {
      const frames: LogFrame[] = []
      for (let from = id; ; ) {
        const page = getFrames.all<FrameRow>(namespace, from)
        for (const row of page) frames.push({ id: row.id, node: row.node, seq: row.seq, stamp: row.stamp, parts: partsOf(row) })
        if (page.length < 1_000) return frames
        from = page.at(-1)!.id
      }
    },
    append(namespace, { node, seq, stamp, parts }) {
      const bytes = encodeParts(parts)
      return addFrame.run(namespace, node, seq, stamp, checksum(bytes), bytes).lastInsertRowid
    },
    mark: (namespace) => addFrame.run(namespace, '', 0, 0, checksum(NO_PARTS), NO_PARTS).lastInsertRowid,
    cut: (namespace, upto) => void cutFrames.run(namespace, upto),
    tip: (namespace) => getTip.get<{ id: number }>({ namespace })!.id,
    sizes: (namespace) => getSizes.get<LogSizes>({ namespace })!,
  }
}

/** Kinds by field, which is what there is of a definition without its code. */
export function kindsOf({ fields }: StateDefinition): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(fields).map(([name, { kind }]) => [name, kind]))
}

const NO_PARTS = new Uint8Array()

function partsOf({ parts, checksum: expected }: FrameRow): Part[] | undefined {
  if (checksum(parts) !== expected) return undefined
  try {
    return decodeParts(parts)
  } catch {
    return undefined
  }
}

function parseNamespace({ namespace, access, readers, shared, version, fields }: NamespaceRow): StoredNamespace {
  return {
    namespace,
    access,
    readers: JSON.parse(readers) as string[],
    shared: shared === 1,
    version,
    fields: JSON.parse(fields) as Record<string, string>,
  }
}
