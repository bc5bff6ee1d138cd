import type { Clock, Message } from '@switchyard/contracts'
import type { Store } from '@switchyard/store'
import type { DurableStart } from '../durable.ts'
import { decodeMessage, type MessageRow } from './envelope.ts'
import type { Streams } from './streams.ts'
import { createTopicMatcher } from './topic-pattern.ts'

const PAGE = 256

/** Reads the log in pages, so that no read stays open while the caller works. What was directed at one subscription alone is left out. */
export async function* replayLog(
  { store, clock, streams }: { store: Store; clock: Clock; streams: Streams },
  pattern: string,
  since: DurableStart,
): AsyncGenerator<Message, void> {
  const readEnd = store.prepare('SELECT last_position FROM bus_log')
  const readPage = store.prepare(`
    SELECT * FROM bus_message WHERE position > ? AND position <= ? AND sent_at_ms >= ? AND only_for IS NULL ORDER BY position LIMIT ${PAGE}`)
  const isMeant = createTopicMatcher(pattern)
  const end = readEnd.get<{ last_position: number }>()!.last_position
  const sinceMs = typeof since === 'object' && 'sinceMs' in since ? since.sinceMs : Number.MIN_SAFE_INTEGER
  let after = since === 'new' ? end : typeof since === 'object' && 'afterPosition' in since ? since.afterPosition : 0
  for (;;) {
    const rows = readPage.all<MessageRow>(after, end, sinceMs)
    for (const row of rows) {
      after = row.position
      const stream = streams.byId(row.stream)
      if (!isMeant(stream.topic) || (row.expires_at_ms !== null && row.expires_at_ms <= clock.now())) continue
      yield decodeMessage(row, stream, 0)
    }
    if (rows.length < PAGE) return
  }
}
