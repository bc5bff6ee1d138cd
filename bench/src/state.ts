import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { applyChanges, change, from, getLastLocalChange, init } from '@automerge/automerge'
import { createBus } from '@switchyard/bus'
import { crdt, defineState, type StateHandles } from '@switchyard/plugin-kit'
import { createState } from '@switchyard/state'
import { createStampClock, type Frame, Replica } from '@switchyard/state/testing'
import { openStore } from '@switchyard/store'
import { LoroDoc } from 'loro-crdt'
import { applyUpdate, Doc, encodeStateAsUpdate, encodeStateAsUpdateV2 } from 'yjs'
import { z } from 'zod'
import { type BenchCase, limitCase } from './lib/bench.ts'

const definition = defineState('bench/facts', { access: 'public', fields: { facts: crdt.map(z.number()) } })

type Handles = StateHandles<typeof definition.fields>

const keys = Array.from({ length: 1_000 }, (_, n) => `service-${n}`)

/** A state with the namespace open, in memory or on disk. */
async function openState(path: string, durable = false) {
  const store = openStore({ path })
  const bus = createBus()
  const state = createState({ bus, store, definitions: [definition], durable })
  const handles = await state.connect('bench').open(definition)
  const close = async (): Promise<void> => {
    await state.close()
    await bus.close()
    store.close()
  }
  return { state, store, handles, close }
}

function cpuNs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) * 1_000
}

/** Processor time an operation. */
async function cpuPerOp(operations: number, work: () => unknown): Promise<number> {
  const start = cpuNs()
  await work()
  return (cpuNs() - start) / operations
}

/** The 95th percentile of the time that each takes, in ms. */
function p95(works: readonly (() => void)[]): number {
  const times = works.map((work) => {
    const start = performance.now()
    work()
    return performance.now() - start
  })
  return times.sort((a, b) => a - b)[Math.floor(times.length * 0.95)]!
}

const MERGES = 300

/** Each call merges that many changes of one key each, made by somebody else than whoever wrote the entries. */
interface Merger {
  merges(count: number): (() => void)[]
}

function ourMerger(entries: number): Merger {
  const replica = (node: string): Replica =>
    new Replica({ definition, node, stamps: createStampClock(Date.now), nowMs: Date.now, carrier: () => undefined })
  const [creator, source, target] = [replica('creator'), replica('source'), replica('target')]
  const author = { writer: 'bench', correlationId: undefined }
  const facts = source.views.get('facts')!
  const framesOf = (replica: Replica): Frame[] => {
    replica.settle()
    return replica.outbox.splice(0).map(({ frame }) => frame)
  }
  const created = creator.views.get('facts')!
  for (let n = 0; n < entries; n++) creator.put(created, `key-${n}`, n, author)
  for (const frame of framesOf(creator)) for (const other of [source, target]) other.merge(frame)
  let next = 0
  return {
    merges: (count) =>
      Array.from({ length: count }, () => {
        source.put(facts, `key-${(next++ * 7_919) % entries}`, next, author)
        const [frame] = framesOf(source)
        return () => {
          if (target.merge(frame!).outcome !== 'merged') throw new Error('a frame was not merged')
        }
      }),
  }
}

function yjsMerger(entries: number): Merger {
  const [creator, source, target] = [new Doc(), new Doc(), new Doc()]
  creator.transact(() => {
    for (let n = 0; n < entries; n++) creator.getMap('facts').set(`key-${n}`, n)
  })
  for (const other of [source, target]) applyUpdate(other, encodeStateAsUpdate(creator))
  const map = source.getMap<number>('facts')
  target.getMap('facts')
  let update: Uint8Array = new Uint8Array()
  source.on('update', (bytes: Uint8Array) => {
    update = bytes
  })
  let next = 0
  return {
    merges: (count) =>
      Array.from({ length: count }, () => {
        map.set(`key-${(next++ * 7_919) % entries}`, next)
        const bytes = update
        return () => applyUpdate(target, bytes)
      }),
  }
}

function loroMerger(entries: number): Merger {
  const [creator, source, target] = [new LoroDoc(), new LoroDoc(), new LoroDoc()]
  for (let n = 0; n < entries; n++) creator.getMap('facts').set(`key-${n}`, n)
  creator.commit()
  for (const other of [source, target]) other.import(creator.export({ mode: 'snapshot' }))
  const map = source.getMap('facts')
  let next = 0
  return {
    merges: (count) =>
      Array.from({ length: count }, () => {
        const before = source.version()
        map.set(`key-${(next++ * 7_919) % entries}`, next)
        source.commit()
        const bytes = source.export({ mode: 'update', from: before })
        return () => void target.import(bytes)
      }),
  }
}

