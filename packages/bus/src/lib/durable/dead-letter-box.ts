import { randomUUID } from 'node:crypto'
import type { Clock, Message } from '@switchyard/contracts'
import type { Store } from '@switchyard/store'
import type {
  DeadLetter,
  DeadLetterLimits,
  DeadLetterReason,
  DeadLetters,
  DeliveryAttempt,
  DeliveryError,
  DurableEvent,
} from '../durable.ts'
import type { Appender } from './appender.ts'
import { decodeMessage } from './envelope.ts'
import { deadLetterNotFound, messageExpired } from './errors.ts'
import { createTopicMatcher } from './topic-pattern.ts'

/** The dead letters, with what the other files here need to put some in. */
export interface DeadLetterBox extends DeadLetters {
  /** Inside a transaction; the message must still be in the log, else undefined. */
  add(draft: LetterDraft): DeadLetter | undefined
  /** After the transaction of `add`. */
  announce(letters: readonly DeadLetter[]): void
  /** Inside a transaction: drops what is beyond the limits. */
  trim(nowMs: number): number
  count(): number
}

export interface LetterDraft {
  readonly reason: DeadLetterReason
  readonly subscription: string
  readonly pattern: string
  readonly position: number
  readonly error: DeliveryError
  readonly attempts: readonly DeliveryAttempt[]
}

interface LetterRow {
  readonly id: number
  readonly reason: DeadLetterReason
  readonly subscription: string
  readonly pattern: string
  readonly position: number
  readonly topic: string
  readonly source: string
  readonly sequence: number
  readonly sent_at_ms: number
  readonly expires_at_ms: number | null
  readonly first_failed_at_ms: number
  readonly last_failed_at_ms: number
  readonly error: string
  readonly attempts: string
  readonly envelope: string
}

export interface DeadLetterBoxOptions {
  readonly store: Store
  readonly clock: Clock
  readonly appender: Appender
  readonly limits: DeadLetterLimits
  readonly emit: (event: DurableEvent) => void
  readonly onDeadLetter: (letter: DeadLetter) => void
  readonly onReplayed: () => void
}

const MAX_PAGE = 500

