import { asSwitchyardError, type SwitchyardError } from '@switchyard/contracts'
import { createWheelEntry, type TimerWheel } from '@switchyard/resilience'
import { cancelled, timedOut } from './errors.ts'
import { OpenStream } from './invocation.ts'

const END: IteratorResult<unknown> = Object.freeze({ done: true, value: undefined })

export interface ReaderSetup {
  readonly subject: string
  readonly wheel: TimerWheel
  readonly monotonicMs: () => number
  /** For each value. */
  readonly timeoutMs: number
  readonly signal: AbortSignal | undefined
  /** The handle that reads; its closing ends the stream. */
  readonly owner: object
  /** Resolves with the open stream, or with the one value of a method that yields none. */
  readonly open: () => Promise<unknown>
  /** Ends what `open` waits for. */
  readonly stopOpening: (error: SwitchyardError) => void
  readonly readers: Set<StreamReader>
  /** Told once it is none of them any more. */
  readonly ended: () => void
}

/** A stream at its reader. It starts at the first `next`, and nothing of it is left once it ended, however it ended. */
export class StreamReader implements AsyncIterableIterator<unknown> {
  readonly owner: object
  readonly #setup: ReaderSetup
  #state: 'fresh' | 'open' | 'over' = 'fresh'
  #stream: OpenStream | undefined
  /** Calls of `next` are answered in order. */
  #last: Promise<unknown> = Promise.resolve()
  #error: SwitchyardError | undefined
  #stopWaiting: ((error: SwitchyardError) => void) | undefined
  readonly #timer = createWheelEntry(() => this.stop(timedOut(this.#setup.subject, this.#setup.timeoutMs)))
  readonly #onAbort = (): void => this.stop(cancelled(this.#setup.subject, this.#setup.signal?.reason))

  constructor(setup: ReaderSetup) {
    this.#setup = setup
    this.owner = setup.owner
  }

  get subject(): string {
    return this.#setup.subject
  }

  /** The handle in this process that serves the stream; undefined before the first value, and when it is elsewhere. */
  get server(): object | undefined {
    return this.#stream?.server
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  next(): Promise<IteratorResult<unknown>> {
    const step = this.#last.then(() => this.#step())
    this.#last = step.catch(() => {})
    return step
  }

  async return(): Promise<IteratorResult<unknown>> {
    this.#finish(cancelled(this.#setup.subject))
    return END
  }

  /** Ends it with an error that the reader gets to see. */
  stop(error: SwitchyardError): void {
    if (this.#state === 'over') return
    this.#error = error
    this.#finish(error)
  }

  async #step(): Promise<IteratorResult<unknown>> {
    if (this.#state === 'over') return this.#afterEnd()
    try {
      return this.#state === 'fresh' ? await this.#open() : await this.#pull()
    } catch (error) {
      this.#finish(error)
      this.#error = undefined
      throw asSwitchyardError(error)
    }
  }

  /** An error that nobody waited for is told once. */
  #afterEnd(): IteratorResult<unknown> {
    const error = this.#error
    this.#error = undefined
    if (error !== undefined) throw error
    return END
  }

  async #open(): Promise<IteratorResult<unknown>> {
    this.#state = 'open'
    const { readers, signal, open } = this.#setup
    readers.add(this)
    signal?.addEventListener('abort', this.#onAbort, { once: true })
    const opened = await open()
    if (!(opened instanceof OpenStream)) {
      this.#finish(undefined)
      return { done: false, value: opened }
    }
    if (this.#isOver()) {
      opened.cancel(this.#error)
      return this.#afterEnd()
    }
    this.#stream = opened
    if (opened.first.done === true) this.#finish(undefined)
    return opened.first
  }

  #isOver(): boolean {
    return this.#state === 'over'
  }

  async #pull(): Promise<IteratorResult<unknown>> {
    const { wheel, monotonicMs, timeoutMs } = this.#setup
    if (timeoutMs !== Number.POSITIVE_INFINITY) wheel.add(this.#timer, monotonicMs() + timeoutMs)
    const stopped = new Promise<never>((_, reject) => {
      this.#stopWaiting = reject
    })
    try {
      const step = await Promise.race([this.#stream!.next(), stopped])
      if (step.done === true) this.#finish(undefined)
      return step
    } finally {
      wheel.cancel(this.#timer)
      this.#stopWaiting = undefined
    }
  }

  #finish(reason: unknown): void {
    if (this.#state === 'over') return
    const { wheel, readers, ended, signal, subject, stopOpening } = this.#setup
    this.#state = 'over'
    wheel.cancel(this.#timer)
    readers.delete(this)
    ended()
    signal?.removeEventListener('abort', this.#onAbort)
    const error = asSwitchyardError(reason ?? cancelled(subject))
    this.#stopWaiting?.(error)
    if (reason === undefined) return
    if (this.#stream === undefined) stopOpening(error)
    else this.#stream.cancel(error)
  }
}
