import type { Clock } from '@switchyard/contracts'
import type { Store } from '@switchyard/store'
import type { Health, LifeState } from './health.ts'

/** What the plugins of a workspace are to hear of the registry. */
export type RegistryNews =
  | {
      readonly type: 'registered' | 'updated'
      readonly plugin: string
      readonly version?: string
      readonly origin: 'files' | 'mcp'
      readonly source: string
      /** How many agents, skills, commands or tools. */
      readonly offers: number
      /** When it was seen, in ISO 8601. */
      readonly at: string
    }
  | { readonly type: 'unregistered'; readonly plugin: string; readonly at: string }
  | {
      readonly type: 'health'
      readonly plugin: string
      readonly from: LifeState
      readonly to: LifeState
      readonly reason?: string
      readonly at: string
    }

/** Hands news on; one that rejects is tried again. */
export type Teller = (news: RegistryNews) => Promise<void>

/** A plugin as it is, to be compared with what was told of it last. */
export interface Sighting {
  /** What it is called in all processes of the workspace. */
  readonly key: string
  readonly plugin: string
  /** What it is where nothing was told of it yet. */
  readonly from: LifeState
  readonly health: Health
}

/**
 * What is to be told, kept in the store from the change on until it is told: whichever process dies meanwhile, nothing is lost. What one was at that
 * died before it had noted so is told twice.
 */
export interface News {
  /** To be called in the transaction of the change itself. */
  add(news: RegistryNews): void
  /** Keeps to be told how plugins are, where that is other than what was told last. What is seen again, while nobody else can write, counts. */
  note(seen: readonly Sighting[], seeAgain: () => readonly Sighting[]): void
  /** Whoever comes by this name next is somebody else. */
  forget(key: string): void
  /** For a process that comes when nobody is there any more: what was told of how plugins are is long ago, and whoever heard it is gone. */
  forgetHealth(): void
  /** Tells what is to be told, in its order, unless another process is at it: that one goes on with what came meanwhile. */
  tell(): void
  /** Resolves when nothing is being told. */
  settled(): Promise<void>
}

interface Kept {
  readonly id: number
  readonly news: string
}

/** A claim that is older belongs to a process that died. Telling takes milliseconds. */
const CLAIM_MS = 10_000
const MAX_BATCH = 5_000

export function createNews(store: Store, clock: Clock, teller: string, tellOne: Teller): News {
  let isTelling = false
  let last: Promise<void> | undefined

  const news: News = {
    add: (one) => void store.prepare('INSERT INTO registry_news (news) VALUES (?)').run(JSON.stringify(one)),
    note(seen, seeAgain) {
      if (differences(seen).length === 0) return
      // Others may have looked and told meanwhile.
      store.transact(() => {
        const put = store.prepare('INSERT OR REPLACE INTO registry_health VALUES (?, ?)')
        for (const { key, plugin, from, health } of differences(seeAgain())) {
          const { state: to, reason } = health
          put.run(key, to)
          news.add({ type: 'health', plugin, from, to, ...(reason !== undefined && { reason }), at: new Date(clock.now()).toISOString() })
        }
      })
    },
    forget: (key) => void store.prepare('DELETE FROM registry_health WHERE plugin = ?').run(key),
    forgetHealth() {
      store.prepare('DELETE FROM registry_health').run()
      store.prepare(`DELETE FROM registry_news WHERE news ->> 'type' = 'health'`).run()
    },
    tell() {
      if (!isTelling) last = tellAll()
    },
    settled: async () => last,
  }
  return news

  /** Each with what was told of it. */
  function differences(sightings: readonly Sighting[]): Sighting[] {
    const rows = store.prepare('SELECT plugin, state FROM registry_health').all<{ plugin: string; state: LifeState }>()
    const told = new Map(rows.map(({ plugin, state }) => [plugin, state]))
    return sightings.flatMap((one) => {
      const from = told.get(one.key) ?? one.from
      return from === one.health.state ? [] : [{ ...one, from }]
    })
  }

  /** Never rejects: where the store is busy or gone, what is kept is told another time. */
  async function tellAll(): Promise<void> {
    isTelling = true
    try {
      for (let batch = claim(); batch.length > 0; batch = claim()) {
        const told = await tellEach(batch)
        settle(told)
        if (told.length < batch.length) return
      }
    } catch {
    } finally {
      isTelling = false
    }
  }

  async function tellEach(batch: readonly Kept[]): Promise<number[]> {
    const told: number[] = []
    const underWay: Promise<void>[] = []
    for (const { id, news: text } of batch) {
      const one = JSON.parse(text) as RegistryNews
      // What is durable waits for the disk, and what is not would overtake it.
      if (one.type === 'health') await Promise.all(underWay)
      const done = tellOne(one).then(
        () => void told.push(id),
        () => {},
      )
      underWay.push(done)
    }
    await Promise.all(underWay)
    return told
  }

  function settle(told: readonly number[]): void {
    store.transact(() => {
      const remove = store.prepare('DELETE FROM registry_news WHERE id = ?')
      for (const id of told) remove.run(id)
      store.prepare('UPDATE registry_news SET teller = NULL WHERE teller = ?').run(teller)
    })
  }

  function claim(): Kept[] {
    if (store.prepare('SELECT 1 FROM registry_news LIMIT 1').get() === undefined) return []
    const nowMs = Math.round(clock.now())
    return store.transact(() => {
      const other = store.prepare('SELECT 1 FROM registry_news WHERE teller <> ? AND abs(? - since_ms) < ? LIMIT 1')
      if (other.get(teller, nowMs, CLAIM_MS) !== undefined) return []
      const batch = store.prepare('SELECT id, news FROM registry_news ORDER BY id LIMIT ?').all<Kept>(MAX_BATCH)
      const take = store.prepare('UPDATE registry_news SET teller = ?, since_ms = ? WHERE id <= ?')
      take.run(teller, nowMs, batch.at(-1)?.id ?? 0)
      return batch
    })
  }
}
