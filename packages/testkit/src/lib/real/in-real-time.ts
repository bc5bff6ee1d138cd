import type { TestYard } from '../test-yard.ts'

/** Lets a test's clock go with the real one, for what waits for real programs. */
export async function inRealTime<value>({ clock }: Pick<TestYard, 'clock'>, work: () => Promise<value>): Promise<value> {
  let last = performance.now()
  const timer = setInterval(() => {
    const ms = Math.floor(performance.now() - last)
    clock.advance(ms)
    last += ms
  }, 10)
  try {
    return await work()
  } finally {
    clearInterval(timer)
  }
}
