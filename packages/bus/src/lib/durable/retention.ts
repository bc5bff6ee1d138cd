import type { Clock } from '@switchyard/contracts'
import type { Store } from '@switchyard/store'
import type { DeadLetter, DurableEvent, DurableTopicRule } from '../durable.ts'
import type { DeadLetterBox } from './dead-letter-box.ts'
import type { Streams } from './streams.ts'
import { createTopicMatcher, type TopicMatcher } from './topic-pattern.ts'

export interface Retention {
  /** The rule that makes a topic durable, as completed. */
  ruleOf(topic: string): CompleteRule | undefined
  /** Removes messages that no rule keeps, in short transactions; resolves to how many. */
  prune(): Promise<number>
  /** Wall time for judging age: a clock that jumps ahead is not believed, as what is removed does not come back. */
  steadyNow(): number
}

export interface CompleteRule {
  readonly retainMs: number
  readonly retainBytes: number
  readonly limitMs: number
  readonly limitBytes: number
  readonly unheard: 'drop' | 'dead-letter'
}

export interface RetentionOptions {
  readonly store: Store
  readonly clock: Clock
  readonly streams: Streams
  readonly deadLetters: DeadLetterBox
  readonly rules: readonly DurableTopicRule[]
  readonly emit: (event: DurableEvent) => void
}

interface MessageSize {
  readonly position: number
  readonly stream: number
  readonly sent_at_ms: number
  readonly bytes: number
  readonly only_for: string | null
}

interface Listener {
  readonly id: number
  readonly name: string
  readonly pattern: string
  readonly low_water: number
  readonly isMeant: TopicMatcher
}

const PAGE = 500
const MAX_REMEMBERED_TOPICS = 20_000

