import type { SwitchyardError } from '@switchyard/contracts'
import type { Run, WheelEntry } from '@switchyard/resilience'
import type { CallAnswer, CallOptions, StreamOptions } from './api.ts'
import { CallRecord } from './call-record.ts'
import type { Core } from './core.ts'
import { type Cause, type Envelope, type ExtraHeaders, parentOf, rootOf } from './envelope.ts'
import { cancelled, deadlineExceeded, timedOut } from './errors.ts'
import { checkedHeaders, checkedKey, checkedPriority, checkedTimeout, checkWindow, inherited } from './headers.ts'
import { type Ids, readTraceparent, type SpanId, Trace, type TraceRoot } from './ids.ts'
import type { Ask, CallKind, Reply } from './invocation.ts'
import type { List, Listed } from './list.ts'
import { soon } from './soon.ts'

/** The other end of a call, whatever process it is in. */
export interface Answering {
  /** Nobody waits for the answer any more. */
  abandon(reason: unknown): void
}

/** A call at its caller, from the start until it has an outcome. It is its own timer and its own place among the pending. */
export class Call implements WheelEntry, Ask, Reply, Listed {
  next: WheelEntry['next'] = undefined
  previous: WheelEntry['previous'] = undefined
  tick = 0
  listNext: this | undefined = undefined
  listPrevious: this | undefined = undefined
  readonly ids: Ids
  readonly number: number
  readonly foreign = undefined
  readonly kind: CallKind
  readonly subject: string
  readonly source: string
  readonly input: unknown
  readonly envelope: Envelope | undefined
  readonly priority: number
  root: TraceRoot | undefined = undefined
  readonly parentSpan: SpanId
  readonly extra: ExtraHeaders | undefined
  readonly idempotencyKey: string | undefined
  readonly deadlineAtMs: number
  readonly causeDeadlineAtMs: number
  /** The handle that called; its closing ends the call. */
  readonly owner: object
  answering: Answering | undefined = undefined
  run: Run | undefined = undefined
  ended = false
  readonly #core: Core
  readonly #pending: List<Call>
  readonly #options: (CallOptions & StreamOptions) | undefined
  readonly #timeoutMs: number
  /** Whether the deadline is the call's own and not what its cause had left. */
  readonly #isOwnDeadline: boolean
  readonly startedMs: number
  #onAbort: (() => void) | undefined = undefined
  #isPending = false
  #untold: unknown[] | undefined = undefined
  #value: unknown = undefined
  #error: SwitchyardError | undefined = undefined
  #resolve: ((value: unknown) => void) | undefined = undefined
  #reject: ((error: SwitchyardError) => void) | undefined = undefined

  /** @throws VALIDATION */
  constructor(
    core: Core,
    pending: List<Call>,
    owner: { readonly identity: string },
    cause: Cause | undefined,
    kind: CallKind,
    subject: string,
    input: unknown,
    envelope: Envelope | undefined,
    options: (CallOptions & StreamOptions) | undefined,
    defaultTimeoutMs: number,
  ) {
    this.#core = core
    this.#pending = pending
    this.#options = options
    this.ids = core.ids
    this.number = envelope === undefined ? core.ids.next() : envelope.number
    this.kind = kind
    this.subject = subject
    this.source = owner.identity
    this.owner = owner
    this.input = input
    this.envelope = envelope
    let parentSpan: SpanId = 0
    let extra: ExtraHeaders | undefined
    if (cause !== undefined) {
      this.root = rootOf(cause)
      parentSpan = parentOf(cause)
      extra = inherited(cause.extra)
    }
    this.priority = 5
    this.idempotencyKey = undefined
    let timeoutMs = defaultTimeoutMs
    if (options !== undefined) {
      this.priority = checkedPriority(options.priority, subject)
      this.idempotencyKey = checkedKey(options.idempotencyKey, subject)
      checkWindow(options.window, subject)
      timeoutMs = checkedTimeout(options.timeoutMs ?? defaultTimeoutMs, subject)
      if (options.headers !== undefined) {
        extra = checkedHeaders(options.headers, extra, subject)
        const parent = cause === undefined ? readTraceparent(core.ids, options.headers.traceparent) : undefined
        if (parent !== undefined) {
          this.root = parent.root
          parentSpan = parent.span
        }
      }
    }
    this.parentSpan = parentSpan
    this.extra = extra
    this.#timeoutMs = timeoutMs
    this.causeDeadlineAtMs = cause === undefined ? Number.POSITIVE_INFINITY : cause.deadlineAtMs
    this.startedMs = core.clock.monotonicMs()
    const ownDeadlineAtMs = this.startedMs + timeoutMs
    this.#isOwnDeadline = ownDeadlineAtMs <= this.causeDeadlineAtMs
    this.deadlineAtMs = this.#isOwnDeadline ? ownDeadlineAtMs : this.causeDeadlineAtMs
  }

