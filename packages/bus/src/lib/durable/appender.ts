import type { Store } from '@switchyard/store'
import type { Appended, DurableRecord } from '../durable.ts'
import { encodeEnvelope } from './envelope.ts'
import type { Streams } from './streams.ts'

/** Writes messages to the log; what is handed over in one turn of the event loop shares one transaction and one fsync. */
export interface Appender {
  /** Resolves when it is on disk. */
  append(record: DurableRecord): Promise<Appended>
  /** Inside a transaction of the caller; `onlyFor` names the one subscription that gets it. */
  write(record: DurableRecord, onlyFor: string | undefined): Appended
  /** Resolves when nothing waits to be written. */
  settled(): Promise<void>
}

interface Waiting {
  readonly record: DurableRecord
  readonly envelope: string
  readonly resolve: (appended: Appended) => void
  readonly reject: (reason: unknown) => void
}

/** How far a stream has come within one transaction. */
interface Tally {
  sequence: number
  messages: number
  bytes: number
}

export function createAppender(store: Store, streams: Streams, onAppended: () => void): Appender {
  const readLog = store.prepare('SELECT last_position FROM bus_log')
  const updateLog = store.prepare('UPDATE bus_log SET last_position = ?')
  const readSequence = store.prepare('SELECT last_sequence FROM bus_stream WHERE id = ?')
  const updateStream = store.prepare('UPDATE bus_stream SET last_sequence = ?, messages = messages + ?, bytes = bytes + ? WHERE id = ?')
  const insert = store.prepare('INSERT INTO bus_message VALUES (?, ?, ?, ?, ?, ?, ?, ?)')
  let queue: Waiting[] = []
  let last: Promise<void> = Promise.resolve()

  function writeAll(batch: readonly Pick<Waiting, 'record' | 'envelope'>[], onlyFor: string | null): Appended[] {
    let position = readLog.get<{ last_position: number }>()!.last_position
    const tallies = new Map<number, Tally>()
    const appended = batch.map(({ record, envelope }) => {
      const { id } = streams.open(record.topic, record.source)
      let tally = tallies.get(id)
      if (tally === undefined) {
        tally = { sequence: readSequence.get<{ last_sequence: number }>(id)!.last_sequence, messages: 0, bytes: 0 }
        tallies.set(id, tally)
      }
      const bytes = Buffer.byteLength(envelope)
      tally.sequence++
      tally.messages++
      tally.bytes += bytes
      position++
      insert.run(position, id, tally.sequence, record.sentAtMs, record.expiresAtMs ?? null, onlyFor, bytes, envelope)
      return { position, sequence: tally.sequence }
    })
    for (const [id, { sequence, messages, bytes }] of tallies) updateStream.run(sequence, messages, bytes, id)
    updateLog.run(position)
    return appended
  }

  async function commitQueue(): Promise<void> {
    let batch: Waiting[] | undefined
    const take = (): Waiting[] => {
      const taken = queue
      queue = []
      return taken
    }
    try {
      const appended = await store.commit(
        () => {
          batch ??= take()
          return writeAll(batch, null)
        },
        { durable: true },
      )
      for (const [index, { resolve }] of batch!.entries()) resolve(appended[index]!)
      onAppended()
    } catch (error) {
      // Streams that this transaction made are gone with it.
      streams.forget()
      batch ??= take()
      for (const { reject } of batch) reject(error)
    }
  }

  return {
    append(record) {
      return new Promise((resolve, reject) => {
        queue.push({ record, envelope: encodeEnvelope(record), resolve, reject })
        if (queue.length === 1) last = commitQueue()
      })
    },
    write: (record, onlyFor) => writeAll([{ record, envelope: encodeEnvelope(record) }], onlyFor ?? null)[0]!,
    settled: () => last,
  }
}
