import { fromWireError, type SwitchyardError, type WireError } from '@switchyard/contracts'
import type { Answering, Call } from './call.ts'
import { badResult, linkLost, streamsOnly } from './errors.ts'
import type { FramePort, Kept } from './frame-port.ts'
import { OpenStream, type Reply } from './invocation.ts'
import type { LinkFrame } from './link.ts'
import { sealPayload } from './payload.ts'

/** A call of ours that another process serves. */
export class OutgoingCall implements Answering {
  readonly kept: Kept
  readonly #port: FramePort
  readonly #call: Call
  readonly #reply: Reply
  #stream: IncomingStream | undefined

  constructor(port: FramePort, call: Call, kept: Kept, reply: Reply) {
    this.#port = port
    this.#call = call
    this.kept = kept
    this.#reply = reply
  }

  /** Only the process that was asked may answer, and a method only as its plugin; the link itself may say that it failed. */
  expects({ peer, source, kind }: LinkFrame): boolean {
    if (kind === 'failure' && source === '') return true
    return peer === this.kept.peer && (this.#call.kind === 'request' || this.kept.subject.startsWith(`${source}.`))
  }

  /** An answer that breaks the rules ends the call, and harms nobody else. */
  take(frame: LinkFrame): void {
    try {
      this.#take(frame)
    } catch (error) {
      this.#end(badResult(this.kept.subject, error))
      this.abandon()
    }
  }

  #take(frame: LinkFrame): void {
    switch (frame.kind) {
      case 'progress':
        this.#reply.progress(frame.payload)
        return
      case 'chunk':
        if (this.#call.kind !== 'stream') throw streamsOnly(this.kept.subject)
        this.#takeChunk(frame.payload)
        return
      case 'end':
        this.#port.forget(this.kept.call)
        if (this.#stream === undefined) this.#reply.result(new IncomingStream(this, { done: true, value: undefined }))
        else this.#stream.end(undefined)
        return
      case 'failure': {
        const error = fromWireError(frame.payload as WireError)
        this.#port.forget(this.kept.call)
        this.#end(error)
        return
      }
      default: {
        const value = frozen(frame.payload)
        this.#port.forget(this.kept.call)
        this.#reply.result(value)
      }
    }
  }

  #end(error: SwitchyardError): void {
    if (this.#stream === undefined) this.#reply.failure(error)
    else this.#stream.end(error)
  }

  #takeChunk(value: unknown): void {
    const step = { done: false, value: frozen(value) }
    if (this.#stream !== undefined) {
      this.#stream.push(step)
      return
    }
    this.#stream = new IncomingStream(this, step)
    this.#reply.result(this.#stream)
  }

  credit(count: number): void {
    this.#port.follow(this.kept, 'credit', this.#call.source, count)
  }

  lose(): void {
    const error = linkLost(this.kept.subject)
    this.#port.forget(this.kept.call)
    this.#end(error)
  }

  abandon(): void {
    this.#port.forget(this.kept.call)
    this.#port.follow(this.kept, 'cancel', this.#call.source, undefined)
  }
}

/** A stream of another process: what has arrived and was not read yet, at most a window of it. */
class IncomingStream extends OpenStream {
  readonly first: IteratorResult<unknown>
  readonly #outgoing: OutgoingCall
  readonly #arrived: IteratorResult<unknown>[] = []
  #isOver: boolean
  #error: SwitchyardError | undefined
  #waiting: { resolve: (step: IteratorResult<unknown>) => void; reject: (error: SwitchyardError) => void } | undefined

  constructor(outgoing: OutgoingCall, first: IteratorResult<unknown>) {
    super()
    this.#outgoing = outgoing
    this.first = first
    this.#isOver = first.done === true
    if (first.done !== true) outgoing.credit(1)
  }

  push(step: IteratorResult<unknown>): void {
    const waiting = this.#waiting
    this.#waiting = undefined
    if (waiting === undefined) this.#arrived.push(step)
    else {
      waiting.resolve(step)
      this.#outgoing.credit(1)
    }
  }

  end(error: SwitchyardError | undefined): void {
    this.#isOver = true
    this.#error = error
    const waiting = this.#waiting
    this.#waiting = undefined
    if (waiting === undefined) return
    if (error === undefined) waiting.resolve({ done: true, value: undefined })
    else waiting.reject(error)
  }

  next(): Promise<IteratorResult<unknown>> {
    const arrived = this.#arrived.shift()
    if (arrived !== undefined) {
      if (!this.#isOver) this.#outgoing.credit(1)
      return Promise.resolve(arrived)
    }
    if (this.#error !== undefined) return Promise.reject(this.#error)
    if (this.#isOver) return Promise.resolve({ done: true, value: undefined })
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject }
    })
  }

  cancel(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#outgoing.abandon()
  }
}

function frozen(value: unknown): unknown {
  sealPayload(value, Number.POSITIVE_INFINITY, 'an answer')
  return value
}
