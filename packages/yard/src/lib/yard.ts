import type { Bus } from '@switchyard/bus'
import type { ChainDefinition, ChainReport, Chains } from '@switchyard/chain'
import type { Clock, MessageHeaders, WireError } from '@switchyard/contracts'
import type { Effect } from '@switchyard/contracts/manifest'
import type { Plan, Plugin, Progress, Question } from '@switchyard/plugin-kit'
import type { Registry } from '@switchyard/registry'
import type { Decided, DecidedPart, Limits } from '@switchyard/router'
import type { State } from '@switchyard/state'
import type { TraceStore } from '@switchyard/trace'
import type { Alerts } from '@switchyard/trace/alerts'
import type { IncidentBundle } from '@switchyard/trace/bundle'
import type { MetricPoint } from '@switchyard/trace/metrics'
import type { YardConfig } from './config.ts'
import type { Decider } from './decide.ts'
import type { Finding } from './doctor.ts'
import type { Elsewhere } from './elsewhere.ts'
import type { Consulted } from './model-router.ts'
import type { Team } from './team.ts'
import type { Asked, Asking } from './traces.ts'
import type { LogOf } from './yard-logs.ts'

export interface YardOptions {
  plugins: readonly Plugin[]
  /** Plugins that other processes serve, for `meet`; where none does, this one serves their commands without what they listen to. @default none */
  standIns?: readonly Plugin[]
  /** Complete, as `loadConfig` returns it. @default the defaults of every key */
  config?: YardConfig
  /** Keeps everything in memory; nothing but the hub's socket of `meet` and a plugin's own files is on disk. @default false */
  memory?: boolean
  /** Meets the workspace's other processes at its hub, so that their plugins can be called and heard. @default false */
  meet?: boolean
  /** The router's model as `learnRouter` made it of these very plugins; of others it is not used. @default it is learned at the first request */
  learned?: () => Uint8Array | undefined
  /** Told before the router learns the commands, which takes seconds and is kept: at the first request after they changed. */
  onLearn?: () => void
  /** The API key of the configured model; without it none is asked. */
  modelKey?: string
  clock?: Clock
  random?: () => number
  /** Puts a question to the person; absent where nobody can answer. The headers are those of the run that asks; a chain by itself has none. */
  ask?: (question: Question, headers?: Partial<MessageHeaders>) => Promise<string>
  /** More headers for the collector of `config.otlp`, such as a key; for nobody else to see. */
  otlpHeaders?: Readonly<Record<string, string>>
  /** What it is opened for: a trace that begins with the first thing that is done without one, and ends when it closes. */
  asked?: Asked | undefined
  /** Also takes what is logged, whatever its level, by who logs it and where in a trace. */
  log?: LogOf
  /** What must not be kept or shown by any of this, wherever it stands, such as the keys of the environment. */
  secrets?: readonly string[]
  /** Where alerts are posted to; it may hold a secret. */
  webhookUrl?: string
}

/** One opened workspace: its store, its bus and its plugins. */
export interface Yard {
  readonly dir: string
  /** Those that stand in included. */
  readonly plugins: readonly Plugin[]
  /** Every command by full id, in alphabetical order. */
  readonly commands: ReadonlyMap<string, CommandInfo>
  /** Runs a command now, planned or not; whoever calls has the person's approval. @throws UNKNOWN_COMMAND, VALIDATION, what the command throws */
  call(commandId: string, input: unknown, options?: RunOptions): Promise<unknown>
  /** Says what a command would do and keeps it under an id until it is approved; nothing is done. */
  plan(commandId: string, input: unknown, options?: AskOptions): Promise<PlannedRun>
  /** Runs what `plan` kept, if that is still what would happen, and within its limits. @throws PLAN_UNKNOWN, PLAN_USED, PLAN_STALE, BUDGET_EXCEEDED */
  approve(planId: string, options?: RunOptions): Promise<unknown>
  /** Takes back what `plan` kept, so that nobody can approve it any more. @throws PLAN_UNKNOWN, PLAN_USED */
  discard(planId: string): void
  /** Takes an approved run back by its command's own undo. @throws PLAN_UNKNOWN, NOT_UNDOABLE */
  undo(planId: string, options?: RunOptions): Promise<unknown>
  /** The latest 200 plans, newest first. */
  plans(): readonly PlannedRun[]
  /** What a request in plain words means: parts, commands, arguments, order and conditions. Runs nothing. */
  decide(request: string, options?: Pick<RunOptions, 'headers'>): Decision
  /** Says that nothing is done about a request that was decided: its trace is kept all the same, as one asks why. */
  unanswered(): void
  /** Does what requests in plain words mean. */
  readonly director: Director
  /** What the router remembers of this workspace, and how that changes what it decides. */
  readonly routing: Routing
  /** What plugins share, opened at its first use. The person who asks is an operator: `connect('person')`. */
  state(): Promise<State>
  /** Which plugins, commands, agents and skills there are, here and in what was added from others; opened at its first use. */
  registry(): Registry
  /** Who of the agents that are known would do a task; undefined where none fits. */
  team(task: string, limits?: Limits): Team | undefined
  /** Workflows over the commands, opened at the first call. Unfinished ones go on once its `resume` is called. */
  chains(): Promise<Chains>
  /** Chains and the person at hand. */
  readonly talk: ChainTalk
  /** The chain of that name in the workspace's folder `chains`, or one that comes along. @throws CHAIN_UNKNOWN, CHAIN_INVALID */
  chain(name: string): Promise<ChainDefinition>
  /** What happened in the workspace and why. */
  readonly traces: TraceStore
  /** What all processes of the workspace have counted, as it is now. */
  metrics(): readonly MetricPoint[]
  /** What rings, opened at its first use. */
  alerts(): Promise<Alerts>
  /** Everything about one run as one document, without secrets. @throws TRACE_UNKNOWN */
  bundle(traceId: string): Promise<IncidentBundle>
  /** What lies on the bus; looking at it attaches no listener. */
  readonly bus: Pick<Bus, 'durable' | 'breakers'>
  /** Begins a trace, or goes on with that of whoever asks: what is called with its headers is part of it, until `end`. */
  begin(asked: Asked): Asking
  doctor(): Promise<readonly Finding[]>
  /** Lets what runs finish for ten seconds, then ends it and lets go of everything. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

export interface CommandInfo {
  readonly id: string
  readonly plugin: string
  /** Without the plugin's name. */
  readonly name: string
  readonly definition: Plugin['commands'][string]
}