export function createDeadLetterBox({
  store,
  clock,
  appender,
  limits,
  emit,
  onDeadLetter,
  onReplayed,
}: DeadLetterBoxOptions): DeadLetterBox {
  const { maxCount = 10_000, maxBytes = 64 * 1024 * 1024, maxAgeMs = 30 * 24 * 3_600_000 } = limits
  const insert = store.prepare(`
    INSERT INTO bus_dead_letter (reason, subscription, pattern, position, topic, source, sequence, sent_at_ms, expires_at_ms,
      first_failed_at_ms, last_failed_at_ms, bytes, error, attempts, envelope)
    SELECT :reason, :subscription, :pattern, m.position, s.topic, s.source, m.sequence, m.sent_at_ms, m.expires_at_ms,
      :firstFailedAtMs, :lastFailedAtMs, m.bytes, :error, :attempts, m.envelope
    FROM bus_message m JOIN bus_stream s ON s.id = m.stream WHERE m.position = :position
    RETURNING *`)
  const page = store.prepare(`
    SELECT * FROM bus_dead_letter
    WHERE id < :cursor AND (:subscription IS NULL OR subscription = :subscription) AND (:reason IS NULL OR reason = :reason)
      AND last_failed_at_ms >= :sinceMs
    ORDER BY id DESC LIMIT :limit`)
  const read = store.prepare('SELECT * FROM bus_dead_letter WHERE id = ?')
  const remove = store.prepare('DELETE FROM bus_dead_letter WHERE id = ?')
  const removeUpTo = store.prepare('DELETE FROM bus_dead_letter WHERE id <= ?')
  const removeOld = store.prepare('DELETE FROM bus_dead_letter WHERE last_failed_at_ms < ?')
  const countAll = store.prepare('SELECT count(*) AS count FROM bus_dead_letter')
  /** The newest letter with which the bytes of it and all after it are beyond the limit. */
  const lastBeyond = store.prepare(`
    SELECT max(id) AS id FROM (SELECT id, sum(bytes) OVER (ORDER BY id DESC) AS total FROM bus_dead_letter) WHERE total > ?`)
  /** Bytes that this process added since it last looked at all of them. */
  let bytesAdded = 0

  function trimCountAndBytes(newest: number): number {
    let dropped = removeUpTo.run(newest - maxCount).changes
    if (bytesAdded > maxBytes / 16) dropped += trimBytes()
    return dropped
  }

  function trimBytes(): number {
    bytesAdded = 0
    const beyond = lastBeyond.get<{ id: number | null }>(maxBytes)?.id ?? null
    return beyond === null ? 0 : removeUpTo.run(beyond).changes
  }

  return {
    add(draft) {
      const now = clock.now()
      const row = insert.get<LetterRow & { bytes: number }>({
        reason: draft.reason,
        subscription: draft.subscription,
        pattern: draft.pattern,
        position: draft.position,
        firstFailedAtMs: draft.attempts[0]?.endedAtMs ?? now,
        lastFailedAtMs: draft.attempts.at(-1)?.endedAtMs ?? now,
        error: JSON.stringify(draft.error),
        attempts: JSON.stringify(draft.attempts),
      })
      if (row === undefined) return undefined
      bytesAdded += row.bytes
      const dropped = trimCountAndBytes(row.id)
      if (dropped > 0) emit({ type: 'dead-letters-dropped', count: dropped })
      return toLetter(row)
    },
    announce(letters) {
      for (const letter of letters) onDeadLetter(letter)
    },
    trim(nowMs) {
      const dropped = trimBytes() + removeOld.run(nowMs - maxAgeMs).changes
      if (dropped > 0) emit({ type: 'dead-letters-dropped', count: dropped })
      return dropped
    },
    count: () => countAll.get<{ count: number }>()!.count,
    list({ subscription, topics, reason, sinceMs = Number.MIN_SAFE_INTEGER, limit = 50, cursor = Number.MAX_SAFE_INTEGER } = {}) {
      const isMeant = createTopicMatcher(topics ?? '**')
      const wanted = Math.max(1, Math.min(limit, MAX_PAGE))
      const letters: DeadLetter[] = []
      let before = cursor
      for (;;) {
        const rows = page.all<LetterRow>({
          cursor: before,
          subscription: subscription ?? null,
          reason: reason ?? null,
          sinceMs,
          limit: MAX_PAGE,
        })
        for (const row of rows) {
          before = row.id
          if (!isMeant(row.topic)) continue
          letters.push(toLetter(row))
          if (letters.length === wanted) return { letters, next: before }
        }
        if (rows.length < MAX_PAGE) return { letters, next: undefined }
      }
    },
    inspect(id) {
      const row = read.get<LetterRow>(id)
      return row === undefined ? undefined : toLetter(row)
    },
    async replay(id, { toAll = false, expiresAtMs } = {}) {
      const appended = await store.commit(
        () => {
          const row = read.get<LetterRow>(id)
          if (row === undefined) throw deadLetterNotFound(id)
          const letter = toLetter(row)
          const expiry = expiresAtMs ?? row.expires_at_ms ?? undefined
          if (expiry !== undefined && expiry <= clock.now()) throw messageExpired(row.topic, expiry)
          const messageId = randomUUID()
          const record = { ...letter.message, messageId, causationId: letter.message.messageId, sentAtMs: clock.now(), expiresAtMs: expiry }
          remove.run(id)
          return { ...appender.write(record, toAll || row.subscription === '' ? undefined : row.subscription), messageId }
        },
        { durable: true },
      )
      onReplayed()
      return appended
    },
    discard: (id) => store.commit(() => remove.run(id).changes > 0),
  }
}

function toLetter(row: LetterRow): DeadLetter {
  return {
    id: row.id,
    reason: row.reason,
    subscription: row.subscription,
    pattern: row.pattern,
    position: row.position,
    topic: row.topic,
    source: row.source,
    message: readMessage(row),
    error: JSON.parse(row.error),
    attempts: JSON.parse(row.attempts),
    firstFailedAtMs: row.first_failed_at_ms,
    lastFailedAtMs: row.last_failed_at_ms,
  }
}

function readMessage(row: LetterRow): Message {
  return decodeMessage(row, row, 0)
}