function automergeMerger(entries: number): Merger {
  type Facts = { facts: Record<string, number> }
  const creator = from<Facts>({ facts: Object.fromEntries(Array.from({ length: entries }, (_, n) => [`key-${n}`, n])) })
  const created = [getLastLocalChange(creator)!]
  let [source] = applyChanges(init<Facts>(), created)
  let [target] = applyChanges(init<Facts>(), created)
  let next = 0
  return {
    merges: (count) =>
      Array.from({ length: count }, () => {
        source = change(source, (draft) => {
          draft.facts[`key-${(next++ * 7_919) % entries}`] = next
        })
        const bytes = getLastLocalChange(source)!
        return () => {
          ;[target] = applyChanges(target, [bytes])
        }
      }),
  }
}

const mergeLimit = (entries: number, allowed: number): BenchCase =>
  limitCase({
    case: `merge of one remote change at ${entries.toLocaleString('en-US')} entries, p95`,
    unit: 'ms',
    allowed,
    async setup() {
      const merger = ourMerger(entries)
      return { measure: async () => p95(merger.merges(MERGES)), close: async () => {} }
    },
  })

/** How we stand beside a peer: shown, and held to nothing. */
const mergeBeside = (entries: number, peerName: string, peer: (entries: number) => Merger, count = MERGES): BenchCase => ({
  case: `merge at ${entries.toLocaleString('en-US')} entries beside ${peerName}, p95`,
  unit: 'ms',
  peerName,
  floor: 0,
  better: 'lower',
  async setup() {
    const [ours, theirs] = [ourMerger(entries), peer(entries)]
    return { ours: async () => p95(ours.merges(count)), peer: async () => p95(theirs.merges(count)), close: async () => {} }
  },
})

const SETS = 20_000

/** The keys in turn, a thousand writes a turn of the event loop. */
async function setAll({ facts }: Handles): Promise<void> {
  for (let n = 0; n < SETS; ) {
    let last: Promise<void> | undefined
    for (const key of keys) last = facts.set(key, n++)
    await last
  }
}

function rawMap(): { doc: Doc; map: ReturnType<Doc['getMap']> } {
  const doc = new Doc()
  return { doc, map: doc.getMap('facts') }
}

const localSet: BenchCase = {
  case: 'typed local set, acknowledged and recorded',
  unit: 'ns cpu',
  peerName: 'raw Y.Map.set',
  floor: 0.4,
  better: 'lower',
  async setup() {
    const { handles, close } = await openState(':memory:')
    const { map } = rawMap()
    return {
      ours: () => cpuPerOp(SETS, () => setAll(handles)),
      peer: () =>
        cpuPerOp(SETS, () => {
          for (let n = 0; n < SETS; ) for (const key of keys) map.set(key, n++)
        }),
      close,
    }
  },
}

const GETS = 2_000_000

const localGet: BenchCase = {
  case: 'typed local get',
  unit: 'ns cpu',
  peerName: 'raw Y.Map.get',
  floor: 0.4,
  better: 'lower',
  async setup() {
    const { handles, close } = await openState(':memory:')
    const { doc, map } = rawMap()
    await setAll(handles)
    doc.transact(() => {
      for (const key of keys) map.set(key, 1)
    })
    const getAll = (get: (key: string) => unknown) => () => {
      let found = 0
      for (let n = 0; n < GETS; ) for (const key of keys) if (n++ < GETS && get(key) !== undefined) found++
      if (found !== GETS) throw new Error('a value was not there')
    }
    const { facts } = handles
    return {
      ours: () =>
        cpuPerOp(
          GETS,
          getAll((key) => facts.get(key)),
        ),
      peer: () =>
        cpuPerOp(
          GETS,
          getAll((key) => map.get(key)),
        ),
      close,
    }
  },
}

const LIVE = 100_000

const load: BenchCase = {
  case: 'load of 100,000 live entries from the store',
  unit: 'ms cpu',
  peerName: 'raw applyUpdate',
  floor: 1 / 1.5,
  better: 'lower',
  async setup() {
    const folder = mkdtempSync(join(tmpdir(), 'switchyard-bench-'))
    const path = join(folder, 'yard.db')
    const { state, handles, close } = await openState(path)
    const { doc, map } = rawMap()
    for (let n = 0; n < LIVE; n++) void handles.facts.set(`key-${n}`, n)
    doc.transact(() => {
      for (let n = 0; n < LIVE; n++) map.set(`key-${n}`, n)
    })
    await state.compact()
    await close()
    const update = encodeStateAsUpdate(doc)
    return {
      async ours() {
        const start = cpuNs()
        const { handles, close } = await openState(path)
        const ms = (cpuNs() - start) / 1e6
        if (handles.facts.size !== LIVE) throw new Error('not all were loaded')
        await close()
        return ms
      },
      async peer() {
        const start = cpuNs()
        const fresh = new Doc()
        applyUpdate(fresh, update)
        return (cpuNs() - start) / 1e6
      },
      close: async () => rmSync(folder, { recursive: true, force: true }),
    }
  },
}