export function createRetention({ store, clock, streams, deadLetters, rules, emit }: RetentionOptions): Retention {
  const complete = rules.map((rule) => ({ isMeant: createTopicMatcher(rule.topics), rule: completeRule(rule) }))
  /** For messages of topics that a former configuration made durable. */
  const orphaned = completeRule({ topics: '**' })
  const ruleByTopic = new Map<string, CompleteRule | undefined>()
  const opened = { wallMs: clock.now(), monotonicMs: clock.monotonicMs() }

  const readSizes = store.prepare('SELECT topic, bytes FROM bus_stream WHERE bytes > 0')
  const readPage = store.prepare(
    `SELECT position, stream, sent_at_ms, bytes, only_for FROM bus_message WHERE position > ? ORDER BY position LIMIT ${PAGE}`,
  )
  const readListeners = store.prepare('SELECT id, name, pattern, low_water FROM bus_subscription')
  const readSettled = store.prepare('SELECT 1 FROM bus_delivery WHERE subscription = ? AND position = ? AND settled = 1')
  const remove = store.prepare('DELETE FROM bus_message WHERE position = ?')
  const shrink = store.prepare('UPDATE bus_stream SET messages = messages - 1, bytes = bytes - ? WHERE id = ?')

  function ruleOf(topic: string): CompleteRule | undefined {
    const known = ruleByTopic.get(topic)
    if (known !== undefined || ruleByTopic.has(topic)) return known
    if (ruleByTopic.size >= MAX_REMEMBERED_TOPICS) ruleByTopic.clear()
    const rule = complete.find(({ isMeant }) => isMeant(topic))?.rule
    ruleByTopic.set(topic, rule)
    return rule
  }

  const steadyNow = (): number => Math.min(clock.now(), opened.wallMs + clock.monotonicMs() - opened.monotonicMs)

  function readBytes(): Map<CompleteRule, number> {
    const bytesOf = new Map<CompleteRule, number>()
    for (const { topic, bytes } of readSizes.all<{ topic: string; bytes: number }>()) {
      const rule = ruleOf(topic) ?? orphaned
      bytesOf.set(rule, (bytesOf.get(rule) ?? 0) + bytes)
    }
    return bytesOf
  }

  async function prune(): Promise<number> {
    const now = steadyNow()
    const bytesOf = store.transact(readBytes)
    const shortestMs = Math.min(orphaned.retainMs, ...complete.map(({ rule }) => Math.min(rule.retainMs, rule.limitMs)))
    let removed = 0
    let after = 0
    for (;;) {
      const page = await store.commit(() => pruneAfter(after, now, bytesOf))
      removed += page.removed
      deadLetters.announce(page.letters)
      for (const gap of page.gaps.values()) emit(gap)
      after = page.last
      const isTooLarge = [...bytesOf].some(([rule, bytes]) => bytes > Math.min(rule.retainBytes, rule.limitBytes))
      if (page.isEnd || (!isTooLarge && page.lastSentAtMs > now - shortestMs)) return removed
    }
  }

  function pruneAfter(after: number, now: number, bytesOf: Map<CompleteRule, number>) {
    const rows = readPage.all<MessageSize>(after)
    const listeners = readListeners.all<Omit<Listener, 'isMeant'>>().map((row) => ({ ...row, isMeant: createTopicMatcher(row.pattern) }))
    const letters: DeadLetter[] = []
    const gaps = new Map<string, DurableEvent & { type: 'gap' }>()
    let removed = 0
    for (const row of rows) {
      const { topic } = streams.byId(row.stream)
      const rule = ruleOf(topic) ?? orphaned
      const ageMs = now - row.sent_at_ms
      const bytes = bytesOf.get(rule) ?? 0
      const isBeyond = ageMs > rule.limitMs || bytes > rule.limitBytes
      if (!isBeyond && ageMs <= rule.retainMs && bytes <= rule.retainBytes) continue
      const heardBy = listeners.filter(({ name, isMeant }) => (row.only_for === null ? isMeant(topic) : row.only_for === name))
      const neededBy = heardBy.filter((listener) => isNeeded(listener, row.position))
      if (neededBy.length > 0 && !isBeyond) continue
      letters.push(...neededBy.map((listener) => overflow(listener, row.position, rule)).filter((letter) => letter !== undefined))
      for (const { name } of neededBy) widen(gaps, name, row.position)
      if (heardBy.length === 0 && rule.unheard === 'dead-letter') {
        const letter = unheard(row.position)
        if (letter !== undefined) letters.push(letter)
      }
      remove.run(row.position)
      shrink.run(row.bytes, row.stream)
      bytesOf.set(rule, bytes - row.bytes)
      removed++
    }
    const last = rows.at(-1)
    return { removed, letters, gaps, last: last?.position ?? after, lastSentAtMs: last?.sent_at_ms ?? 0, isEnd: rows.length < PAGE }
  }

  const isNeeded = ({ id, low_water: lowWater }: Listener, position: number): boolean =>
    position > lowWater && readSettled.get(id, position) === undefined

  function overflow({ name, pattern }: Listener, position: number, { limitMs, limitBytes }: CompleteRule): DeadLetter | undefined {
    const message = `Cannot keep message ${position} for "${name}" as the topic's hard limit must hold: ${limitMs} ms, ${limitBytes} bytes`
    const error = { code: 'QUEUE_OVERFLOW', message, stackHash: '' }
    return deadLetters.add({ reason: 'QUEUE_OVERFLOW', subscription: name, pattern, position, error, attempts: [] })
  }

  function unheard(position: number): DeadLetter | undefined {
    const error = {
      code: 'NO_SUBSCRIBER',
      message: `Cannot keep message ${position} any longer as no named subscription asks for it`,
      stackHash: '',
    }
    return deadLetters.add({ reason: 'NO_SUBSCRIBER', subscription: '', pattern: '', position, error, attempts: [] })
  }

  return { ruleOf, prune, steadyNow }
}

function widen(gaps: Map<string, DurableEvent & { type: 'gap' }>, name: string, position: number): void {
  const gap = gaps.get(name)
  gaps.set(name, {
    type: 'gap',
    name,
    fromPosition: gap?.fromPosition ?? position,
    toPosition: position,
    messages: (gap?.messages ?? 0) + 1,
  })
}

function completeRule(rule: DurableTopicRule): CompleteRule {
  const {
    retainMs = 7 * 24 * 3_600_000,
    retainBytes = 256 * 1024 * 1024,
    limitMs = Infinity,
    limitBytes = Infinity,
    unheard = 'drop',
  } = rule
  return { retainMs, retainBytes, limitMs, limitBytes, unheard }
}
