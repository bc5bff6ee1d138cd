import type { Message, MessageHeaders } from '@switchyard/contracts'
import type { CallAnswer, CallOptions, HandlerContext, MessageContext, PublishOptions, RequestOptions, StreamOptions } from './api.ts'
import type { Delivery } from './durable.ts'
import { type Cause, type Envelope, headersOf } from './envelope.ts'

/** Sends for an identity, on behalf of a cause or of nobody. */
export interface Outlet {
  readonly monotonicMs: () => number
  publishFor(cause: Cause | undefined, topic: string, payload: unknown, options: PublishOptions | undefined): Promise<void>
  requestFor(cause: Cause | undefined, topic: string, payload: unknown, options: RequestOptions | undefined): Promise<unknown>
  callFor(cause: Cause | undefined, method: string, input: unknown, options: CallOptions | undefined): Promise<unknown>
  callDetailedFor(cause: Cause | undefined, method: string, input: unknown, options: CallOptions | undefined): Promise<CallAnswer>
  streamFor(cause: Cause | undefined, method: string, input: unknown, options: StreamOptions | undefined): AsyncIterableIterator<unknown>
}

/** An AbortSignal that is only made if somebody looks. */
export class LazyAbort {
  #controller: AbortController | undefined
  #reason: unknown
  #aborted = false

  get aborted(): boolean {
    return this.#aborted
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.#aborted) this.#controller.abort(this.#reason)
    }
    return this.#controller.signal
  }

  abort(reason: unknown): void {
    if (this.#aborted) return
    this.#aborted = true
    this.#reason = reason
    this.#controller?.abort(reason)
  }
}

/** All that a context can do without knowing what it is the context of. */
export abstract class BaseContext implements HandlerContext {
  readonly #outlet: Outlet
  readonly #cause: Cause

  constructor(outlet: Outlet, cause: Cause) {
    this.#outlet = outlet
    this.#cause = cause
  }

  static causeOf(context: BaseContext): Cause {
    return context.#cause
  }

  abstract get signal(): AbortSignal
  abstract progress(value: unknown): void

  get source(): string {
    return this.#cause.source
  }

  get deadlineAtMs(): number {
    return this.#cause.deadlineAtMs
  }

  remainingMs(): number {
    const { deadlineAtMs } = this.#cause
    return deadlineAtMs === Number.POSITIVE_INFINITY ? deadlineAtMs : Math.max(0, deadlineAtMs - this.#outlet.monotonicMs())
  }

  get headers(): MessageHeaders {
    return headersOf(this.#cause)
  }

  get idempotencyKey(): string | undefined {
    return this.#cause.idempotencyKey
  }

  publish(topic: string, payload?: unknown, options?: PublishOptions): Promise<void> {
    return this.#outlet.publishFor(this.#cause, topic, payload, options)
  }

  request(topic: string, payload?: unknown, options?: RequestOptions): Promise<unknown> {
    return this.#outlet.requestFor(this.#cause, topic, payload, options)
  }

  call(method: string, input?: unknown, options?: CallOptions): Promise<unknown> {
    return this.#outlet.callFor(this.#cause, method, input, options)
  }

  callDetailed(method: string, input?: unknown, options?: CallOptions): Promise<CallAnswer> {
    return this.#outlet.callDetailedFor(this.#cause, method, input, options)
  }

  stream(method: string, input?: unknown, options?: StreamOptions): AsyncIterableIterator<unknown> {
    return this.#outlet.streamFor(this.#cause, method, input, options)
  }
}

/** What a subscription's handler is given. Nobody waits for it, so progress goes nowhere. */
export class DeliveryContext extends BaseContext implements MessageContext {
  #abort: LazyAbort | undefined = undefined
  readonly #envelope: Envelope

  constructor(outlet: Outlet, envelope: Envelope, cause: Cause = envelope) {
    super(outlet, cause)
    this.#envelope = envelope
  }

  /** Somebody looked at the signal, which then belongs to that one delivery. */
  get isWatched(): boolean {
    return this.#abort !== undefined
  }

  get message(): Message {
    return this.#envelope.sealed
  }

  get delivery(): Delivery | undefined {
    return undefined
  }

  get signal(): AbortSignal {
    this.#abort ??= new LazyAbort()
    return this.#abort.signal
  }

  progress(): void {}

  /** Gives up on the handler. */
  static abort(context: DeliveryContext, reason: unknown): void {
    context.#abort ??= new LazyAbort()
    context.#abort.abort(reason)
  }
}

/** What a served call may use of the call. */
export interface Served extends Cause {
  readonly message: Message | undefined
  /** Aborted when the caller is no longer interested. */
  readonly signal: AbortSignal
  progress(value: unknown): void
}

/** What a method's or responder's handler is given. */
export class ServedContext extends BaseContext implements MessageContext {
  readonly #served: Served

  constructor(outlet: Outlet, served: Served) {
    super(outlet, served)
    this.#served = served
  }

  /** Only responders look: the context of a method has no such property in its type. */
  get message(): Message {
    return this.#served.message!
  }

  get delivery(): Delivery | undefined {
    return undefined
  }

  get signal(): AbortSignal {
    return this.#served.signal
  }

  progress(value: unknown): void {
    this.#served.progress(value)
  }
}