const disk: BenchCase = limitCase({
  case: 'documents on disk after 100,000 overwrites on 100 keys, compacted',
  unit: 'x the live snapshot',
  allowed: 2,
  async setup() {
    return {
      async measure() {
        const { state, store, handles, close } = await openState(':memory:')
        for (let n = 0; n < 100_000; n++) {
          const done = handles.facts.set(keys[n % 100]!, n)
          if (n % 1_000 === 999) await done
        }
        await state.compact()
        const live = await openState(':memory:')
        for (const [key, value] of handles.facts.entries()) void live.handles.facts.set(key, value)
        await live.state.compact()
        const bytes = (from: typeof store): number =>
          from.prepare('SELECT sum(length(data)) AS bytes FROM state_snapshot').get<{ bytes: number }>()!.bytes
        const log = state.list()[0]!.bytes
        const ratio = log / bytes(live.store)
        await live.close()
        await close()
        return ratio
      },
      close: async () => {},
    }
  },
})

/** Keys that come and go: raw yjs keeps an item for each, ours moves to a new epoch. */
const removedKeys: BenchCase = {
  case: 'documents on disk after 20,000 keys were set and deleted and 100 stayed',
  unit: 'bytes',
  peerName: 'raw yjs V2',
  floor: 1,
  better: 'lower',
  async setup() {
    return {
      async ours() {
        const { state, handles, close } = await openState(':memory:')
        for (let n = 0; n < 20_000; n++) void handles.facts.set(`key-${n}`, n)
        await handles.facts.set('last', 1)
        for (let n = 100; n < 20_000; n++) void handles.facts.delete(`key-${n}`)
        await handles.facts.set('last', 2)
        await state.compact()
        const { bytes } = state.list()[0]!
        await close()
        return bytes
      },
      async peer() {
        const { doc, map } = rawMap()
        for (let n = 0; n < 20_000; n++) map.set(`key-${n}`, n)
        for (let n = 100; n < 20_000; n++) map.delete(`key-${n}`)
        return encodeStateAsUpdateV2(doc).length
      },
      close: async () => {},
    }
  },
}

const writers: BenchCase = {
  case: '64 writers, each change on disk before it is acknowledged',
  unit: '1/s',
  peerName: 'limit',
  floor: 1,
  better: 'higher',
  async setup() {
    const folder = mkdtempSync(join(tmpdir(), 'switchyard-bench-'))
    const { handles, close } = await openState(join(folder, 'yard.db'), true)
    const EACH = 150
    return {
      async ours() {
        const start = performance.now()
        const write = async (writer: number): Promise<void> => {
          for (let n = 0; n < EACH; n++) await handles.facts.set(`writer-${writer}`, n)
        }
        await Promise.all(Array.from({ length: 64 }, (_, writer) => write(writer)))
        return (64 * EACH * 1_000) / (performance.now() - start)
      },
      peer: async () => 10_000,
      async close() {
        await close()
        rmSync(folder, { recursive: true, force: true })
      },
    }
  },
}

/** What sharding, stamps and writers cost beside a document of yjs that holds the values alone. */
const snapshotSize: BenchCase = {
  case: 'snapshot of 10,000 live entries beside a raw V2 update',
  unit: 'bytes',
  peerName: 'raw yjs V2',
  floor: 0,
  better: 'lower',
  async setup() {
    const { state, handles, close } = await openState(':memory:')
    const { doc, map } = rawMap()
    for (let n = 0; n < 10_000; n++) void handles.facts.set(`key-${n}`, n)
    doc.transact(() => {
      for (let n = 0; n < 10_000; n++) map.set(`key-${n}`, n)
    })
    await state.compact()
    return { ours: async () => state.list()[0]!.bytes, peer: async () => encodeStateAsUpdateV2(doc).length, close }
  },
}

export const stateCases: readonly BenchCase[] = [
  localSet,
  localGet,
  mergeLimit(10_000, 0.3),
  mergeLimit(100_000, 0.5),
  mergeBeside(10_000, 'raw yjs', yjsMerger),
  mergeBeside(10_000, 'loro', loroMerger),
  mergeBeside(10_000, 'automerge', automergeMerger, 30),
  mergeBeside(100_000, 'raw yjs', yjsMerger),
  mergeBeside(100_000, 'loro', loroMerger),
  load,
  disk,
  removedKeys,
  writers,
  snapshotSize,
]
