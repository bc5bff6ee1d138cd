import type { TestYard } from '@switchyard/testkit'

/** Lets a kit's clock, which stands still, go with the real one until it is disposed of: real programs need time to go on. */
export function inRealTime({ clock }: Pick<TestYard, 'clock'>): Disposable {
  let last = performance.now()
  const timer = setInterval(() => {
    const ms = Math.floor(performance.now() - last)
    clock.advance(ms)
    last += ms
  }, 10)
  return { [Symbol.dispose]: () => clearInterval(timer) }
}
