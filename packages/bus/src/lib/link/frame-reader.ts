import { HEADER_BYTES, isKnownKind, readUint32 } from './wire.ts'

/** What a reader gives its frames to; the bytes are only borrowed until the call returns. */
export interface FrameSink {
  /** A whole frame lies between `start` and `end`. */
  frame(bytes: Buffer, start: number, end: number): void
  /** The stream breaks the rules; nothing after it is read. */
  broken(reason: string): void
}

/** Cuts a byte stream into frames where it lies; only a frame that comes in pieces is put together in memory of its own. */
export class FrameReader {
  readonly #sink: FrameSink
  readonly #maxBodyBytes: number
  /** The piece of a frame that has come so far; as large as its header, then as the frame. */
  #piece: Buffer | undefined
  #have = 0
  #stopped = false

  constructor(sink: FrameSink, maxBodyBytes: number) {
    this.#sink = sink
    this.#maxBodyBytes = maxBodyBytes
  }

  /** Whether a frame has begun and not ended. */
  get partial(): boolean {
    return this.#have > 0
  }

  stop(): void {
    this.#stopped = true
    this.#piece = undefined
    this.#have = 0
  }

  read(bytes: Buffer, length: number): void {
    let at = this.#have > 0 ? this.#complete(bytes, length) : 0
    while (!this.#stopped && length - at >= HEADER_BYTES) {
      const size = this.#frameSize(bytes, at)
      if (size === 0) return
      if (length - at < size) break
      this.#sink.frame(bytes, at, at + size)
      at += size
    }
    if (!this.#stopped && at < length) this.#keep(bytes, at, length)
  }

  #keep(bytes: Buffer, start: number, end: number): void {
    const size = end - start >= HEADER_BYTES ? this.#frameSize(bytes, start) : HEADER_BYTES
    this.#piece = Buffer.allocUnsafeSlow(size)
    bytes.copy(this.#piece, 0, start, end)
    this.#have = end - start
  }

  /** Adds to the piece, gives it on when whole, and returns where the next frame starts. */
  #complete(bytes: Buffer, length: number): number {
    let at = 0
    if (this.#have < HEADER_BYTES) {
      at = this.#fill(bytes, 0, length, HEADER_BYTES)
      if (this.#have < HEADER_BYTES) return at
      const size = this.#frameSize(this.#piece!, 0)
      if (size === 0) return at
      const whole = Buffer.allocUnsafeSlow(size)
      this.#piece!.copy(whole, 0, 0, HEADER_BYTES)
      this.#piece = whole
    }
    const size = this.#piece!.length
    at = this.#fill(bytes, at, length, size)
    if (this.#have < size) return at
    const piece = this.#piece!
    this.#piece = undefined
    this.#have = 0
    this.#sink.frame(piece, 0, size)
    return at
  }

  #fill(bytes: Buffer, at: number, length: number, until: number): number {
    const end = Math.min(length, at + until - this.#have)
    bytes.copy(this.#piece!, this.#have, at, end)
    this.#have += end - at
    return end
  }

  /** 0 when the header breaks the rules. */
  #frameSize(bytes: Buffer, at: number): number {
    const bodyBytes = readUint32(bytes, at)
    if (bodyBytes > this.#maxBodyBytes) return this.#break(`a frame of ${bodyBytes} bytes`)
    if (!isKnownKind(bytes[at + 4]!)) return this.#break(`a frame of unknown kind ${bytes[at + 4]}`)
    return HEADER_BYTES + bodyBytes
  }

  #break(reason: string): 0 {
    this.stop()
    this.#sink.broken(reason)
    return 0
  }
}
