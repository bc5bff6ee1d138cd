import type { Backoff } from '../durable.ts'

/** How long to wait after the given delivery failed: between half and all of what grows with each, so that many do not come back at once. */
export function backoffMs({ initialMs = 1_000, factor = 2, maxMs = 10_000 }: Backoff, attempt: number, random: () => number): number {
  const fullMs = Math.min(maxMs, initialMs * factor ** (attempt - 1))
  return Math.round(fullMs * (0.5 + random() / 2))
}
