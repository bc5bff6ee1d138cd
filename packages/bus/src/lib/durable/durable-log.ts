import { isTopicPattern, systemClock } from '@switchyard/contracts'
import type { DurableLog, DurableLogOptions, DurableStats, PruneReport, SubscriptionStats } from '../durable.ts'
import { createAppender } from './appender.ts'
import { createDeadLetterBox } from './dead-letter-box.ts'
import { checkSubscription, duplicateSubscription, invalidRule, logClosed, messageExpired } from './errors.ts'
import { createPresence } from './presence.ts'
import { createOnceReceiver } from './receive-once.ts'
import { replayLog } from './replay.ts'
import { createRetention } from './retention.ts'
import { createStreams } from './streams.ts'
import { createSubscription, type RunningSubscription } from './subscription.ts'
import { openTables } from './tables.ts'
import { createTopicMatcher } from './topic-pattern.ts'

const PRUNE_EVERY_MS = 60_000

/** Opens the durable topics of a workspace; call it once a process and store. The store must outlive it. */
export function createDurableLog(options: DurableLogOptions): DurableLog {
  const { store, rules, clock = systemClock, random = Math.random } = options
  const { pollMs = 250, leaseMs = 3_000, deadLetterLimits = {}, resultRetainMs = 24 * 3_600_000 } = options
  for (const { topics } of rules) if (!isTopicPattern(topics)) throw invalidRule(topics)
  openTables(store)

  const emit = undisturbed(options.onEvent)
  const announce = undisturbed(options.announce)
  const streams = createStreams(store)
  const presence = createPresence(store, clock, leaseMs)
  const appender = createAppender(store, streams, onAppended)
  const deadLetters = createDeadLetterBox({
    store,
    clock,
    appender,
    limits: deadLetterLimits,
    emit,
    onDeadLetter: undisturbed(options.onDeadLetter),
    onReplayed: onAppended,
  })
  const retention = createRetention({ store, clock, streams, deadLetters, rules, emit })
  const once = createOnceReceiver(store, clock, presence, startPolling)
  const subscriptions = new Map<string, RunningSubscription>()
  const readSubscriptions = store.prepare('SELECT name, pattern, low_water, owner FROM bus_subscription ORDER BY name')
  const countBeyond = store.prepare(`
    SELECT stream, count(*) AS count, min(sent_at_ms) AS first FROM bus_message m
    WHERE position > :lowWater AND (only_for IS NULL OR only_for = :name) AND NOT EXISTS (
      SELECT 1 FROM bus_delivery d JOIN bus_subscription s ON s.id = d.subscription
      WHERE s.name = :name AND d.position = m.position AND d.settled = 1)
    GROUP BY stream`)
  const readTotals = store.prepare('SELECT coalesce(sum(messages), 0) AS messages, coalesce(sum(bytes), 0) AS bytes FROM bus_stream')
  const readEnds = store.prepare('SELECT coalesce(min(position), 0) AS oldest, coalesce(max(position), 0) AS newest FROM bus_message')
  const forgetDeliveries = store.prepare('DELETE FROM bus_delivery WHERE subscription IN (SELECT id FROM bus_subscription WHERE name = ?)')
  const forgetSubscription = store.prepare('DELETE FROM bus_subscription WHERE name = ?')
  let isClosed = false
  let lastBeatMs = Number.NEGATIVE_INFINITY
  let cancelPoll: (() => void) | undefined
  let cancelPrune = clock.after(PRUNE_EVERY_MS, pruneByItself)

  function wake(): void {
    for (const subscription of subscriptions.values()) subscription.nudge()
  }

  function onAppended(): void {
    wake()
    announce()
  }

  // Ours to keep alive, others' to take over, and messages that no wake told of.

  function poll(): void {
    cancelPoll = undefined
    try {
      for (const subscription of [...subscriptions.values()]) subscription.poll()
      beat()
    } catch (error) {
      emit({ type: 'store-failed', error })
    }
    startPolling()
  }

  function startPolling(): void {
    if (cancelPoll === undefined && (subscriptions.size > 0 || once.running > 0)) cancelPoll = clock.after(pollMs, poll)
  }

  function beat(): void {
    const holdsSomething = once.running > 0 || subscriptions.values().some(({ owner }) => owner)
    if (!holdsSomething || clock.monotonicMs() - lastBeatMs < leaseMs / 4) return
    lastBeatMs = clock.monotonicMs()
    store.commit(presence.beat).catch((error: unknown) => emit({ type: 'store-failed', error }))
  }

  function pruneByItself(): void {
    prune()
      .catch((error: unknown) => emit({ type: 'store-failed', error }))
      .finally(() => {
        if (!isClosed) cancelPrune = clock.after(PRUNE_EVERY_MS, pruneByItself)
      })
  }

  async function prune(): Promise<PruneReport> {
    const messages = await retention.prune()
    const now = retention.steadyNow()
    return store.commit(() => {
      presence.sweep()
      return { messages, deadLetters: deadLetters.trim(now), results: once.forgetBefore(now - resultRetainMs) }
    })
  }

  async function closeSubscription(subscription: RunningSubscription, drainMs?: number): Promise<boolean> {
    const hasFinished = await subscription.close(drainMs)
    if (subscriptions.get(subscription.name) === subscription) subscriptions.delete(subscription.name)
    return hasFinished
  }

  async function drain(drainMs?: number): Promise<boolean> {
    const finished = await Promise.all([...subscriptions.values()].map((subscription) => closeSubscription(subscription, drainMs)))
    return finished.every(Boolean)
  }

  function within(limitMs: number, ended: Promise<unknown>): Promise<void> {
    if (limitMs <= 0) return Promise.resolve()
    return new Promise((resolve) => {
      const cancel = clock.after(limitMs, resolve)
      void ended.then(() => {
        cancel()
        resolve()
      })
    })
  }

  function statsOf({ name, pattern, low_water, owner }: SubscriptionRow): SubscriptionStats {
    const isMeant = createTopicMatcher(pattern)
    const now = retention.steadyNow()
    let lag = 0
    let oldestMs = 0
    for (const { stream, count, first } of countBeyond.all<{ stream: number; count: number; first: number }>({
      name,
      lowWater: low_water,
    })) {
      if (!isMeant(streams.byId(stream).topic)) continue
      lag += count
      oldestMs = Math.max(oldestMs, now - first)
    }
    const where = subscriptions.get(name)?.owner ? 'here' : owner === null || presence.isGone(owner) ? 'none' : 'elsewhere'
    return { name, pattern, owner: where, lowWater: low_water, lag, oldestMs }
  }

  return {
    isDurable: (topic) => retention.ruleOf(topic) !== undefined,
    append(record) {
      if (isClosed) return Promise.reject(logClosed(`publish to "${record.topic}"`))
      if (record.expiresAtMs !== undefined && record.expiresAtMs <= clock.now())
        return Promise.reject(messageExpired(record.topic, record.expiresAtMs))
      return appender.append(record)
    },
    wake,
    subscribe(wanted) {
      if (isClosed) throw logClosed(`subscribe as "${wanted.name}"`)
      checkSubscription(wanted)
      if (subscriptions.has(wanted.name)) throw duplicateSubscription(wanted.name)
      const subscription = createSubscription({ store, clock, random, streams, presence, deadLetters, emit }, wanted)
      subscriptions.set(wanted.name, subscription)
      subscription.poll()
      startPolling()
      return {
        name: wanted.name,
        get owner() {
          return subscription.owner
        },
        ready: subscription.ready,
        close: (drainMs) => closeSubscription(subscription, drainMs),
      }
    },
    forget: (name) =>
      store.commit(() => {
        forgetDeliveries.run(name)
        return forgetSubscription.run(name).changes > 0
      }),
    replay: (pattern, since = 'start') => replayLog({ store, clock, streams }, pattern, since),
    deadLetters: {
      list: deadLetters.list,
      inspect: deadLetters.inspect,
      replay: deadLetters.replay,
      discard: deadLetters.discard,
    },
    async receiveOnce(receipt, work) {
      if (isClosed) throw logClosed('receive')
      return once.receiveOnce(receipt, work)
    },
    prune,
    stats(): DurableStats {
      const { messages, bytes } = readTotals.get<{ messages: number; bytes: number }>()!
      const { oldest, newest } = readEnds.get<{ oldest: number; newest: number }>()!
      return {
        messages,
        bytes,
        oldestPosition: oldest,
        newestPosition: newest,
        deadLetters: deadLetters.count(),
        subscriptions: readSubscriptions.all<SubscriptionRow>().map(statsOf),
      }
    },
    drain,
    async close(drainMs = 5_000) {
      if (isClosed) return
      isClosed = true
      cancelPrune()
      await Promise.all([drain(drainMs), within(drainMs, once.close())])
      cancelPoll?.()
      await appender.settled()
      await store.commit(presence.leave).catch((error: unknown) => emit({ type: 'store-failed', error }))
    },
  }
}

/** Whoever watches must not disturb what is watched. */
function undisturbed<values extends unknown[]>(callback: ((...values: values) => void) | undefined): (...values: values) => void {
  return (...values) => {
    try {
      callback?.(...values)
    } catch {
      // Not ours to handle, and nobody is there to tell.
    }
  }
}

interface SubscriptionRow {
  readonly name: string
  readonly pattern: string
  readonly low_water: number
  readonly owner: string | null
}