export interface RunOptions {
  signal?: AbortSignal
  timeoutMs?: number
  onProgress?: (progress: Progress) => void
  /** Goes along with the call, such as the `traceparent` that it belongs to. */
  headers?: Readonly<Record<string, string>>
  /** Who approves, as the trace shows it. @default 'person' */
  by?: string
}

export interface PlannedRun {
  readonly id: string
  readonly command: string
  readonly input: unknown
  readonly effect: Effect
  readonly plan: Plan
  readonly createdAt: string
  /** interrupted: the process that ran it ended before it did, so nobody knows how far it came. */
  readonly state: 'waiting' | 'discarded' | 'running' | 'interrupted' | 'done' | 'failed' | 'undoing' | 'undone'
  readonly undoable: boolean
  /** What it may take, whenever and wherever it is approved; absent where it may take anything. */
  readonly limits?: Limits
  readonly error?: WireError
}

/** What the router made of a request. */
export interface Decision extends Omit<Decided, 'parts'> {
  readonly parts: readonly DecisionPart[]
  /** Where nothing here surely does it: what others offer in Claude Code, best first. We only say how to use it. */
  readonly elsewhere?: readonly Elsewhere[]
}

export interface DecisionPart extends Omit<DecidedPart, 'alternatives'> {
  readonly alternatives: readonly Alternative[]
}

/** Something else that a part may mean; with `invoke` it is of others, and its confidence says how much of the part its texts have. */
export interface Alternative {
  readonly command: string
  readonly confidence: number
  readonly invoke?: string
}

type Routing = Pick<
  Decider,
  'actAbove' | 'learn' | 'remember' | 'explain' | 'within' | 'correct' | 'forget' | 'replay' | 'measure' | 'consult'
>

/** Plain words in, what they come to out. */
export interface Director {
  /** What a request means; a configured model is asked where the router is not sure. Runs nothing. */
  route(request: string, options?: Pick<RunOptions, 'headers'>): Promise<Routed>
  /**
   * Does what a request means as far as nobody has to agree: what only reads runs at once. What changes something is kept until a person
   * approves it: one command as a plan of the yard, several as a chain that waits. What would be over `limits` is not begun, then or later.
   * @throws BUDGET_EXCEEDED, what the commands throw
   */
  ask(request: string, options?: AskOptions): Promise<Answered>
}

export interface AskOptions extends RunOptions {
  /** What the whole may cost and how long it may take, whenever it runs. */
  limits?: Limits
}

/** A decision, and what the model said that was asked about it. */
type Routed = Decision & { readonly consulted?: Consulted }

/** What `director.ask` answers. */
export type Answered =
  | { readonly outcome: 'ask' | 'abstain'; readonly decision: Routed }
  | { readonly outcome: 'done'; readonly decision: Routed; readonly results: readonly PartResult[] }
  /** Nothing was done yet. The id is a plan's, or a chain's. */
  | { readonly outcome: 'planned'; readonly decision: Routed; readonly planned: PlannedRun }

/** What became of a part that only reads. */
export interface PartResult {
  readonly command: string
  readonly input: unknown
  /** skipped: what it depends on went the other way. */
  readonly state: 'done' | 'failed' | 'skipped'
  readonly result?: unknown
  readonly error?: WireError
}

/** Chains ask, people answer. */
export interface ChainTalk {
  /** What a chain asks, and what comes after it. @throws CHAIN_UNKNOWN, NOT_WAITING */
  question(chainId: string, step?: string): Promise<AskedByChain>
  /** Gives it the person's answer and follows it. @throws CHAIN_UNKNOWN, NOT_WAITING, CHAIN_ANSWER */
  answer(chainId: string, answer: { readonly value: unknown; readonly step?: string }, options?: FollowOptions): Promise<ChainReport>
  /** Waits until it has ended, or wants a word of a person who is not at hand; what it asks meanwhile is put to who is. @throws CHAIN_UNKNOWN */
  follow(chainId: string, options?: FollowOptions): Promise<ChainReport>
}

export interface FollowOptions {
  /** Ends the following, not the chain. */
  readonly signal?: AbortSignal
  /** Of the run that follows it: they say who is asked, also by what the chain calls. */
  readonly headers?: Partial<MessageHeaders>
  /** How long it is watched between questions before it is told as it stands. @default until it rests */
  readonly watchMs?: number
  /** Leaves texts and numbers that it asks for to the caller. @default false */
  readonly onlyApprovals?: boolean
}

/** What a chain asks a person. */
export interface AskedByChain {
  readonly chain: string
  readonly name: string
  /** Whose chain it is; absent for a person's. */
  readonly plugin?: string
  readonly step: string
  readonly question: string
  readonly wants: 'approval' | 'text' | 'number'
  readonly choices?: readonly string[]
  /** What comes after the answer. */
  readonly plan: Plan
  /** The most that this does. */
  readonly effect: Effect
}
