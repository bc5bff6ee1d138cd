import { EventEmitter } from 'node:events'
import CircuitBreaker from 'opossum'

/** The parts of opossum that `Circuit` replaces or uses; its type declarations know the getters as plain properties. */
interface OpossumBase {
  get closed(): boolean
  get opened(): boolean
  get halfOpen(): boolean
  get pendingClose(): boolean
  open(): void
  close(): void
  fire(error: Error): Promise<never>
  removeAllListeners(event: 'open'): unknown
}

interface OpossumOptions {
  timeout: false
  errorThresholdPercentage: number
  volumeThreshold: number
  status: unknown
}

const Opossum = CircuitBreaker as unknown as new (action: (error: Error) => never, options: OpossumOptions) => OpossumBase

export interface CircuitRules {
  failurePercent: number
  minCalls: number
  /** Where opossum counts. */
  counts: CircuitCounts
}

interface CircuitCounts {
  onCall(): void
  onFailure(): void
  /** Read after each failure, to judge it. */
  readonly calls: number
  readonly failures: number
}

/** opossum opens above its threshold, we open at ours. */
const INCLUSIVE = 1e-6

/**
 * A Status that counts where we say. opossum's own keeps every latency of the window and turns it with a timer; both stall
 * a busy process.
 */
function createStatus(counts: CircuitCounts): unknown {
  const status = CircuitBreaker.newStatus({ rotateBucketController: new EventEmitter(), enableSnapshots: false })
  return Object.defineProperties(status, {
    increment: {
      value(property: string) {
        if (property === 'fires') counts.onCall()
        if (property === 'failures') counts.onFailure()
      },
    },
    stats: { get: () => ({ fires: counts.calls, failures: counts.failures }) },
  })
}

const rethrow = (error: Error): never => {
  throw error
}
const ignore = (): void => {}

/**
 * opossum as the judge of failures and the keeper of the state, without its clock: it never half-opens by itself, closes only when
 * told, and lets through as many probes as its owner does. Calls that go well do not pass through it; see docs/decisions/020-opossum.md.
 */
export class Circuit extends Opossum {
  #halfOpen = false

  constructor({ failurePercent, minCalls, counts }: CircuitRules) {
    super(rethrow, {
      timeout: false,
      errorThresholdPercentage: failurePercent - INCLUSIVE,
      volumeThreshold: minCalls,
      status: createStatus(counts),
    })
    // The only listener that sets a timer.
    this.removeAllListeners('open')
  }

  /** Counts a failure and opens if that was one too many, or if half-open. All of it happens before this returns. */
  judge(error: Error): void {
    this.fire(error).catch(ignore)
  }

  /** Opens the gate for probes. */
  probe(): void {
    this.#halfOpen = true
  }

  override get halfOpen(): boolean {
    return this.#halfOpen
  }

  // opossum forgets this one after the first probe.
  override get pendingClose(): boolean {
    return this.#halfOpen
  }

  override get opened(): boolean {
    return super.opened && !this.#halfOpen
  }

  // Underneath, half-open is still open.
  override open(): void {
    this.#halfOpen = false
    super.open()
  }

  override close(): void {
    this.#halfOpen = false
    super.close()
  }
}
