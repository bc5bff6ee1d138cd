import { asSwitchyardError, isSwitchyardError, type Message, type SwitchyardError } from '@switchyard/contracts'
import type { Attempt } from '@switchyard/resilience'
import type { MessageHandler, MethodHandler, ServeOptions } from './api.ts'
import { CallRecord } from './call-record.ts'
import { LazyAbort, type Outlet, type Served, ServedContext } from './context.ts'
import type { Core } from './core.ts'
import { type Cause, type Envelope, type ExtraHeaders, type Foreign, rootOf, spanOf } from './envelope.ts'
import { badResult, handlerError, invalid, streamsOnly } from './errors.ts'
import { type Ids, type SpanId, Trace, type TraceRoot } from './ids.ts'
import { sealPayload } from './payload.ts'

export type CallKind = 'call' | 'request' | 'stream'

/** Someone who answers: a served method or a responder. */
export interface Endpoint {
  readonly kind: 'method' | 'responder'
  /** The method, or the pattern of topics. */
  readonly subject: string
  readonly outlet: Outlet & { readonly identity: string }
  readonly handler: MethodHandler | MessageHandler
  readonly options: ServeOptions
  /** Calls it is working on. */
  running: number
}

/** Where the outcome of one attempt at a call goes; only the first result or failure counts. */
export interface Reply {
  result(value: unknown): void
  failure(error: SwitchyardError): void
  progress(value: unknown): void
}

/** A stream that has given its first value; it is the result of a call of kind `stream`. */
export abstract class OpenStream {
  /** The handle that serves it, when it is in this process. */
  get server(): object | undefined {
    return undefined
  }

  abstract readonly first: IteratorResult<unknown>
  /** One at a time. */
  abstract next(): Promise<IteratorResult<unknown>>
  /** Ends it from the reader's side. */
  abstract cancel(reason: unknown): void
}

/** One call as its server gets to see it. */
export interface Ask extends Cause {
  readonly kind: CallKind
  readonly subject: string
  readonly input: unknown
  /** The message itself, when it is a request. */
  readonly envelope: Envelope | undefined
}

/** One attempt at a call, at its server. */
export class Invocation implements Served {
  readonly ask: Ask
  readonly endpoint: Endpoint
  readonly deadlineAtMs: number
  readonly #core: Core
  readonly #reply: Reply
  readonly #attempt: Attempt | undefined
  #ended = false
  /** The result was checked before it was stored for its key. */
  #isChecked = false
  #abort: LazyAbort | undefined = undefined
  #startedMs = 0
  #endedMs: number | undefined = undefined
  handling: number | undefined = undefined
  #output: unknown = undefined

  constructor(core: Core, endpoint: Endpoint, ask: Ask, deadlineAtMs: number, reply: Reply, attempt: Attempt | undefined) {
    this.ask = ask
    this.endpoint = endpoint
    this.deadlineAtMs = deadlineAtMs
    this.#core = core
    this.#reply = reply
    this.#attempt = attempt
  }

  get ids(): Ids {
    return this.ask.ids
  }

  get number(): number {
    return this.ask.number
  }

  get foreign(): Foreign | undefined {
    return this.ask.foreign
  }

  get source(): string {
    return this.ask.source
  }

  get root(): TraceRoot | undefined {
    return this.ask.root
  }

  set root(root: TraceRoot | undefined) {
    this.ask.root = root
  }

  get parentSpan(): SpanId {
    return this.ask.parentSpan
  }

  get extra(): ExtraHeaders | undefined {
    return this.ask.extra
  }

  get idempotencyKey(): string | undefined {
    return this.ask.idempotencyKey
  }

