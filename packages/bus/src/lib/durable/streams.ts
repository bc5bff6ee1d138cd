import type { Store } from '@switchyard/store'

/** One source on one topic: what is kept in order. */
export interface Stream {
  readonly id: number
  readonly topic: string
  readonly source: string
}

/** The streams of the store, remembered; their ids and names never change. */
export interface Streams {
  byId(id: number): Stream
  /** Inside a transaction only: makes the stream when it is new. */
  open(topic: string, source: string): Stream
  /** Forgets what was remembered, after a transaction that may have been rolled back. */
  forget(): void
}

const MAX_REMEMBERED = 20_000

export function createStreams(store: Store): Streams {
  const readById = store.prepare('SELECT id, topic, source FROM bus_stream WHERE id = ?')
  const readByName = store.prepare('SELECT id, topic, source FROM bus_stream WHERE topic = ? AND source = ?')
  const insert = store.prepare('INSERT INTO bus_stream (topic, source) VALUES (?, ?) RETURNING id, topic, source')
  const byId = new Map<number, Stream>()
  const byName = new Map<string, Map<string, Stream>>()

  function remember(stream: Stream): Stream {
    if (byId.size >= MAX_REMEMBERED) forget()
    byId.set(stream.id, stream)
    const bySource = byName.get(stream.topic)
    if (bySource === undefined) byName.set(stream.topic, new Map([[stream.source, stream]]))
    else bySource.set(stream.source, stream)
    return stream
  }

  function forget(): void {
    byId.clear()
    byName.clear()
  }

  return {
    byId: (id) => byId.get(id) ?? remember(readById.get<Stream>(id)!),
    open(topic, source) {
      const known = byName.get(topic)?.get(source)
      if (known !== undefined) return known
      return remember(readByName.get<Stream>(topic, source) ?? insert.get<Stream>(topic, source)!)
    },
    forget,
  }
}
