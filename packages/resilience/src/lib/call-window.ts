/** What a breaker remembers of its calls: the latest failures to the millisecond, and counts of all calls in slices of the window. */
export interface CallWindow {
  /** Drops what has grown too old; `calls` and `failures` are as of the latest `moveTo`. */
  moveTo(nowMs: number): void
  countCall(): void
  countFailure(nowMs: number): void
  /** In the window, to a sixtieth of its length. */
  readonly calls: number
  readonly failures: number
  /** Whether the latest `limit` failures are all within the window, exactly. */
  isFull(nowMs: number): boolean
  /** The latest failures within the window, oldest first, at most `limit`. */
  failureTimes(nowMs: number): number[]
  /** Forgets everything, or everything but these failures, oldest first. */
  clear(failureTimes?: readonly number[]): void
}

const SLICES = 60

/** Time and memory a call are constant, whatever the load: 60 slices, and `limit` failure times. */
export function createCallWindow(windowMs: number, limit: number): CallWindow {
  const sliceMs = windowMs / SLICES
  const callsIn = new Array<number>(SLICES).fill(0)
  const failuresIn = new Array<number>(SLICES).fill(0)
  let times: number[] = []
  let slice = 0
  let index = 0
  let sliceEndMs = sliceMs
  let calls = 0
  let failures = 0

  function turn(nowMs: number): void {
    const target = Math.floor(nowMs / sliceMs)
    for (let at = Math.max(slice, target - SLICES) + 1; at <= target; at++) {
      calls -= callsIn[at % SLICES]!
      failures -= failuresIn[at % SLICES]!
      callsIn[at % SLICES] = 0
      failuresIn[at % SLICES] = 0
    }
    slice = target
    index = slice % SLICES
    sliceEndMs = (slice + 1) * sliceMs
  }

  return {
    moveTo(nowMs) {
      if (nowMs >= sliceEndMs) turn(nowMs)
    },
    countCall() {
      callsIn[index]!++
      calls++
    },
    countFailure(nowMs) {
      failuresIn[index]!++
      failures++
      if (times.length === limit) times.shift()
      times.push(nowMs)
    },
    get calls() {
      return calls
    },
    get failures() {
      return failures
    },
    isFull: (nowMs) => times.length === limit && nowMs - times[0]! <= windowMs,
    failureTimes: (nowMs) => times.filter((at) => nowMs - at <= windowMs),
    clear(failureTimes = []) {
      callsIn.fill(0)
      failuresIn.fill(0)
      times = failureTimes.slice(-limit)
      calls = 0
      failures = 0
    },
  }
}
