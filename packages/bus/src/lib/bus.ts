import { systemClock } from '@switchyard/contracts'
import type { Bus, BusOptions, BusSnapshot } from './api.ts'
import { createBreakerTable } from './breaker-table.ts'
import { Client, type Parts } from './client.ts'
import { Core } from './core.ts'
import { busClosed, invalid } from './errors.ts'
import { Exchange } from './exchange.ts'
import { Guards } from './guards.ts'
import { Source } from './route.ts'
import type { StreamReader } from './stream-reader.ts'
import { Switchboard } from './switchboard.ts'

/** A bus for one process. Without options it keeps everything in memory and reaches nobody else. */
export function createBus(options: BusOptions = {}): Bus {
  const core = new Core(options, systemClock)
  const table = options.store === undefined ? undefined : createBreakerTable(options.store, (doing, error) => core.fault(doing, error))
  const guards = new Guards(core, options.guard, table)
  const exchange = new Exchange(core)
  const switchboard = new Switchboard(core, guards)
  const clients = new Set<Client>()
  const sources = new Map<string, Source>()
  const readers = new Set<StreamReader>()
  const parts: Parts = { core, exchange, switchboard, readers, closed: (client) => void clients.delete(client) }
  let closing: Promise<void> | undefined

  const isBusy = (): boolean => {
    if (switchboard.pending.size > 0 || readers.size > 0 || exchange.busy) return true
    for (const client of clients) {
      if (client.serving > 0) return true
      for (const mailbox of client.mailboxes) if (mailbox.busy) return true
    }
    return false
  }

  async function close(): Promise<void> {
    core.state = 'closed'
    const error = busClosed('go on')
    for (const client of clients) client.shut(error)
    exchange.close()
    guards.close()
    await table?.settled()
    core.stop()
  }

  return {
    connect(identity, { grant, observer = grant === undefined } = {}) {
      const refusal = core.refusal(`connect "${identity}"`, false)
      if (refusal !== undefined) throw refusal
      if (!isIdentity(identity)) {
        throw invalid('connect', `an identity is 1 to 100 characters without spaces, slashes, dots and "*": ${String(identity)}`)
      }
      let source = sources.get(identity)
      if (source === undefined) {
        source = new Source(identity)
        sources.set(identity, source)
      }
      const client = new Client(parts, source, grant, observer)
      clients.add(client)
      return client
    },
    on: (event, handler) => core.on(event, handler),
    snapshot: (): BusSnapshot => {
      const subscriptions = [...clients].flatMap((client) => [...client.mailboxes].map(({ counts }) => counts))
      let serving = 0
      for (const client of clients) serving += client.serving
      return {
        state: core.state,
        identities: [...new Set([...clients].map(({ identity }) => identity))],
        methods: switchboard.methods,
        subscriptions,
        pending: switchboard.pending.size,
        serving,
        published: core.published,
        delivered: subscriptions.reduce((sum, { delivered }) => sum + delivered, core.delivered),
        handlersFailed: core.handlersFailed,
        expired: core.expired,
        dropped: core.dropped,
        repliesDropped: core.repliesDropped,
        breakers: Object.fromEntries([...guards.all].map(({ name, breaker }) => [name, breaker.state])),
      }
    },
    ready: async () => {},
    durable: undefined,
    breaker: (name) => guards.get(name)?.breaker,
    async drain({ timeoutMs = 10_000 } = {}) {
      if (core.state === 'open') core.state = 'draining'
      return core.until(() => !isBusy(), timeoutMs)
    },
    close() {
      closing ??= close()
      return closing
    },
  }
}

function isIdentity(identity: unknown): identity is string {
  return typeof identity === 'string' && identity.length <= 100 && /^[^\s/.*]+$/.test(identity)
}