  get message(): Message | undefined {
    return this.ask.envelope?.sealed
  }

  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      const abort = new LazyAbort()
      this.#abort = abort
      const outer = this.#attempt?.signal
      if (outer?.aborted === true) abort.abort(outer.reason)
      else outer?.addEventListener('abort', () => abort.abort(outer.reason), { once: true })
    }
    return this.#abort.signal
  }

  progress(value: unknown): void {
    if (this.#ended) return
    sealPayload(value, this.#core.maxMessageBytes, this.ask.subject)
    this.#reply.progress(value)
  }

  /** Runs the handler; everything it does ends up in the reply. */
  run(startedMs?: number): void {
    const { endpoint, ask } = this
    endpoint.running++
    if (this.#core.hooks.served !== undefined) {
      this.#startedMs = startedMs ?? this.#core.clock.monotonicMs()
      this.handling = this.#core.ids.next()
    }
    let result: unknown
    try {
      const input = endpoint.options.input === undefined ? ask.input : this.#parseInput(endpoint.options.input)
      result = ask.idempotencyKey === undefined || ask.kind === 'stream' ? this.#handle(input) : this.#handleOnce(ask.idempotencyKey, input)
      if (isThenable(result)) {
        Promise.resolve(result).then(
          (value) => this.#finish(value),
          (error: unknown) => this.#fail(error),
        )
        return
      }
    } catch (error) {
      this.#fail(error)
      return
    }
    this.#finish(result)
  }

  #handle(input: unknown): unknown {
    const { endpoint, ask } = this
    const context = new ServedContext(endpoint.outlet, this)
    if (endpoint.kind === 'method') return (endpoint.handler as MethodHandler)(input, context)
    return (endpoint.handler as MessageHandler)(input, ask.envelope!.sealed, context)
  }

  /** The same caller with the same key gets the result of the first call, as it was checked then; another caller's key is another key. */
  #handleOnce(key: string, input: unknown): Promise<unknown> {
    const scope = `${this.endpoint.outlet.identity} ${this.ask.subject} ${this.ask.source}`
    this.#isChecked = true
    let isFirst = false
    const count = (): void => {
      if (!isFirst) this.#core.deduplicated++
    }
    const received = this.#core.receiveOnce({ scope, key }, async () => {
      isFirst = true
      const result = await this.#handle(input)
      if (!isAsyncIterable(result)) return this.checkedResult(result)
      closeIterator(result[Symbol.asyncIterator]())
      throw streamsOnly(this.ask.subject)
    })
    received.then(count, () => {})
    return received
  }

  #parseInput(parse: (value: unknown) => unknown): unknown {
    try {
      return parse(this.ask.input)
    } catch (error) {
      if (isSwitchyardError(error)) throw error
      throw invalid(`call "${this.ask.subject}"`, `its input must be right: ${messageOf(error)}`, { subject: this.ask.subject })
    }
  }

  #finish(result: unknown): void {
    if (this.#ended) {
      this.#late()
      return
    }
    try {
      if (isAsyncIterable(result)) {
        this.#open(result)
        return
      }
      const value = this.#isChecked ? sealed(result, this.ask.subject) : this.checkedResult(result)
      this.#output = value
      this.#end(undefined)
      this.#tellAsOfEnd(value)
    } catch (error) {
      this.#fail(error)
    }
  }

  /** The call that waits for it ends as of the same moment, as the clock was read already. */
  #tellAsOfEnd(value: unknown): void {
    const core = this.#core
    if (core.hooks.called !== undefined) core.asOfMs = this.#endedMs
    try {
      this.#reply.result(value)
    } finally {
      core.asOfMs = undefined
    }
  }

  #open(values: AsyncIterable<unknown>): void {
    const iterator = values[Symbol.asyncIterator]()
    if (this.ask.kind !== 'stream') {
      closeIterator(iterator)
      throw streamsOnly(this.ask.subject)
    }
    const stream = new ServedStream(this, iterator)
    stream.open().then(
      () => this.#opened(stream, iterator),
      (error: unknown) => {
        closeIterator(iterator)
        this.#fail(error)
      },
    )
  }

  #opened(stream: ServedStream, iterator: AsyncIterator<unknown>): void {
    if (this.#ended) {
      closeIterator(iterator)
      this.#late()
      return
    }
    if (stream.first.done === true) this.#end(undefined)
    this.#reply.result(stream)
  }

  checkedResult(result: unknown): unknown {
    const { output } = this.endpoint.options
    try {
      const value = output === undefined ? result : output(result)
      sealPayload(value, this.#core.maxMessageBytes, this.ask.subject)
      return value
    } catch (error) {
      throw badResult(this.ask.subject, error)
    }
  }

  #fail(thrown: unknown): void {
    if (this.#ended) {
      this.#late()
      return
    }
    const error = handlerError(thrown)
    this.#end(error.code)
    this.#reply.failure(error)
  }

  #late(): void {
    this.endpoint.running--
    this.#core.ended()
    this.#core.repliesDropped++
    this.#core.emit('reply-dropped', { reason: 'late', subject: this.ask.subject, source: this.endpoint.outlet.identity })
  }

  /** A stream of it is over. */
  endStream(error: unknown): void {
    if (this.#ended) {
      this.endpoint.running--
      this.#core.ended()
    } else this.#end(error === undefined ? undefined : asSwitchyardError(error).code)
  }

  #end(code: string | undefined): void {
    this.#ended = true
    this.endpoint.running--
    this.#core.ended()
    if (this.#core.hooks.served !== undefined) this.#recordSpan(code)
  }

  #recordSpan(code: string | undefined): void {
    const core = this.#core
    const endedMs = core.clock.monotonicMs()
    this.#endedMs = endedMs
    const root = rootOf(this)
    const durationMs = endedMs - this.#startedMs
    if (!core.isTold(root, code, durationMs)) return
    const trace = new Trace(core.ids, root, this.handling ?? core.ids.next(), spanOf(this))
    const record = new CallRecord('server', this.ask.kind, trace, code, core.wallMs(this.#startedMs), durationMs)
    record.subject = this.ask.subject
    record.source = this.source
    record.identity = this.endpoint.outlet.identity
    record.headers = this.extra
    record.input = this.ask.input
    record.output = this.#output
    core.tell(core.hooks.served, record)
  }

  /** Its server gives it up: the caller is told, and so is the handler. */
  refuse(error: SwitchyardError): void {
    if (this.#ended) return
    this.abandon(error)
    this.#reply.failure(error)
  }

  /** Nobody waits for it any more: its handler is told, and what it still says is dropped. */
  abandon(reason: unknown): void {
    if (this.#ended) return
    this.#ended = true
    this.#abort ??= new LazyAbort()
    this.#abort.abort(reason)
    if (this.#core.hooks.served !== undefined) this.#recordSpan(asSwitchyardError(reason).code)
  }
}

/** The values that a handler yields, pulled one by one: it never runs ahead. */
class ServedStream extends OpenStream {
  first: IteratorResult<unknown> = { done: true, value: undefined }
  readonly #invocation: Invocation
  readonly #iterator: AsyncIterator<unknown>
  #over = false

  constructor(invocation: Invocation, iterator: AsyncIterator<unknown>) {
    super()
    this.#invocation = invocation
    this.#iterator = iterator
  }

  override get server(): object {
    return this.#invocation.endpoint.outlet
  }

  async open(): Promise<void> {
    const first = await this.#iterator.next()
    if (first.done === true) this.#over = true
    else this.first = { done: false, value: this.#invocation.checkedResult(first.value) }
  }

  async next(): Promise<IteratorResult<unknown>> {
    if (this.#over) return { done: true, value: undefined }
    try {
      const step = await this.#iterator.next()
      if (step.done !== true) return { done: false, value: this.#invocation.checkedResult(step.value) }
      this.#end(undefined)
      return { done: true, value: undefined }
    } catch (error) {
      closeIterator(this.#iterator)
      this.#end(error)
      throw asSwitchyardError(error)
    }
  }

  cancel(reason: unknown): void {
    if (this.#over) return
    this.#invocation.abandon(reason)
    closeIterator(this.#iterator)
    this.#end(reason)
  }

  #end(error: unknown): void {
    if (this.#over) return
    this.#over = true
    this.#invocation.endStream(error)
  }
}

/** Lets a generator run its `finally`; how that goes is nobody's business any more. */
function closeIterator(iterator: AsyncIterator<unknown>): void {
  const close = async (): Promise<unknown> => iterator.return?.()
  close().catch(() => {})
}

/** One that was stored comes back as a copy, which is not frozen yet. */
function sealed(value: unknown, subject: string): unknown {
  sealPayload(value, Number.POSITIVE_INFINITY, subject)
  return value
}

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'

const isAsyncIterable = (value: unknown): value is AsyncIterable<unknown> =>
  typeof value === 'object' && value !== null && Symbol.asyncIterator in value

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
