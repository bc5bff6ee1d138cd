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
