import { type SwitchyardError, systemClock } from '@switchyard/contracts'
import type { BreakerChange } from '@switchyard/resilience'
import type { Bus, BusOptions, BusSnapshot } from './api.ts'
import { createBreakerTable } from './breaker-table.ts'
import { Client, type Parts } from './client.ts'
import { Core } from './core.ts'
import { durably, openLog } from './durable-topics.ts'
import { busClosed, invalid } from './errors.ts'
import { Exchange } from './exchange.ts'
import { EVERYTHING } from './grant.ts'
import { Guards } from './guards.ts'
import { Remote } from './remote.ts'
import { Source } from './route.ts'
import type { StreamReader } from './stream-reader.ts'
import { pluginOf, Switchboard } from './switchboard.ts'

/** In whose name the bus itself speaks. */
const ITSELF = 'bus'

/** A bus for one process. Without options it keeps everything in memory and reaches nobody else. */
export function createBus(options: BusOptions = {}): Bus {
  const core = new Core(options, systemClock)
  const table = options.store === undefined ? undefined : createBreakerTable(options.store, (doing, error) => core.fault(doing, error))
  const guards = new Guards(core, options.guard, table)
  const exchange = new Exchange(core)
  const switchboard = new Switchboard(core, guards)
  const remote = options.link === undefined ? undefined : new Remote(core, options.link, exchange, switchboard)
  const clients = new Set<Client>()
  const sources = new Map<string, Source>()
  const readers = new Set<StreamReader>()
  const log = openLog(core, options, (letter) => {
    core.emit('dead-letter', letter)
    const { id, reason, subscription, topic, source, error } = letter
    say('system/dead-letter', { id, reason, subscription, topic, source, error: { code: error.code, message: error.message } })
  })
  const parts: Parts = { core, exchange, switchboard, readers, remote, log, closed: (client) => void clients.delete(client) }
  let closing: Promise<void> | undefined

  switchboard.elsewhere = remote
  exchange.outward = remote
  remote?.join(ITSELF, EVERYTHING)
  if (log !== undefined) {
    exchange.durable = durably(log)
    core.receiveOnce = (receipt, work) => log.receiveOnce(receipt, work)
    if (remote !== undefined) remote.onTopic = (topic) => (log.isDurable(topic) ? log.wake() : undefined)
  }
  core.on('breaker', (change) => say(`plugin/${pluginOf(change.name)}/circuit-breaker`, announcement(change)))

  /** An event of the bus itself, for whoever listens. */
  function say(topic: string, payload: unknown): void {
    if (core.state === 'closed') return
    try {
      exchange
        .publish(sourceOf(ITSELF), undefined, topic, payload, undefined)
        .catch((error: unknown) => core.fault(`publish to "${topic}"`, error))
    } catch (error) {
      core.fault(`publish to "${topic}"`, error)
    }
  }

  function sourceOf(identity: string): Source {
    let source = sources.get(identity)
    if (source === undefined) {
      source = new Source(identity)
      sources.set(identity, source)
    }
    return source
  }

  const isBusy = (): boolean => {
    if (switchboard.pending.size > 0 || readers.size > 0 || exchange.busy || (remote?.serving ?? 0) > 0) return true
    for (const client of clients) {
      if (client.serving > 0) return true
      for (const mailbox of client.mailboxes) if (mailbox.busy) return true
    }
    return false
  }

  async function close(): Promise<void> {
    core.state = 'closed'
    const error: SwitchyardError = busClosed('go on')
    for (const call of switchboard.pending.toArray()) call.stop(error)
    for (const reader of readers) reader.stop(error)
    for (const client of clients) client.shut(error)
    exchange.close()
    guards.close()
    await log?.close(0)
    await remote?.close()
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
      if (identity === ITSELF) throw invalid('connect', `"${ITSELF}" must stay the name in which the bus itself speaks`)
      const client = new Client(parts, sourceOf(identity), grant, observer)
      clients.add(client)
      remote?.join(identity, grant ?? EVERYTHING)
      return client
    },
    on: (event, handler) => core.on(event, handler),
    snapshot(): BusSnapshot {
      const subscriptions = [...clients].flatMap((client) => [...client.mailboxes].map(({ counts }) => counts))
      return {
        state: core.state,
        identities: [...new Set([...clients].map(({ identity }) => identity))],
        methods: switchboard.methods,
        subscriptions,
        pending: switchboard.pending.size,
        serving: [...clients].reduce((sum, { serving }) => sum + serving, 0),
        published: core.published,
        delivered: subscriptions.reduce((sum, { delivered }) => sum + delivered, core.delivered),
        handlersFailed: core.handlersFailed,
        expired: core.expired,
        dropped: core.dropped,
        repliesDropped: core.repliesDropped,
        deduplicated: core.deduplicated,
        breakers: Object.fromEntries([...guards.all].map(({ name, breaker }) => [name, breaker.state])),
        caches: Object.fromEntries([...guards.all].flatMap(({ name, cached }) => (cached === undefined ? [] : [[name, cached]]))),
      }
    },
    ready: async () => remote?.ready(),
    durable: log,
    breaker: (name) => guards.get(name)?.breaker,
    breakers: () => table?.list() ?? [...guards.all].map(({ name, breaker }) => ({ name, snapshot: breaker.snapshot(), changes: [] })),
    async drain({ timeoutMs = 10_000 } = {}) {
      if (core.state === 'open') core.state = 'draining'
      const [isIdle, isLogIdle = true] = await Promise.all([core.until(() => !isBusy(), timeoutMs), log?.drain(timeoutMs)])
      return isIdle && isLogIdle
    },
    close() {
      closing ??= close()
      return closing
    },
  }
}

function announcement({ from, to, reason, at, openMs, errorCode }: BreakerChange): Record<string, unknown> {
  return {
    state: to,
    from,
    reason,
    timestamp: new Date(at).toISOString(),
    ...(openMs !== undefined && { openMs }),
    ...(errorCode !== undefined && { errorCode }),
  }
}

function isIdentity(identity: unknown): identity is string {
  return typeof identity === 'string' && identity.length <= 100 && /^[^\s/.*]+$/.test(identity)
}
