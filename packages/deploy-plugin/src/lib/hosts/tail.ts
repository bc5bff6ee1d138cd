/** Keeps the last bytes of what a program says. */
export interface Tail {
  add(chunk: Buffer): void
  text(): string
}

export function createTail(maxBytes: number): Tail {
  let kept: Buffer[] = []
  let bytes = 0
  return {
    add(chunk) {
      kept.push(chunk)
      bytes += chunk.length
      if (bytes <= 2 * maxBytes) return
      kept = [Buffer.from(Buffer.concat(kept).subarray(-maxBytes))]
      bytes = maxBytes
    },
    text: () => Buffer.concat(kept).subarray(-maxBytes).toString('utf8'),
  }
}

const QUIET_MS = 300
const LONGEST_MS = 3_000

/** Tells when nothing more is heard of a program that has ended: what it left running may hold its output open for ever. */
export function createQuiet(onQuiet: () => void): { heard(): void; wait(): void; stop(): void } {
  let timer: NodeJS.Timeout | undefined
  let last: NodeJS.Immediate | undefined
  let isHeard = false
  let waitedMs = 0
  function wait(): void {
    isHeard = false
    // On a busy machine a timer comes before what there is to read.
    timer = setTimeout(() => {
      last = setImmediate(() => {
        waitedMs += QUIET_MS
        if (isHeard && waitedMs < LONGEST_MS) wait()
        else onQuiet()
      })
    }, QUIET_MS)
  }
  return {
    heard() {
      isHeard = true
    },
    wait,
    stop() {
      clearTimeout(timer)
      clearImmediate(last)
    },
  }
}
