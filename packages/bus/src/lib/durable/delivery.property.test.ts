import { createFakeClock } from '@switchyard/contracts/testing'
import { openStore } from '@switchyard/store'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type LogUnderTest, openLog, settle } from '../../../test/fixtures/durable.ts'
import type { Delivery } from '../durable.ts'

/*
 * Whatever happens to a subscription, each stream's deliveries are what this naive model says: message after message in
 * the order of publishing, each one again until an attempt is acknowledged or the last one was made. A hanging attempt ends
 * with its time or with its process, which is the same to the model.
 */
type Outcome = 'ack' | 'fail' | 'hang'
type Step =
  | { readonly do: 'publish'; readonly stream: number; readonly plan: readonly Outcome[]; readonly ttlSteps: number | undefined }
  | { readonly do: 'advance'; readonly steps: number }
  | { readonly do: 'jump'; readonly ms: number }
  | { readonly do: 'crash' }
  | { readonly do: 'restart' }

const STEP_MS = 250
const VISIBILITY_MS = 1_000
const BACKOFF_MS = 500
const MAX_DELIVERIES = 3
const STREAMS = ['a', 'b', 'c']

interface Published {
  readonly topic: string
  readonly plan: readonly Outcome[]
  readonly expiresAtMs: number | undefined
  readonly attempts: { readonly atMs: number; readonly life: number; readonly outcome: Outcome }[]
}

/** The attempts that the model makes of a message that has all the time in the world. */
function expectedOutcomes(plan: readonly Outcome[]): Outcome[] {
  const made = Array.from({ length: MAX_DELIVERIES }, (_, attempt) => plan[attempt] ?? 'ack')
  const acknowledged = made.indexOf('ack')
  return acknowledged < 0 ? made : made.slice(0, acknowledged + 1)
}

async function play(steps: readonly Step[], concurrency: number): Promise<void> {
  const store = openStore({ path: ':memory:' })
  const published = new Map<number, Published>()
  const order: number[] = []
  const running = new Set<string>()
  /** Collected, as what a handler throws is no news to the test. */
  const violations: string[] = []
  let life = 0
  let elapsedMs = 0
  let under = begin(createFakeClock())

  function begin(clock: LogUnderTest['clock']): LogUnderTest {
    const begun = openLog({ store, clock, leaseMs: 1 })
    const thisLife = ++life
    begun.log.subscribe({
      name: 's',
      pattern: '*',
      from: 'start',
      visibilityMs: VISIBILITY_MS,
      maxDeliveries: MAX_DELIVERIES,
      backoff: { initialMs: BACKOFF_MS, factor: 1 },
      concurrency,
      handler({ topic }, delivery: Delivery) {
        const message = published.get(delivery.position)!
        if (running.has(topic)) violations.push(`two of ${topic} at once`)
        if (running.size >= concurrency) violations.push(`more than ${concurrency} at once`)
        if (delivery.attempt !== message.attempts.length + 1)
          violations.push(`attempt ${delivery.attempt} after ${message.attempts.length}`)
        if (clock.now() >= (message.expiresAtMs ?? Infinity)) violations.push(`${delivery.position} delivered after its time`)
        const outcome = message.plan[delivery.attempt - 1] ?? 'ack'
        message.attempts.push({ atMs: elapsedMs, life: thisLife, outcome })
        order.push(delivery.position)
        if (outcome === 'fail') throw new Error('as planned')
        if (outcome === 'ack') return undefined
        running.add(topic)
        delivery.signal.addEventListener('abort', () => void (life === thisLife && running.delete(topic)))
        return new Promise(() => {})
      },
    })
    return begun
  }

  async function advance(count: number): Promise<void> {
    for (let done = 0; done < count; done++) {
      elapsedMs += STEP_MS
      under.clock.advance(STEP_MS)
      await settle(concurrency === 1 ? 24 : 12)
    }
  }

  await settle()
  for (const step of steps) {
    switch (step.do) {
      case 'publish': {
        const expiresAtMs = step.ttlSteps === undefined ? undefined : under.clock.now() + step.ttlSteps * STEP_MS
        const topic = STREAMS[step.stream]!
        const publishing = under.publish(topic, undefined, { expiresAtMs })
        published.set(published.size + 1, { topic, plan: step.plan, expiresAtMs, attempts: [] })
        await publishing
        await settle()
        break
      }
      case 'advance':
        await advance(step.steps)
        break
      case 'jump':
        under.clock.jump(step.ms)
        break
      case 'crash':
        // Its clock stands still from now on, and so it says no word any more.
        running.clear()
        under = begin(createFakeClock(under.clock.now()))
        await settle()
        await advance(2)
        break
      case 'restart': {
        await under.log.close(0)
        running.clear()
        under = begin(under.clock)
        await settle()
        break
      }
    }
  }
  for (let more = 0; under.log.stats().subscriptions[0]!.lag > 0; more++) {
    expect(more, 'it must come to an end').toBeLessThan(400)
    await advance(1)
  }

  expect(violations).toEqual([])
  for (const topic of STREAMS) {
    const positions = order.filter((position) => published.get(position)!.topic === topic)
    expect(positions).toEqual(positions.toSorted((a, b) => a - b))
  }
  const letters = new Map(under.log.deadLetters.list({ limit: 500 }).letters.map((letter) => [letter.position, letter]))
  for (const [position, { plan, expiresAtMs, attempts }] of published) {
    const made = attempts.map(({ outcome }) => outcome)
    const expected = expectedOutcomes(plan)
    const hasExpired = letters.get(position)?.reason === 'EXPIRED'
    if (hasExpired) expect([expiresAtMs !== undefined, made]).toEqual([true, expected.slice(0, made.length)])
    else expect(made).toEqual(expected)
    expect(letters.has(position), `a dead letter of ${position} after ${made}`).toBe(made.at(-1) !== 'ack')
    for (const [index, { atMs, life: at, outcome }] of attempts.entries()) {
      const next = attempts[index + 1]
      if (next === undefined || next.life !== at) continue
      expect(next.atMs - atMs).toBeGreaterThanOrEqual(outcome === 'hang' ? VISIBILITY_MS + BACKOFF_MS : BACKOFF_MS)
    }
  }
  expect(letters.size).toBeLessThanOrEqual(published.size)
  await under.log.close(0)
  store.close()
}

const outcomes = fc.constantFrom<Outcome>('ack', 'fail', 'hang')
const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('publish' as const),
      stream: fc.nat(STREAMS.length - 1),
      plan: fc.array(outcomes, { maxLength: MAX_DELIVERIES }),
      ttlSteps: fc.option(fc.integer({ min: 1, max: 12 }), { nil: undefined, freq: 4 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('advance' as const), steps: fc.integer({ min: 1, max: 6 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('jump' as const), ms: fc.integer({ min: -86_400_000, max: 86_400_000 }) }) },
  { weight: 1, arbitrary: fc.constant({ do: 'crash' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'restart' as const }) },
)

test('[D9] [D10] [D13] [D14] [D15] [D17] whatever happens, each stream is delivered as the naive model says', async () => {
  await fc.assert(fc.asyncProperty(fc.array(steps, { maxLength: 14 }), fc.constantFrom(1, 2, 4), play), { numRuns: 1_000 })
}, 120_000)
