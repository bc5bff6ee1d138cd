import type { Clock, WireError } from '@switchyard/contracts'
import type { Plan, Question, Undo } from '@switchyard/plugin-kit'
import type { Store } from '@switchyard/store'
import type { z } from 'zod'
import type { ChainDefinition } from './definition.ts'

/** What a chain must know of a command to check and to call it. */
export interface CommandFacts {
  readonly plugin: string
  readonly effect: 'read' | 'write' | 'destroy'
  readonly input?: z.ZodType
  readonly output?: z.ZodType
  /** Whether a second run with the same input changes nothing more. */
  readonly idempotent: boolean
  /** Whether two calls with one key have one effect, also over a crash of the callee. */
  readonly takesKey?: boolean
  readonly timeoutMs?: number
  /** What one call costs at most, for the worst case. */
  readonly costUsd?: number
  /** What one call is likely to take, as is known by now; for limits. @default `costUsd`, and no time */
  estimate?(): Cost
  /** What a call did cost, by its result; undefined where it does not say. */
  spentUsd?(result: unknown, input: unknown): number | undefined
  undo?(result: unknown, input: unknown): Undo | undefined
}

/** What something takes, or took. */
export interface Cost {
  readonly costUsd: number
  readonly durationMs: number
}

/** What a chain may take; what would be more is not begun before a person allows as much again. */
export interface RunLimits {
  readonly budgetUsd?: number
  /** Of the time in which its steps are at work, and nobody is asked anything. */
  readonly maxMs?: number
}

export interface CallOptions {
  readonly idempotencyKey: string
  readonly timeoutMs: number
  readonly signal: AbortSignal
  readonly headers: Readonly<Record<string, string>>
  /** In whose name it is called; undefined for a person's. */
  readonly plugin: string | undefined
  /** To be called while a person is asked something, as that is no time of the step's; the returned function ends it. Absent where no time is limited. */
  readonly pause?: () => () => void
}

export interface ChainsOptions {
  readonly store: Store
  /** @default systemClock */
  readonly clock?: Clock
  /** In [0, 1); for ids and jitter. @default Math.random */
  readonly random?: () => number
  /** Runs a command; a rejection is the step's failure. */
  call(command: string, input: unknown, options: CallOptions): Promise<unknown>
  command(id: string): CommandFacts | undefined
  /** Says what a command would do; for dry runs. */
  plan?(command: string, input: unknown, plugin: string | undefined): Promise<Plan>
  /** Whether a chain of that plugin, or of a person, may call it; asked by `check`, by every start and before every call. @default everything */
  mayCall?(command: string, plugin: string | undefined): boolean
  /** The plugins whose chains may go on in this process; those of others are left to processes that have them. @default all */
  readonly plugins?: readonly string[]
  /** Puts a question to the person at hand; a rejection means that nobody can be asked now. Without it the chain waits for `answer`. */
  ask?(question: Question, signal: AbortSignal): Promise<string>
  /**
   * Hears events that chains wait for. Where events are kept, it also hands over those since `sinceMs`, with when they were sent.
   * The returned function ends it.
   */
  subscribe?(topic: string, handler: (payload: unknown, sentMs?: number) => void, sinceMs: number): () => void
  /** Chains by name, for sub-chains. */
  chain?(name: string): ChainDefinition | undefined
  /** The trace that a person's chains begin in where their start names none. */
  context?(): { readonly traceparent: string; readonly tracestate?: string } | undefined
  /** Told of everything that happens, at once; what it throws is dropped. */
  onEvent?(event: ChainEvent): void
  /** Chains at work at once in this process; the others wait in the store. @default 256 */
  readonly maxRunning?: number
  /** How often other processes' words and deaths are looked for. @default 250 */
  readonly pollMs?: number
  /** After this long without a sign of life a process that still exists loses its chains. @default 3000 */
  readonly leaseMs?: number
}

export type ChainState =
  | 'running'
  | 'undoing'
  /** For a time, an event or a person. */
  | 'waiting'
  /** A step may have run when its process died, and only a person can say. */
  | 'uncertain'
  | 'done'
  /** What was done stays done: no saga, or past its pivot. */
  | 'failed'
  /** Failed or cancelled, and everything was taken back. */
  | 'undone'
  /** Something could not be taken back. */
  | 'compensation_failed'
  /** Ended by a person, and what was done stays done. */
  | 'cancelled'

export type StepState = 'started' | 'waiting' | 'uncertain' | 'done' | 'failed' | 'skipped' | 'cancelled'
export type UndoState = 'started' | 'done' | 'failed'

