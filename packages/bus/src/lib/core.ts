import type { Clock, SwitchyardError } from '@switchyard/contracts'
import { createTimerWheel, type TimerWheel } from '@switchyard/resilience'
import mittModule, { type Emitter } from 'mitt'
import type { BusEvents, BusOptions } from './api.ts'
import type { DurableLog } from './durable.ts'
import { busClosed } from './errors.ts'
import type { BusHooks } from './hooks.ts'
import { createIds, type Ids, type TraceRoot } from './ids.ts'
import { createOnce } from './once.ts'
import { soon } from './soon.ts'

// Its types describe another file than the one that Node loads.
const mitt = mittModule as unknown as typeof mittModule.default

const FOREVER_MS = 2 ** 31 - 1

type Events = { [name in keyof BusEvents]: BusEvents[name] }

/** What all parts of one bus share. */
export class Core {
  readonly clock: Clock
  readonly random: () => number
  readonly ids: Ids
  readonly wheel: TimerWheel
  readonly hooks: BusHooks
  readonly maxMessageBytes: number
  readonly maxPending: number
  state: 'open' | 'draining' | 'closed' = 'open'
  published = 0
  delivered = 0
  handlersFailed = 0
  expired = 0
  dropped = 0
  repliesDropped = 0
  deduplicated = 0
  /** Set while something happens as of a moment that was read already. */
  asOfMs: number | undefined
  readonly #waiting = new Set<() => void>()
  #comparedAtMs = Number.NaN
  #wallAheadMs = 0
  readonly #events: Emitter<Events> = mitt<Events>()

  constructor({ clock, random = Math.random, hooks = {}, maxMessageBytes = 1_048_576, maxPending = 100_000 }: BusOptions, fallback: Clock) {
    this.clock = clock ?? fallback
    this.random = random
    this.ids = createIds(random, hooks.sample)
    this.wheel = createTimerWheel(this.clock)
    this.hooks = hooks
    this.maxMessageBytes = maxMessageBytes
    this.maxPending = maxPending
  }

  /** Why nothing new is taken now; what running handlers send is taken while the bus drains. */
  refusal(action: string, nested: boolean): SwitchyardError | undefined {
    if (this.state === 'open' || (this.state === 'draining' && nested)) return undefined
    return busClosed(action, this.state === 'closed' ? 'bus' : 'draining')
  }

  on<name extends keyof BusEvents>(event: name, handler: (event: BusEvents[name]) => void): () => void {
    const isolated = (value: BusEvents[name]): void => {
      try {
        handler(value)
      } catch {
        // Whoever watches must not disturb what is watched.
      }
    }
    this.#events.on(event, isolated)
    return () => this.#events.off(event, isolated)
  }

  emit<name extends keyof BusEvents>(event: name, value: BusEvents[name]): void {
    this.#events.emit(event, value)
  }

  fault(doing: string, error: unknown): void {
    this.emit('fault', { doing, error })
  }

  /** Whether hooks are to be told of a call that ended. */
  isTold(root: TraceRoot, code: string | undefined, durationMs: number): boolean {
    if (code !== undefined || root.recorded || this.hooks.minds === undefined) return true
    try {
      return this.hooks.minds(root.nameFor(this.ids), durationMs)
    } catch (error) {
      this.fault('run a hook', error)
      return true
    }
  }

  /** Gives a hook what it waits for; it can harm nobody. */
  tell<value>(hook: ((value: value) => void) | undefined, value: value): void {
    try {
      hook?.call(this.hooks, value)
    } catch (error) {
      this.fault('run a hook', error)
    }
  }

  /** The wall time at a moment of `monotonicMs`. Asked for two times a call, so that the difference is looked up once a second only. */
  wallMs(monotonicMs: number): number {
    if (!(Math.abs(monotonicMs - this.#comparedAtMs) < 1_000)) {
      this.#comparedAtMs = monotonicMs
      this.#wallAheadMs = this.clock.now() - this.clock.monotonicMs()
    }
    return monotonicMs + this.#wallAheadMs
  }

  /** Resolves once something holds, which is looked at whenever something has ended; false when it did not in time. */
  until(holds: () => boolean, timeoutMs: number): Promise<boolean> {
    if (holds()) return Promise.resolve(true)
    return new Promise((resolve) => {
      // The clock's timers keep no process alive, but whoever waits for this is not done.
      const alive = setInterval(() => {}, FOREVER_MS)
      const end = (held: boolean): void => {
        clearInterval(alive)
        giveUp()
        this.#waiting.delete(look)
        resolve(held)
      }
      const look = (): void => {
        if (holds()) end(true)
        else if (this.state === 'closed') end(false)
      }
      const giveUp = this.clock.after(timeoutMs, () => end(holds()))
      this.#waiting.add(look)
      look()
    })
  }

  /** To be called when a call, a handler or a delivery has ended: somebody may wait for the last of them. */
  ended(): void {
    if (this.#waiting.size > 0) soon(this.#lookAll)
  }

  readonly #lookAll = (): void => {
    for (const look of this.#waiting) look()
  }

  receiveOnce: DurableLog['receiveOnce'] = createOnce()

  stop(): void {
    this.wheel.stop()
    this.#lookAll()
    this.#events.all.clear()
  }
}
