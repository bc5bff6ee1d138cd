import type { Bus } from '@switchyard/bus'
import type { Clock } from '@switchyard/contracts'
import type { PluginState, StateDefinition } from '@switchyard/plugin-kit'
import type { Store } from '@switchyard/store'

export interface StateOptions {
  bus: Bus
  store: Store
  /** @default systemClock */
  clock?: Clock
  /** In [0, 1); for ids. @default Math.random */
  random?: () => number
  /** Every namespace that the plugins of this process declare. */
  definitions?: readonly StateDefinition[]
  /** Which namespaces of others a plugin reads, by plugin. */
  imports?: Readonly<Record<string, readonly string[]>>
  /** Identities that may read and write everything, such as the person at the terminal. @default none */
  operators?: readonly string[]
  /** True: a write is on disk before it is acknowledged. False: it survives `kill -9`, not power loss. @default false */
  durable?: boolean
  /** Changes of other processes that did not come over the bus are looked for this often. @default 250 */
  followMs?: number
  /** Records of the history that stay when it is pruned. @default 100_000 */
  historyCount?: number
}

/** One process's share of the state of a workspace. */
export interface State {
  /** The handle of a plugin; its identity decides what it may read and write. `why` is asked for a write that gives no correlation id. */
  connect(plugin: string, options?: { why?: () => string | undefined }): PluginState
  /** Every namespace that the store knows or a plugin here defines, in alphabetical order. */
  list(): readonly NamespaceSummary[]
  /** What can be read now in a namespace, as plain data by field. @throws STATE_UNKNOWN, STATE_DENIED */
  read(reader: string, namespace: string): Promise<Readonly<Record<string, unknown>>>
  /** What the plugins of this process did with the namespaces that are open here. */
  uses(): readonly NamespaceUse[]
  /** Changes, refusals and conflicts, newest first. */
  history(filter?: HistoryFilter): readonly HistoryRecord[]
  /** What could be read at a time, as far back as the history goes. @throws STATE_HISTORY */
  at(namespace: string, atMs: number): Readonly<Record<string, unknown>>
  /** Recomputes the chain of hashes over the history. */
  verify(): VerifyReport
  /** Turns the log into snapshots, moves documents full of removed keys to a new epoch, and prunes the history. */
  compact(): Promise<CompactReport>
  /** The returned function ends it; what a listener throws is dropped. */
  on<name extends keyof StateEvents>(event: name, listener: (event: StateEvents[name]) => void): () => void
  /** Acknowledges what is under way, then lets go of everything. Closing twice is fine. */
  close(): Promise<void>
}

export interface NamespaceSummary {
  readonly namespace: string
  readonly owner: string
  readonly access: StateDefinition['access']
  readonly shared: boolean
  readonly version: number
  /** Field name to kind. */
  readonly fields: Readonly<Record<string, string>>
  /** What its snapshots and log take in the store. */
  readonly bytes: number
}

export interface NamespaceUse {
  readonly namespace: string
  readonly reads: number
  readonly writes: number
}

export interface HistoryFilter {
  namespace?: string
  field?: string
  key?: string
  kind?: HistoryRecord['kind']
  /** @default 100 */
  limit?: number
}

/** One line of the history. */
export interface HistoryRecord {
  readonly id: number
  readonly kind: 'change' | 'conflict' | 'denied' | 'refused'
  readonly namespace: string
  readonly atMs: number
  /** The plugin that wrote, or tried to. */
  readonly who: string
  /** The replica: one process's copy. */
  readonly node: string
  readonly correlationId: string | undefined
  readonly changes: readonly HistoryChange[]
  /** Of a refusal, or a denial: why, for people. */
  readonly reason: string | undefined
  readonly conflict: StateConflict | undefined
}

/** What one write did to one key. */
export interface HistoryChange {
  readonly field: string
  /** Of a map, or a set's element as canonical JSON; absent for others. */
  readonly key?: string
  readonly op: 'set' | 'delete' | 'expire' | 'add' | 'remove' | 'increment' | 'decrement' | 'insert' | 'cut'
  readonly value?: unknown
  /** The version that it wrote, as `versioned` gives it. */
  readonly version?: string
  readonly expiresMs?: number
  /** SHA-256 of the canonical JSON before and after, shortened to 16 digits; absent where there was nothing. */
  readonly before?: string
  readonly after?: string
}

/** Two writes of one key, neither of which knew the other. */
export interface StateConflict {
  readonly namespace: string
  readonly field: string
  readonly key: string | undefined
  readonly winner: ConflictSide
  readonly loser: ConflictSide
}

export interface ConflictSide {
  readonly value: unknown
  readonly writer: string
  readonly version: string
}

export interface VerifyReport {
  readonly sound: boolean
  readonly records: number
  /** The last hash: note it elsewhere to notice a history that was rewritten as a whole. */
  readonly head: string
  /** The first record that does not fit, for people. */
  readonly problem: string | undefined
}

export interface CompactReport {
  readonly bytesBefore: number
  readonly bytesAfter: number
  /** Documents that moved to a new epoch. */
  readonly rotated: number
  readonly prunedRecords: number
}

export interface StateEvents {
  conflict: StateConflict
  /** A change of somebody else was not taken. */
  refused: { readonly namespace: string; readonly from: string; readonly reason: string }
  /** A change of somebody else was merged. */
  merged: {
    readonly namespace: string
    readonly from: string
    readonly node: string
    readonly correlationId: string | undefined
    readonly tookMs: number
  }
  /** A change was lost on the way and is being asked for. */
  gap: { readonly namespace: string; readonly node: string }
  /** Something that has no caller to tell failed. */
  fault: { readonly error: unknown; readonly doing: string }
}