  /** Values of a stream that may be on their way at once. */
  get window(): number {
    return this.#options?.window ?? 16
  }

  /** Stands among the pending until it ends; its deadline is watched here unless a guard does. */
  wait(watchDeadline: boolean): void {
    this.#pending.add(this)
    this.#isPending = true
    if (watchDeadline && this.deadlineAtMs !== Number.POSITIVE_INFINITY) this.#core.wheel.add(this, this.deadlineAtMs)
    const signal = this.#options?.signal
    if (signal === undefined) return
    // The handler may have run already, and with it whoever aborts.
    if (signal.aborted) {
      this.stop(cancelled(this.subject, signal.reason))
      return
    }
    this.#onAbort = () => this.stop(cancelled(this.subject, signal.reason))
    signal.addEventListener('abort', this.#onAbort, { once: true })
  }

  promise(): Promise<unknown> {
    if (this.ended) return this.#error === undefined ? Promise.resolve(this.#value) : Promise.reject(this.#error)
    return new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  detailed(): Promise<CallAnswer> {
    return this.promise().then((value) => this.#answer(value))
  }

  #answer(value: unknown): CallAnswer {
    const run = this.run
    if (run === undefined) return { value, source: 'live', degraded: false, attempts: 1 }
    return {
      value,
      source: run.source,
      degraded: run.error !== undefined,
      attempts: run.attempts,
      ...(run.message !== undefined && { message: run.message }),
      ...(run.cacheAgeMs !== undefined && { cacheAgeMs: run.cacheAgeMs }),
    }
  }

  result(value: unknown): void {
    this.#tellProgress()
    if (!this.#end(undefined)) return
    if (this.#resolve === undefined) this.#value = value
    else this.#resolve(value)
  }

  failure(error: SwitchyardError): void {
    this.#tellProgress()
    const named = this.#named(error)
    if (!this.#end(named.code)) return
    if (this.#reject === undefined) this.#error = named
    else this.#reject(named)
  }

  /** A guard knows one deadline; the caller wants to know whether it was its own limit. */
  #named(error: SwitchyardError): SwitchyardError {
    if (this.run === undefined || error.code !== 'DEADLINE_EXCEEDED' || !this.#isOwnDeadline) return error
    return timedOut(this.subject, this.#timeoutMs)
  }

  /** Told outside of the handler, and before the end: what still waits then is told first. */
  progress(value: unknown): void {
    if (this.#options?.onProgress === undefined || this.ended) return
    if (this.#untold === undefined) {
      this.#untold = [value]
      soon(() => this.#tellProgress())
    } else this.#untold.push(value)
  }

  #tellProgress(): void {
    const values = this.#untold
    if (values === undefined) return
    this.#untold = undefined
    for (const value of values) {
      if (this.ended) return
      try {
        this.#options!.onProgress!(value)
      } catch (error) {
        this.#core.fault(`show progress of "${this.subject}"`, error)
      }
    }
  }

  /** Ends it from the caller's side, and tells the server. */
  stop(error: SwitchyardError): void {
    if (this.ended) return
    this.failure(error)
    this.answering?.abandon(error)
    this.run?.cancel(error)
  }

  onDue(): void {
    this.stop(this.#isOwnDeadline ? timedOut(this.subject, this.#timeoutMs) : deadlineExceeded(this.subject))
  }

  #end(code: string | undefined): boolean {
    if (this.ended) return false
    this.ended = true
    const core = this.#core
    if (this.#isPending) this.#pending.remove(this)
    core.wheel.cancel(this)
    if (this.#onAbort !== undefined) this.#options!.signal!.removeEventListener('abort', this.#onAbort)
    if (core.hooks.called !== undefined) this.#recordSpan(code)
    core.ended()
    return true
  }

  #recordSpan(code: string | undefined): void {
    const core = this.#core
    const root = rootOf(this)
    const durationMs = (core.asOfMs ?? core.clock.monotonicMs()) - this.startedMs
    if (!core.isTold(root, code, durationMs)) return
    const trace = new Trace(core.ids, root, this.number, this.parentSpan)
    const record = new CallRecord('caller', this.kind, trace, code, core.wallMs(this.startedMs), durationMs)
    record.subject = this.subject
    record.source = this.source
    record.identity = this.source
    if (this.run !== undefined) {
      record.attempts = this.run.attempts
      if (code === undefined) record.answer = this.run.source
    }
    record.headers = this.extra
    core.tell(core.hooks.called, record)
  }
}