/** One step as the journal has it. */
export interface StepReport {
  /** Its id; in loops and sub-chains behind those of what it is part of: `loop[2]/build`. */
  readonly path: string
  readonly state: StepState
  readonly attempts: number
  readonly input?: unknown
  readonly output?: unknown
  readonly error?: WireError
  /** True when it failed in a way that does not tell whether it had effects. */
  readonly mayHaveRun?: boolean
  readonly undo?: Undo
  readonly undoState?: UndoState
  readonly undoError?: WireError
  readonly startedMs: number
  readonly endedMs?: number
  readonly dueMs?: number
}

/** Why something that was done was not taken back. */
export interface NotUndone {
  readonly path: string
  readonly why: string
}

/** What a step waits for. */
export interface WaitReport {
  readonly path: string
  readonly question?: string
  /** What the question wants; absent where nobody asked it but the crash of a process. */
  readonly answer?: 'approval' | 'text' | 'number'
  /** All that it takes, where that is a closed set. */
  readonly choices?: readonly string[]
  readonly event?: string
  readonly dueMs?: number
}

export interface ChainSummary {
  readonly id: string
  readonly name: string
  readonly state: ChainState
  /** Its process gave it back before its end, and none has taken it up yet. */
  readonly isStopped?: true
  /** Whose it is, and in whose name it calls; absent: a person's. */
  readonly plugin?: string
  readonly startedMs: number
  readonly endedMs?: number
  /** When it goes on by itself. */
  readonly dueMs?: number
  /** What went wrong first; undoing never replaces it. */
  readonly error?: WireError
}

/** Everything about one chain, as it stands. */
export interface ChainReport extends ChainSummary {
  readonly definition: ChainDefinition
  readonly input: Readonly<Record<string, unknown>>
  readonly output?: unknown
  readonly steps: readonly StepReport[]
  /** Steps that stand, in order of completion. */
  readonly done: readonly string[]
  /** In the order in which they were taken back. */
  readonly undone: readonly string[]
  readonly notUndone: readonly NotUndone[]
  /** Failed or aborted, and left nothing. */
  readonly failed: readonly string[]
  readonly neverStarted: readonly string[]
  readonly skipped: readonly string[]
  /** Steps whose fallback answered for them. */
  readonly degraded: readonly string[]
  /** What waits for a person, with the question. */
  readonly waitsFor: readonly WaitReport[]
  /** What it may take in all, with what was allowed again; absent where it may take anything. */
  readonly limits?: RunLimits
  /** What its calls took so far; only where it has limits. */
  readonly spent?: Cost
  /** W3C trace id, shared by all its steps. */
  readonly traceId: string
}

export type ChainEvent =
  | { readonly type: 'chain'; readonly id: string; readonly name: string; readonly state: ChainState; readonly error?: WireError }
  | { readonly type: 'step'; readonly id: string; readonly path: string; readonly state: StepState; readonly attempts: number }
  | {
      /** A compensation was given up; the step is a dead letter now. */
      readonly type: 'compensation-failed'
      readonly id: string
      readonly path: string
      readonly error: WireError
    }
  | { readonly type: 'span'; readonly span: ChainSpan }
  | { readonly type: 'fault'; readonly doing: string; readonly error: unknown }

/** A call of a step or of an undo, a wait, or a whole chain, in the shape that tracing wants. */
export interface ChainSpan {
  readonly op: 'chain' | 'chain.step' | 'chain.wait' | 'compensate'
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  /** Two hex digits, as in a traceparent: whether the trace is recorded. */
  readonly flags: string
  readonly traceState?: string
  readonly name: string
  readonly startMs: number
  /** Absent while it goes on; the same span comes again when it has ended. */
  readonly endMs?: number
  readonly attributes: Readonly<Record<string, string | number>>
  readonly error?: WireError
}

export interface OwnerOptions {
  /** The plugin in whose name it calls. @default a person, who may call everything */
  readonly plugin?: string
}

export interface StartOptions extends OwnerOptions {
  /** A second start of the same plugin, or of a person, with this key starts nothing: it is given the first one's chain, whatever became of it. */
  readonly key?: string
  /** For whoever may only read: READ_ONLY unless each step, and each undo, does. @default false */
  readonly onlyReads?: boolean
  /** @default none */
  readonly limits?: RunLimits | undefined
  /** W3C traceparent that the chain's trace goes on with. @default that of `context`, or a trace of its own */
  readonly traceparent?: string
  readonly tracestate?: string
}

export interface WaitOptions {
  readonly signal?: AbortSignal
  /** Also returns when it can go on only with a person's word. @default true */
  readonly untilAsked?: boolean
}

export interface ListOptions {
  /** Only those that have not ended. @default false */
  readonly unfinished?: boolean
  /** Only those of this plugin. */
  readonly plugin?: string
  /** @default 100 */
  readonly limit?: number
}

