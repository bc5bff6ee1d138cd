import type { Clock } from '@switchyard/contracts'
import type { Store } from '@switchyard/store'
import type { DeadLetter, DurableEvent, DurableTopicRule } from '../durable.ts'
import type { DeadLetterBox, LetterDraft } from './dead-letter-box.ts'
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

interface CompleteRule {
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
    const bytesOf = readBytes()
    const youngestMs = now - Math.min(orphaned.retainMs, ...complete.map(({ rule }) => Math.min(rule.retainMs, rule.limitMs)))
    let removed = 0
    let after = 0
    for (;;) {
      const rows = readPage.all<MessageSize>(after)
      const over = rows.filter(
        (row) => isOver(row, now, bytesOf, ['retainMs', 'retainBytes']) || isOver(row, now, bytesOf, ['limitMs', 'limitBytes']),
      )
      if (over.length === 0) await othersTurn()
      else {
        const { letters, gaps, count } = await store.commit(() => removeAll(over, now, bytesOf))
        removed += count
        deadLetters.announce(letters)
        for (const gap of gaps.values()) emit(gap)
      }
      const last = rows.at(-1)
      if (last === undefined || rows.length < PAGE) return removed
      after = last.position
      const isTooLarge = [...bytesOf].some(([rule, bytes]) => bytes > Math.min(rule.retainBytes, rule.limitBytes))
      if (!isTooLarge && last.sent_at_ms > youngestMs) return removed
    }
  }

  function isOver(
    { stream, sent_at_ms: sentAtMs }: MessageSize,
    now: number,
    bytesOf: ReadonlyMap<CompleteRule, number>,
    [age, size]: readonly ['retainMs' | 'limitMs', 'retainBytes' | 'limitBytes'],
  ): boolean {
    const rule = ruleOf(streams.byId(stream).topic) ?? orphaned
    return now - sentAtMs > rule[age] || (bytesOf.get(rule) ?? 0) > rule[size]
  }

  /** Looks at each again, as others settle, prune and make room at the same time. */
  function removeAll(rows: readonly MessageSize[], now: number, bytesOf: Map<CompleteRule, number>) {
    const listeners = readListeners.all<Omit<Listener, 'isMeant'>>().map((row) => ({ ...row, isMeant: createTopicMatcher(row.pattern) }))
    const letters: DeadLetter[] = []
    const gaps = new Map<string, DurableEvent & { type: 'gap' }>()
    let count = 0
    for (const row of rows) {
      const { topic } = streams.byId(row.stream)
      const rule = ruleOf(topic) ?? orphaned
      const isBeyond = isOver(row, now, bytesOf, ['limitMs', 'limitBytes'])
      if (!isBeyond && !isOver(row, now, bytesOf, ['retainMs', 'retainBytes'])) continue
      const heardBy = listeners.filter(({ name, isMeant }) => (row.only_for === null ? isMeant(topic) : row.only_for === name))
      const neededBy = heardBy.filter((listener) => isNeeded(listener, row.position))
      if (neededBy.length > 0 && !isBeyond) continue
      const drafts = neededBy.map((listener) => overflow(listener, row.position, rule))
      if (heardBy.length === 0 && rule.unheard === 'dead-letter') drafts.push(unheard(row.position))
      letters.push(...drafts.map((draft) => deadLetters.add(draft)).filter((letter) => letter !== undefined))
      if (remove.run(row.position).changes === 0) continue
      for (const { name } of neededBy) widen(gaps, name, row.position)
      shrink.run(row.bytes, row.stream)
      bytesOf.set(rule, (bytesOf.get(rule) ?? 0) - row.bytes)
      count++
    }
    return { letters, gaps, count }
  }

  const isNeeded = ({ id, low_water: lowWater }: Listener, position: number): boolean =>
    position > lowWater && readSettled.get(id, position) === undefined

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

function overflow({ name, pattern }: Listener, position: number, { limitMs, limitBytes }: CompleteRule): LetterDraft {
  const message = `Cannot keep message ${position} for "${name}" as the topic's hard limit must hold: ${limitMs} ms, ${limitBytes} bytes`
  const error = { code: 'QUEUE_OVERFLOW', message, stackHash: '' }
  return { reason: 'QUEUE_OVERFLOW', subscription: name, pattern, position, error, attempts: [] }
}

function unheard(position: number): LetterDraft {
  const message = `Cannot keep message ${position} any longer as a named subscription must ask for it: there is none`
  return {
    reason: 'NO_SUBSCRIBER',
    subscription: '',
    pattern: '',
    position,
    error: { code: 'NO_SUBSCRIBER', message, stackHash: '' },
    attempts: [],
  }
}

const othersTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
