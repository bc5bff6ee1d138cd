import type { DurableLog } from '@switchyard/bus'
import type { TraceStore } from '@switchyard/trace'
import type { TopicRow } from '../model/wire.ts'

const MINUTES = 15
const MINUTE_MS = 60_000
const MAX_MESSAGES = 20_000
const MAX_RUNS = 200

interface Topic {
  messages: number
  perMinute: number[]
  lastMs: number
  durable: boolean
}

/** What was published in the last minutes, by topic: what is kept in the log, and of the rest what traced runs tell of. */
export async function topicsOf({
  traces,
  durable,
  nowMs,
}: {
  traces: Pick<TraceStore, 'runs' | 'spans'>
  durable: DurableLog | undefined
  nowMs: number
}): Promise<readonly TopicRow[]> {
  const topics = new Map<string, Topic>()
  const sinceMs = nowMs - MINUTES * MINUTE_MS
  let left = MAX_MESSAGES
  const add = (name: string, atMs: number, isDurable: boolean): void => {
    let topic = topics.get(name)
    if (topic === undefined) {
      topic = { messages: 0, perMinute: new Array(MINUTES).fill(0), lastMs: atMs, durable: isDurable }
      topics.set(name, topic)
    }
    const minute = MINUTES - 1 - Math.floor((nowMs - atMs) / MINUTE_MS)
    topic.messages++
    topic.lastMs = Math.max(topic.lastMs, atMs)
    if (minute >= 0 && minute < MINUTES) topic.perMinute[minute]! += 1
    left--
  }
  if (durable !== undefined) {
    for await (const { topic, timestamp } of durable.replay('**', { sinceMs })) {
      if (left <= 0) break
      add(topic, Date.parse(timestamp), true)
    }
  }
  for (const { traceId, spans } of traces.runs({ sinceMs, limit: MAX_RUNS }).runs) {
    left -= spans / 10
    if (left <= 0) break
    for (const { startMs, attributes } of traces.spans(traceId)) {
      const topic = attributes['messaging.destination.name']
      if (attributes['switchyard.op'] === 'bus.publish' && typeof topic === 'string' && durable?.isDurable(topic) !== true)
        add(topic, startMs, false)
    }
  }
  return [...topics]
    .map(([topic, { messages, perMinute, lastMs, durable: isDurable }]) => ({ topic, messages, perMinute, lastMs, durable: isDurable }))
    .sort((a, b) => b.messages - a.messages || (a.topic < b.topic ? -1 : 1))
}
