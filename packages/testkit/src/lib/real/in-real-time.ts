import type { TestYard } from '../test-yard.ts'

/** Lets a test's clock, which stands still, go with the real one until it is disposed of: real programs need time to go on. */
export function followRealTime({ clock }: Pick<TestYard, 'clock'>): Disposable {
  let last = performance.now()
  const timer = setInterval(() => {
    const ms = Math.floor(performance.now() - last)
    clock.advance(ms)
    last += ms
  }, 10)
  return { [Symbol.dispose]: () => clearInterval(timer) }
}

/** The same for one piece of work. */
export async function inRealTime<value>(kit: Pick<TestYard, 'clock'>, work: () => Promise<value>): Promise<value> {
  using _ = followRealTime(kit)
  return await work()
}
