import type { Socket } from 'node:net'
import { LANES, type Lane } from './wire.ts'

/** So many bytes of calls and of publishes may be under way to the other end; it gives them back as it takes them. */
const CREDIT_BYTES = [Number.POSITIVE_INFINITY, 262_144, 32_768] as const
/** As much as is read at once, so that what passes through a hub fits into one. */
const CHUNK_BYTES = 65_536
/** Less room than this at the end of a chunk is not worth keeping. */
const MIN_ROOM_BYTES = 2_048
const SPARE_CHUNKS = 8

interface LaneQueue {
  /** Whole frames, oldest first. */
  chunks: Buffer[]
  /** Where new frames are written; what is before `start` has gone to the socket. */
  tail: Buffer | undefined
  start: number
  end: number
  /** Waiting, tail included. */
  bytes: number
  credit: number
}

/**
 * The way out of a socket: a queue a lane, written together once a turn of the event loop. Urgent bytes go first; the
 * others only as far as the other end has given credit, so that what lies ahead of an urgent frame is always little.
 */
export class Outbox {
  readonly #socket: Socket
  readonly #lanes: readonly LaneQueue[] = CREDIT_BYTES.map((credit) => ({
    chunks: [],
    tail: undefined,
    start: 0,
    end: 0,
    bytes: 0,
    credit,
  }))
  readonly #onDrained: () => void
  /** Chunks to be written to again. */
  readonly #spare: Buffer<ArrayBufferLike>[] = []
  /** What the flush under way gave to the socket, and nobody writes to any more. */
  readonly #written: Buffer[] = []
  #scheduled = false

  /** `onDrained` is called after each write. */
  constructor(socket: Socket, onDrained: () => void) {
    this.#socket = socket
    this.#onDrained = onDrained
    socket.on('drain', () => this.flush())
  }

  bytes(lane: Lane): number {
    return this.#lanes[lane]!.bytes
  }

  get totalBytes(): number {
    return this.#lanes[0]!.bytes + this.#lanes[1]!.bytes + this.#lanes[2]!.bytes
  }

  /** Room for a frame of at most so many bytes, to be written at `tailEnd` of the returned buffer and then `commit`ted. */
  room(lane: Lane, maxBytes: number): Buffer {
    const queue = this.#lanes[lane]!
    if (queue.tail !== undefined && queue.tail.length - queue.end >= maxBytes) return queue.tail
    this.#seal(queue)
    queue.tail = (maxBytes <= CHUNK_BYTES ? this.#spare.pop() : undefined) ?? Buffer.allocUnsafeSlow(Math.max(CHUNK_BYTES, maxBytes))
    queue.start = 0
    queue.end = 0
    return queue.tail
  }

  tailEnd(lane: Lane): number {
    return this.#lanes[lane]!.end
  }

  commit(lane: Lane, bytes: number): void {
    const queue = this.#lanes[lane]!
    queue.end += bytes
    queue.bytes += bytes
    this.#schedule()
  }

  /** Takes a copy of whole frames. */
  append(lane: Lane, bytes: Buffer, start: number, end: number): void {
    const tail = this.room(lane, end - start)
    bytes.copy(tail, this.#lanes[lane]!.end, start, end)
    this.commit(lane, end - start)
  }

  /** The other end has taken so much of a lane. */
  refill(lane: Lane, bytes: number): void {
    const queue = this.#lanes[lane]!
    queue.credit = Math.min(CREDIT_BYTES[lane]!, queue.credit + bytes)
    if (queue.bytes > 0) this.#schedule()
  }

  /** Takes the waiting chunks of a lane away, to be sorted out and appended again. */
  takeWaiting(lane: Lane): Buffer[] {
    const queue = this.#lanes[lane]!
    this.#seal(queue)
    const chunks = queue.chunks
    queue.chunks = []
    queue.bytes = 0
    return chunks
  }

  flush(): void {
    const socket = this.#socket
    if (socket.destroyed || !socket.writable || socket.writableNeedDrain) return
    socket.cork()
    for (const lane of LANES) this.#flushLane(this.#lanes[lane]!)
    socket.uncork()
    if (socket.writableLength === 0) this.#reuse()
    this.#written.length = 0
    this.#onDrained()
  }

  #flushLane(queue: LaneQueue): void {
    let sent = 0
    while (queue.credit > 0 && sent < queue.chunks.length && !this.#socket.writableNeedDrain) {
      const chunk = queue.chunks[sent++]!
      this.#write(queue, chunk)
      if (chunk.buffer !== queue.tail?.buffer) this.#written.push(chunk)
    }
    if (sent > 0) queue.chunks.splice(0, sent)
    if (queue.tail === undefined || queue.end === queue.start || queue.chunks.length > 0) return
    if (queue.credit <= 0 || this.#socket.writableNeedDrain) return
    this.#write(queue, queue.tail.subarray(queue.start, queue.end))
    queue.start = queue.end
    if (queue.tail.length - queue.end < MIN_ROOM_BYTES) {
      this.#written.push(queue.tail)
      queue.tail = undefined
    }
  }

  #write(queue: LaneQueue, bytes: Buffer): void {
    queue.credit -= bytes.length
    queue.bytes -= bytes.length
    this.#socket.write(bytes)
  }

  /** The system has all of it, so the memory can be written to again; what is left to the collector, it stops the process for. */
  #reuse(): void {
    for (const queue of this.#lanes) {
      if (queue.tail === undefined || queue.start < queue.end) continue
      queue.start = 0
      queue.end = 0
    }
    for (const { buffer } of this.#written) {
      if (this.#spare.length < SPARE_CHUNKS && buffer.byteLength === CHUNK_BYTES) this.#spare.push(Buffer.from(buffer))
    }
  }

  #seal(queue: LaneQueue): void {
    if (queue.tail !== undefined && queue.end > queue.start) queue.chunks.push(queue.tail.subarray(queue.start, queue.end))
    queue.start = queue.end
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(this.#run)
  }

  readonly #run = (): void => {
    this.#scheduled = false
    this.flush()
  }
}
