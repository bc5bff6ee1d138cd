import { asSwitchyardError, type SwitchyardError, toWireError } from '@switchyard/contracts'
import type { TimerWheel, WheelEntry } from '@switchyard/resilience'
import type { Envelope, ExtraHeaders, Foreign } from './envelope.ts'
import { deadlineExceeded } from './errors.ts'
import type { Origin } from './frame-meta.ts'
import type { FramePort, Kept } from './frame-port.ts'
import type { Ids, TraceRoot } from './ids.ts'
import { type Ask, type CallKind, type Invocation, OpenStream, type Reply } from './invocation.ts'
import type { LinkFrame } from './link.ts'
import type { Listed } from './list.ts'

/** A call of another process, as its server sees it. */
export class ForeignAsk implements Ask {
  readonly ids: Ids
  readonly number: number
  readonly foreign: Foreign
  readonly kind: CallKind
  readonly subject: string
  readonly source: string
  readonly input: unknown
  readonly envelope: Envelope | undefined
  root: TraceRoot | undefined
  readonly parentSpan = 0
  readonly extra: ExtraHeaders | undefined
  readonly idempotencyKey: string | undefined
  readonly deadlineAtMs: number

  constructor(
    ids: Ids,
    { subject, source, payload, meta }: LinkFrame,
    kind: CallKind,
    { foreign, root, extra }: Origin,
    deadlineAtMs: number,
    envelope: Envelope | undefined,
  ) {
    this.ids = ids
    this.number = ids.next()
    this.foreign = foreign
    this.kind = kind
    this.subject = subject
    this.source = source
    this.input = payload
    this.envelope = envelope
    this.root = root
    this.extra = extra
    this.idempotencyKey = meta?.idempotencyKey
    this.deadlineAtMs = deadlineAtMs
  }
}

/** A call of another process that is served here; what becomes of it goes back as frames. */
export class IncomingCall implements Reply, WheelEntry, Listed {
  listNext: this | undefined = undefined
  listPrevious: this | undefined = undefined
  next: WheelEntry['next'] = undefined
  previous: WheelEntry['previous'] = undefined
  tick = 0
  readonly kept: Kept
  readonly #port: FramePort
  readonly #done: (incoming: IncomingCall) => void
  #isDone = false
  #server: string
  #invocation: Invocation | undefined
  #stream: OpenStream | undefined
  #credit = 0
  #onCredit: (() => void) | undefined
  #wheel: TimerWheel | undefined

  constructor(port: FramePort, frame: LinkFrame, done: (incoming: IncomingCall) => void) {
    const { subject, destination } = frame
    this.#port = port
    this.kept = frame
    this.#done = done
    const dot = subject.indexOf('.')
    this.#server = dot < 0 ? destination : subject.slice(0, dot)
  }

  begin(invocation: Invocation): void {
    this.#invocation = invocation
    this.#server = invocation.endpoint.outlet.identity
  }

  /** The caller's deadline holds here too, should its cancel get lost. */
  watch(wheel: TimerWheel, deadlineAtMs: number): void {
    this.#wheel = wheel
    wheel.add(this, deadlineAtMs)
  }

  onDue(): void {
    this.cancel(deadlineExceeded(this.kept.subject))
  }

  result(value: unknown): void {
    if (value instanceof OpenStream) {
      this.#stream = value
      void this.#pump(value)
      return
    }
    this.#end()
    this.#port.follow(this.kept, 'reply', this.#server, value)
  }

  failure(error: SwitchyardError): void {
    this.#end()
    this.#port.follow(this.kept, 'failure', this.#server, toWireError(error))
  }

  progress(value: unknown): void {
    this.#port.follow(this.kept, 'progress', this.#server, value)
  }

  credit(count: number): void {
    this.#credit += count
    this.#onCredit?.()
  }

  async #pump(stream: OpenStream): Promise<void> {
    try {
      for (let step = stream.first; step.done !== true; step = await stream.next()) {
        if (this.#credit === 0) await this.#moreCredit()
        if (this.#stream === undefined) return
        this.#credit--
        if (!this.#port.follow(this.kept, 'chunk', this.#server, step.value)) await this.#port.room()
      }
      this.#end()
      this.#port.follow(this.kept, 'end', this.#server, undefined)
    } catch (error) {
      if (this.#stream !== undefined) this.failure(asSwitchyardError(error))
    }
  }

  #moreCredit(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#onCredit = resolve
    return promise
  }

  /** Nobody waits for it any more. */
  cancel(reason: SwitchyardError): void {
    const stream = this.#stream
    this.#end()
    this.#invocation?.abandon(reason)
    stream?.cancel(reason)
    this.#onCredit?.()
  }

  refuseIfServedBy(outlet: object, errorOf: (subject: string) => SwitchyardError): void {
    if (this.#invocation?.endpoint.outlet !== outlet) return
    const error = errorOf(this.kept.subject)
    const stream = this.#stream
    this.#invocation.abandon(error)
    this.failure(error)
    stream?.cancel(error)
    this.#onCredit?.()
  }

  #end(): void {
    this.#stream = undefined
    this.#wheel?.cancel(this)
    if (this.#isDone) return
    this.#isDone = true
    this.#done(this)
  }
}