/** A step of a dry run. */
export interface PlannedStep {
  readonly path: string
  readonly does: string
  /** Absent where the command only reads or its input depends on a result. */
  readonly plan?: Plan
  /** Results that must be known before more can be said. */
  readonly needs?: readonly string[]
  /** Done only where this holds, which results will tell. */
  readonly when?: string
  /** Done only when this step fails. */
  readonly onlyAfter?: string
  readonly error?: WireError
}

/** A compensation that was given up. */
export interface DeadLetter {
  readonly id: string
  readonly name: string
  readonly path: string
  readonly undo?: Undo
  readonly error?: WireError
}

/** What a person says of a step that may have run when its process died. */
export type Verdict = 'ran' | 'not-run' | 'failed'

export interface Problem {
  readonly severity: 'error' | 'warning'
  readonly code: string
  readonly message: string
  /** From 1; where the definition came as text. */
  readonly line?: number
  readonly column?: number
  /** Keys from the root. */
  readonly path: readonly (string | number)[]
}

/** What running a chain can take at worst; undefined where nothing bounds it. */
export interface WorstCase {
  readonly durationMs: number | undefined
  readonly costUsd: number | undefined
}

export interface CheckResult {
  readonly problems: readonly Problem[]
  /** Absent when the definition has no valid shape. */
  readonly definition?: ChainDefinition
  readonly worstCase?: WorstCase
  /** Commands that no plugin here has. */
  readonly missingCommands: readonly string[]
}

/** The chains of one workspace; several processes may have one each on the same store. */
export interface Chains {
  /** Resolves when the chain and its first intents are on disk. @throws CHAIN_INVALID, CHAIN_INPUT, STORE_FULL and other STORE_ codes */
  start(definition: ChainDefinition, input?: Readonly<Record<string, unknown>>, options?: StartOptions): Promise<string>
  /** `start`, then `wait`. A failure of the chain is in the report and rejects nothing. */
  run(definition: ChainDefinition, input?: Readonly<Record<string, unknown>>, options?: StartOptions & WaitOptions): Promise<ChainReport>
  /** Resolves when it has ended, in whichever process it runs. @throws CHAIN_UNKNOWN, CANCELLED by the signal, which leaves the chain alone */
  wait(id: string, options?: WaitOptions): Promise<ChainReport>
  /** Everything that can be known before it runs. Text is YAML or JSON. */
  check(definition: ChainDefinition | string, options?: OwnerOptions): CheckResult
  /** What each step would do; nothing is done. @throws CHAIN_INVALID, CHAIN_INPUT */
  plan(definition: ChainDefinition, input?: Readonly<Record<string, unknown>>, options?: OwnerOptions): Promise<readonly PlannedStep[]>
  /** Newest first. */
  list(options?: ListOptions): readonly ChainSummary[]
  /** @throws CHAIN_UNKNOWN */
  show(id: string): ChainReport
  /** The chain now and after each change, until it has ended. */
  watch(id: string, options?: { signal?: AbortSignal }): AsyncIterableIterator<ChainReport>
  /** Takes back what was done, or leaves it. Resolves when that is on disk, before it is carried out. @throws CHAIN_UNKNOWN, CHAIN_ENDED */
  cancel(id: string, options?: { undo?: boolean }): Promise<void>
  /** Goes on from the steps that failed, or with the compensations that did. @throws CHAIN_UNKNOWN, NOT_RETRYABLE */
  retry(id: string): Promise<void>
  /**
   * From now on takes over chains whose process is gone, and those whose time has come; the number taken over at once.
   * With an id only that one, now. @throws CHAIN_UNKNOWN
   */
  resume(id?: string): Promise<number>
  /**
   * Answers a step that asks. Without a path, the only one that does. `value` is true or false for an approval, which no `plugin` may give.
   * @throws CHAIN_UNKNOWN, NOT_WAITING, CHAIN_ANSWER, FORBIDDEN
   */
  answer(id: string, answer: { path?: string; value: unknown; by?: string; plugin?: string }): Promise<void>
  /** Says what became of a step that is `uncertain`. @throws CHAIN_UNKNOWN, NOT_WAITING */
  settle(id: string, verdict: { path?: string; verdict: Verdict; output?: unknown }): Promise<void>
  /**
   * Hands an event to the chains that wait for it, or that did already at `sentMs`; how many did. Delivering it twice, or in two
   * processes, is fine. @default sentMs now
   */
  deliver(topic: string, payload: unknown, options?: { sentMs?: number }): Promise<number>
  deadLetters(): readonly DeadLetter[]
  /** Forgets chains that ended before the moment, oldest first, at most 1000 a call; returns how many. */
  prune(endedBeforeMs: number): number
  /**
   * Begins nothing more, lets calls that are under way end, and gives the chains back, so that any process can go on with them.
   * What takes longer is aborted. The store stays open. @default drainMs 5_000
   */
  close(options?: { drainMs?: number }): Promise<void>
}
