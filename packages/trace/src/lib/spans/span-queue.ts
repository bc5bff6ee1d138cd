import type { Clock } from '@switchyard/contracts'
import type { Span } from './span.ts'

export interface SpanQueueOptions {
  readonly clock: Clock
  /** Keeps spans; what it rejects is handed over again later. */
  take(spans: readonly Span[]): Promise<void>
  /** Told when spans are lost, the number of them since it was told last. */
  onLost?(count: number, error: unknown): void
  /** Beyond this many, what does not tell of a failure is lost. @default 16_384 */
  readonly maxWaiting?: number
  /** How long a span waits for others. @default 250 */
  readonly delayMs?: number
}

/** Spans on their way to where they are kept: handing one over costs an entry in a list, the rest is done later and in turns. */
export interface SpanQueue {
  add(span: Span): void
  /** The same of something that becomes a span once there is time for it. */
  addLater<record>(record: record, write: (record: record) => Span, isFailure: boolean): void
  /** Whether more comes than goes, so that nothing new should be begun. */
  readonly isPressed: boolean
  readonly waiting: number
  readonly dropped: number
  /** Resolves when all that is in it now is kept or given up; without `untilKept` after one failure. */
  flush(): Promise<void>
}

type Write = (record: never) => Span

/** Turned into spans and kept at once; what comes in between finds the thread free. */
const SLICE = 512
/** From here on there is no waiting for more. */
const FULL_SLICES = SLICE
/** The most of the thread's time that keeping spans may take: one part in so many; less where it cannot keep up in any case. */
const SHARE = 3
const PRESSED_SHARE = 6
const FIRST_RETRY_MS = 1_000
const LAST_RETRY_MS = 30_000

export function createSpanQueue({ clock, take, onLost, maxWaiting = 16_384, delayMs = 250 }: SpanQueueOptions): SpanQueue {
  let records: unknown[] = []
  let writes: Write[] = []
  /** What is turned into spans now, from `at` on. */
  let batch: unknown[] = []
  let batchWrites: Write[] = []
  let at = 0
  /** Of a slice that could not be kept. */
  let returned: readonly Span[] = []
  let dropped = 0
  let failures = 0
  let cancel: (() => void) | undefined
  let draining: Promise<void> | undefined
  /** Those who wait for the end, for whom nothing pauses. */
  let urgent = 0
  let endPause = (): void => {}
  const itself: Write = (record) => record

  function addLater(record: unknown, write: Write, isFailure: boolean): void {
    const length = waiting()
    if (length >= maxWaiting && !(isFailure && length < 2 * maxWaiting)) {
      dropped++
      return
    }
    records.push(record)
    writes.push(write)
    if (length === 0) wake(delayMs)
    else if (length === FULL_SLICES && failures === 0) wake(0)
  }

  const isPressed = (): boolean => waiting() > maxWaiting / 2
  const waiting = (): number => batch.length - at + records.length

  function wake(afterMs: number): void {
    if (draining !== undefined) return
    cancel?.()
    cancel = clock.after(failures === 0 ? afterMs : Math.max(afterMs, retryMs()), () => {
      cancel = undefined
      void drain()
    })
  }

  const retryMs = (): number => Math.min(FIRST_RETRY_MS * 2 ** (failures - 1), LAST_RETRY_MS)

  /** One slice after the other, with pauses in between unless somebody waits for the end. */
  function drain(): Promise<void> {
    cancel?.()
    cancel = undefined
    draining ??= run().finally(() => {
      draining = undefined
      if (waiting() > 0 || returned.length > 0) wake(delayMs)
    })
    return draining
  }

  async function run(): Promise<void> {
    while (waiting() > 0 || returned.length > 0) {
      const startMs = clock.monotonicMs()
      const spans = returned.length > 0 ? returned : nextSlice()
      returned = []
      try {
        await take(spans)
        failures = 0
      } catch (error) {
        failures++
        giveBack(spans, error)
        return
      }
      const spentMs = clock.monotonicMs() - startMs
      if (urgent > 0) continue
      if (waiting() < SLICE) return
      await pause(Math.min(spentMs * ((isPressed() ? PRESSED_SHARE : SHARE) - 1), 100))
    }
  }

  async function pause(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    endPause = resolve
    const stop = clock.after(ms, resolve)
    await promise
    stop()
  }

  function nextSlice(): readonly Span[] {
    if (at === batch.length) {
      batch = records
      batchWrites = writes
      records = []
      writes = []
      at = 0
    }
    const end = Math.min(at + SLICE, batch.length)
    const spans: Span[] = []
    for (; at < end; at++) spans.push(batchWrites[at]!(batch[at] as never))
    return spans
  }

  /** The oldest goes when too much waits: it has been tried most often. */
  function giveBack(spans: readonly Span[], error: unknown): void {
    if (waiting() < maxWaiting && failures < 8) {
      returned = spans
      return
    }
    dropped += spans.length
    onLost?.(spans.length, error)
  }

  return {
    add: (span) => addLater(span, itself, span.error !== undefined),
    addLater: (record, write, isFailure) => addLater(record, write as Write, isFailure),
    get isPressed() {
      return isPressed()
    },
    get waiting() {
      return waiting() + returned.length
    },
    get dropped() {
      return dropped
    },
    async flush() {
      urgent++
      endPause()
      try {
        await draining
        await drain()
      } finally {
        urgent--
      }
    },
  }
}
