import type { WireError } from '@switchyard/contracts'
import type { PlanStep } from './command.ts'
import type { CommandRef } from './plugin.ts'

/** A chain as data, in the words of the chain language. What they mean is checked where it is run. */
export interface ChainData {
  readonly name: string
  readonly summary?: string
  readonly saga?: boolean
  readonly timeout?: string
  readonly input?: Readonly<Record<string, object>>
  readonly steps: readonly object[]
  readonly output?: unknown
}

/** Which chain, and with what. */
export interface ChainRequest {
  /** As data, or the name of one of the workspace or of those that come along. */
  readonly chain: ChainData | string
  readonly input?: Readonly<Record<string, unknown>>
}

/** What a step of a chain waits for. */
interface ChainWait {
  readonly path: string
  readonly question?: string
  /** What the question wants. Only a person approves. */
  readonly answer?: 'approval' | 'text' | 'number'
  readonly event?: string
  readonly dueMs?: number
}

/** What became of a chain so far. A failure is told here and rejects nothing. */
export interface ChainOutcome {
  readonly id: string
  readonly name: string
  /** `waiting` and `uncertain` want a person's word; `undone` is a failure that left nothing behind. */
  readonly state: 'running' | 'undoing' | 'waiting' | 'uncertain' | 'done' | 'failed' | 'undone' | 'compensation_failed' | 'cancelled'
  readonly startedMs: number
  readonly endedMs?: number
  readonly output?: unknown
  /** What went wrong first. */
  readonly error?: WireError
  /** Paths of steps that stand, in order of completion. */
  readonly done: readonly string[]
  /** In the order in which they were taken back. */
  readonly undone: readonly string[]
  readonly notUndone: readonly { readonly path: string; readonly why: string }[]
  readonly failed: readonly string[]
  readonly neverStarted: readonly string[]
  readonly skipped: readonly string[]
  /** Steps whose fallback answered for them. */
  readonly degraded: readonly string[]
  readonly waitsFor: readonly ChainWait[]
  readonly traceId: string
}

/** A chain in one line. */
export type ChainLine = Pick<ChainOutcome, 'id' | 'name' | 'state' | 'startedMs' | 'endedMs' | 'error'>

/** What one step would do. */
export interface ChainRehearsal {
  readonly path: string
  readonly does: string
  readonly plan?: { readonly summary: string; readonly steps: readonly PlanStep[]; readonly warnings?: readonly string[] }
  /** Results that must be known before more can be said. */
  readonly needs?: readonly string[]
  /** Done only where this holds, which results will tell. */
  readonly when?: string
  /** Done only when this step fails. */
  readonly onlyAfter?: string
  readonly error?: WireError
}

const ref = <input, output>(id: string): CommandRef<input, output> => ({ id })

/**
 * The chains that the yard runs for plugins, to be called with `ctx.call` by those that name `chain` in `touches.plugins`.
 * A chain's steps may call what its plugin may call, and a plugin sees its own chains only. A call with an `idempotencyKey`
 * starts one chain: the next with that key is told of the same one.
 */
export const chains = {
  /** Starts a chain and waits until it has ended or wants a person's word, after asking the person where one is at hand. The chain outlives a caller who gives up. */
  run: ref<ChainRequest, ChainOutcome>('chain.run'),
  /** Answers once the chain is on disk. */
  start: ref<ChainRequest, { readonly id: string }>('chain.start'),
  /** What each step would do; nothing is done. */
  plan: ref<ChainRequest, { readonly steps: readonly ChainRehearsal[] }>('chain.plan'),
  show: ref<{ readonly id: string }, ChainOutcome>('chain.show'),
  /** Newest first. */
  list: ref<{ readonly unfinished?: boolean; readonly limit?: number }, { readonly chains: readonly ChainLine[] }>('chain.list'),
  /** Takes back what was done, or leaves it with `undo: false`, and waits for that. */
  cancel: ref<{ readonly id: string; readonly undo?: boolean }, ChainOutcome>('chain.cancel'),
  /** Goes on from what failed, and waits. */
  retry: ref<{ readonly id: string }, ChainOutcome>('chain.retry'),
  /** Goes on with a chain whose process is gone, and waits; for one that runs it only waits. */
  resume: ref<{ readonly id: string }, ChainOutcome>('chain.resume'),
  /** Answers a step that asks for a text, a number or a choice, and waits. An approval is FORBIDDEN: a person gives it. */
  answer: ref<{ readonly id: string; readonly step?: string; readonly value: unknown }, ChainOutcome>('chain.answer'),
} as const
