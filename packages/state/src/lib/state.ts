import type { BusClient } from '@switchyard/bus'
import { systemClock } from '@switchyard/contracts'
import type { PluginState, StateChange, StateDefinition, StateHandles } from '@switchyard/plugin-kit'
import { createAccess, ownerOf, type Rules } from './access.ts'
import type { CompactReport, State, StateEvents, StateOptions } from './api.ts'
import { stateClosed, stateDenied, stateNewer, stateUnknown } from './errors.ts'
import { createHandles } from './handles.ts'
import { createHistory, type NewRecord } from './history.ts'
import { createLocks } from './locks.ts'
import { createStateLog, kindsOf } from './log.ts'
import { Namespace } from './namespace.ts'
import { readField } from './read-field.ts'
import type { Room } from './room.ts'
import { createStampClock } from './stamp.ts'

/** How often everybody is asked for what was missed although nothing after it came. */
const ASK_EVERY_MS = 10_000

/**
 * Opens this process's share of the state.
 * @throws the STORE_ codes
 */
export function createState(options: StateOptions): State {
  const { bus, store, clock = systemClock, random = Math.random, definitions = [], imports = {}, operators = [] } = options
  const { durable = false, followMs = 250, historyCount = 100_000 } = options
  const log = createStateLog(store, random)
  const history = createHistory(store)
  const locks = createLocks(store, clock)
  const access = createAccess(imports, operators)
  const node = log.leaseNode(random)
  const known = new Map<string, StateDefinition>(definitions.map((definition) => [definition.namespace, definition]))
  const open = new Map<string, Namespace>()
  const clients = new Map<string, BusClient>()
  const listeners: { [name in keyof StateEvents]?: Set<(event: never) => void> } = {}
  let closing: Promise<void> | undefined
  let askedMs = clock.monotonicMs()

  const room: Room = {
    store,
    log,
    history,
    locks,
    access,
    clock,
    stamps: createStampClock(clock.now),
    node,
    durable,
    historyCount,
    client(plugin) {
      let client = clients.get(plugin)
      if (client === undefined) {
        client = bus.connect(plugin)
        clients.set(plugin, client)
      }
      return client
    },
    emit,
    record(record) {
      store
        .commit(() => history.add(record))
        .catch((error) => emit('fault', { error, doing: `recording that "${record.namespace}" was ${record.kind}` }))
    },
  }
  const offLinkLost = bus.on('link-lost', () => askAll())
  let offTick = clock.after(followMs, tick)

  function emit<name extends keyof StateEvents>(event: name, value: StateEvents[name]): void {
    for (const listener of listeners[event] ?? []) {
      try {
        listener(value as never)
      } catch {
        // A listener's failure is its own.
      }
    }
  }

  function askAll(): void {
    for (const namespace of open.values()) namespace.ask()
  }

  /** Asks once the others know that this process listens: what they send before that never comes here. */
  function meet(namespace: Namespace): void {
    const met = async (): Promise<void> => {
      await bus.ready()
      if (closing !== undefined) return
      await namespace.catchUp()
      namespace.ask()
    }
    met().catch((error) => {
      if (closing === undefined) emit('fault', { error, doing: `meeting others of "${namespace.definition.namespace}"` })
    })
  }

  function tick(): void {
    if (closing !== undefined) return
    for (const namespace of open.values()) {
      Promise.all([namespace.catchUp(), namespace.expire()]).catch((error) =>
        emit('fault', { error, doing: `keeping "${namespace.definition.namespace}" in step` }),
      )
    }
    if (clock.monotonicMs() - askedMs >= ASK_EVERY_MS) {
      askedMs = clock.monotonicMs()
      askAll()
    }
    offTick = clock.after(followMs, tick)
  }

  /** Of its owner where that is known here or was, otherwise as whoever opens it believes. */
  function rulesOf(plugin: string, namespace: string, given: StateDefinition | undefined): Rules {
    const rules =
      (given !== undefined && ownerOf(namespace) === plugin ? given : undefined) ??
      known.get(namespace) ??
      log.described(namespace) ??
      given
    if (rules === undefined) throw stateUnknown(namespace)
    return rules
  }

  function deny(who: string, action: 'read' | 'write' | 'lock', namespace: string, reason: string): Error {
    const record: NewRecord = { kind: 'denied', namespace, atMs: clock.now(), who, node, reason: `${action}: ${reason}` }
    room.record({ ...record, once: ['denied', namespace, who, action, reason, Math.floor(record.atMs / 60_000)].join('|') })
    return stateDenied(who, action, namespace, reason)
  }

  /** @throws STATE_DENIED, STATE_UNKNOWN, STATE_NEWER */
  function enter(plugin: string, wanted: string | StateDefinition): Namespace {
    if (closing !== undefined) throw stateClosed(typeof wanted === 'string' ? wanted : wanted.namespace)
    const given = typeof wanted === 'string' ? undefined : wanted
    const name = typeof wanted === 'string' ? wanted : wanted.namespace
    const rules = rulesOf(plugin, name, given)
    const denial = access.mayRead(plugin, rules)
    if (denial !== undefined) throw deny(plugin, 'read', name, denial)
    let namespace = open.get(name)
    if (namespace === undefined) {
      const definition = known.get(name) ?? given
      if (definition === undefined) throw stateUnknown(name)
      const stored = log.described(name)
      if (stored !== undefined && stored.version > definition.version) throw stateNewer('open', name, definition.version, stored.version)
      if (known.has(name) || ownerOf(name) === plugin) store.transact(() => log.describe(definition))
      namespace = new Namespace(room, { ...definition, ...rulesFrom(rules) })
      open.set(name, namespace)
    }
    namespace.join(plugin)
    return namespace
  }

  async function openFor(plugin: string, wanted: string | StateDefinition, why: () => string | undefined): Promise<never> {
    const namespace = enter(plugin, wanted)
    await namespace.catchUp()
    meet(namespace)
    const { definition } = namespace
    const denial = access.mayWrite(plugin, definition)
    const assertWriter = (): void => {
      if (closing !== undefined) throw stateClosed(definition.namespace)
      if (denial !== undefined) throw deny(plugin, 'write', definition.namespace, denial)
    }
    return createHandles(definition, { namespace, plugin, nowMs: clock.now, assertWriter, why }) as StateHandles<never> as never
  }

  function connect(plugin: string, { why = () => undefined }: { why?: () => string | undefined } = {}): PluginState {
    return {
      open: (wanted: string | StateDefinition) => openFor(plugin, wanted, why),
      async watch(wanted, listener: (change: StateChange) => void) {
        const namespace = enter(plugin, wanted)
        await namespace.catchUp()
        meet(namespace)
        return namespace.watch(listener)
      },
      async lock(name, options = {}) {
        if (closing !== undefined) throw stateClosed(name)
        const owner = ownerOf(name)
        if (owner !== plugin && owner !== 'shared' && !operators.includes(plugin)) {
          throw deny(plugin, 'lock', name, 'a lock is named after its plugin, or "shared/..."')
        }
        return locks.take(name, options.holder === undefined ? plugin : `${plugin}/${options.holder}`, options)
      },
    }
  }

  async function compact(): Promise<CompactReport> {
    const bytes = (): number => log.list().reduce((sum, { namespace }) => sum + bytesOf(namespace), 0)
    const bytesBefore = bytes()
    let rotated = 0
    for (const namespace of open.values()) rotated += await namespace.compact()
    const prunedRecords = await store.commit(() => history.prune(historyCount))
    return { bytesBefore, bytesAfter: bytes(), rotated, prunedRecords }
  }

  /** Kinds by field, as far as they are known. */
  function fieldsOf(namespace: string): Readonly<Record<string, string>> {
    const definition = known.get(namespace)
    return definition === undefined ? (log.described(namespace)?.fields ?? {}) : kindsOf(definition)
  }

  function bytesOf(namespace: string): number {
    const { frameBytes, snapshotBytes } = log.sizes(namespace)
    return frameBytes + snapshotBytes
  }

  async function close(): Promise<void> {
    offTick()
    offLinkLost()
    try {
      for (const namespace of open.values()) await namespace.close()
      for (const client of clients.values()) await client.close()
    } finally {
      log.releaseNode(node)
    }
  }

  return {
    connect,
    list: () => {
      const fresh = [...known.values()].filter(({ namespace }) => log.described(namespace) === undefined)
      const all = [...log.list(), ...fresh.map((definition) => ({ ...definition, fields: kindsOf(definition) }))]
      all.sort((a, b) => (a.namespace < b.namespace ? -1 : 1))
      return all.map(({ namespace, access, shared, version, fields }) => {
        return { namespace, owner: ownerOf(namespace), access, shared, version, fields, bytes: bytesOf(namespace) }
      })
    },
    async read(reader, name) {
      const namespace = enter(reader, name)
      await namespace.catchUp()
      namespace.reads++
      const { replica } = namespace
      return Object.fromEntries([...replica.views].map(([field, view]) => [field, readField(replica, view, undefined, clock.now())]))
    },
    uses: () => Array.from(open, ([namespace, { reads, writes }]) => ({ namespace, reads, writes })),
    history: (filter = {}) => history.find(filter),
    // In a transaction, as another process may prune between two pages.
    at: (namespace, atMs) => store.transact(() => history.at(namespace, atMs, fieldsOf(namespace))),
    verify: () => store.transact(() => history.verify()),
    compact,
    on(event, listener) {
      const add = listener as (event: never) => void
      listeners[event] ??= new Set()
      listeners[event].add(add)
      return () => void listeners[event]?.delete(add)
    },
    close() {
      closing ??= close()
      return closing
    },
  }
}

function rulesFrom({ access, readers, shared }: Rules): Pick<Rules, 'access' | 'readers' | 'shared'> {
  return { access, readers, shared }
}
