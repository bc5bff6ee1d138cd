import type { Clock } from '@switchyard/contracts'
import type { Log, Plugin } from '@switchyard/plugin-kit'
import type { Figures } from '@switchyard/registry'
import {
  type CommandFigures,
  type Decided,
  type DecidedPart,
  type DecideOptions,
  type DecisionEvaluation,
  type DecisionExplanation,
  decide,
  type Estimate,
  estimateOf,
  evaluateDecisions,
  explainDecision,
  type Limits,
  type PriceTable,
  type RouterModel,
  route,
  type SlotValues,
} from '@switchyard/router'
import type { Store } from '@switchyard/store'
import { unknownCommand } from './errors.ts'
import { type Fit, fitOf } from './fit.ts'
import { labelledRequests } from './labelled-requests.ts'
import type { Consulted, ModelSettings } from './model-router.ts'
import { type PluginLifeSigns, profileOf } from './plugin-profile.ts'
import { createFacts, loadModel } from './router-knowledge.ts'
import { createRouterMemory, mayHoldSecret, type RouterMemory } from './router-memory.ts'
import type { CommandInfo } from './yard.ts'

export interface DecideParts {
  readonly store: Store
  readonly clock: Clock
  readonly plugins: readonly Plugin[]
  readonly commands: ReadonlyMap<string, CommandInfo>
  /** What this workspace calls its things, by the name of the argument. */
  readonly names: () => SlotValues
  /** What runs have told of a command; undefined before its first. */
  readonly runsOf?: (command: string) => Pick<Figures, 'latencyMs' | 'success' | 'costUsd'> | undefined
  readonly lifeOf?: (plugin: string) => PluginLifeSigns | undefined
  /** Why a plugin is down; undefined where it is not. */
  readonly downOf?: (plugin: string) => string | undefined
  /** What others offer for what nothing here does. */
  readonly elsewhere?: DecideOptions['elsewhere']
  /** A model that may be asked; absent where none is configured or its key is not there. */
  readonly model?: { readonly settings: ModelSettings; readonly key: string }
  /** A model of the commands that was made before; it is not used where it was learned from others. */
  readonly learned?: () => Uint8Array | undefined
  readonly prices?: PriceTable
  /** Told before it learns the commands, which takes seconds. */
  readonly onLearn?: (() => void) | undefined
  readonly log: Log
}

export interface Decider {
  /** Tells `onStage` as each stage begins. */
  decide(request: string, onStage?: DecideOptions['onStage']): Decided
  /** Remembers what a request means, from now on; says which of the requests it knew are read otherwise now. @throws UNKNOWN_COMMAND */
  correct(request: string, command: string): readonly Changed[]
  /** The same for what a person answered when asked what a request means; undefined where it may hold a secret, which is kept nowhere. */
  remember(request: string, command: string): readonly Changed[] | undefined
  /** Takes a correction back. Whether there was one. */
  forget(request: string): boolean
  /** Learns the commands if they are others than were learned, so that the first request need not wait for that. */
  learn(): void
  /** From this confidence on a command is run unasked. */
  actAbove(): number
  /** Why it was decided so, what would have changed it, and what it takes. */
  explain(decision: Decided, limits?: Limits): { readonly estimate: LikelyEstimate; readonly explanation: DecisionExplanation }
  /** Whether a decision stays within a budget and a time, and what would have to be left out. */
  within(decision: { readonly parts: readonly Pick<DecidedPart, 'command' | 'after'>[] }, limits: Limits): Fit
  /** What a run of a command is likely to take, by its runs before. */
  figuresOf(command: string): CommandFigures
  /** What was decided before and would be decided otherwise now. */
  replay(): { readonly decisions: number; readonly changed: readonly Replayed[] }
  /** The decision, or a model's where one is configured and the router does not know which command is meant. */
  consult(decision: Decided): Promise<Decided & { readonly consulted?: Consulted }>
  /** How well requests are read here: those that the plugins bring along, requests of several parts, and those that nothing here does. */
  measure(): Promise<DecisionEvaluation>
}

/** What a decision takes, and the chance that all of it goes well, by the runs of its commands before. */
export interface LikelyEstimate extends Estimate {
  readonly success: number
}

/** A request that is read otherwise than before: as another command, or asked about where it was done at once. */
export interface Changed {
  readonly request: string
  /** Commands, in order; empty where it abstained. */
  readonly before: readonly string[]
  readonly after: readonly string[]
  /** There only where the command is the same, and it is not done at once any more. */
  readonly outcomes?: Outcomes
}

type Outcomes = readonly [before: Decided['outcome'], after: Decided['outcome']]

/** A request that was decided before, and is decided otherwise now: another command, another outcome, or other arguments. */
export interface Replayed extends Changed {
  readonly outcomes: Outcomes
  /** Of each part, by name; there only where the commands are the same and these are not. */
  readonly args?: readonly [before: readonly Arguments[], after: readonly Arguments[]]
}

type Arguments = Readonly<Record<string, unknown>>

/** Decides what a request means; learns from the commands at the first request and keeps the model by the hash of what it was learned from. */
export function createDecider({
  store,
  clock,
  plugins,
  commands,
  names,
  runsOf,
  lifeOf,
  downOf,
  elsewhere,
  model: asked,
  learned: shipped,
  prices,
  onLearn,
  log,
}: DecideParts): Decider {
  let opened: RouterMemory | undefined
  let model: RouterModel | undefined
  const known = elsewhere === undefined ? {} : { elsewhere }
  const facts = createFacts(commands)

  function memory(): RouterMemory {
    opened ??= createRouterMemory(store)
    return opened
  }

  function learned(): RouterModel {
    model ??= loadModel(store, commands, memory().corrections(), { shipped, onLearn })
    return model
  }

  function figuresOf(id: string): CommandFigures {
    const definition = commands.get(id)?.definition
    // What others do takes its time elsewhere.
    if (definition === undefined) return { durationMs: 0, costUsd: 0 }
    const { effect, costUsd = 0 } = definition
    const runs = runsOf?.(id)
    return { durationMs: runs?.latencyMs ?? USUAL_MS[effect], costUsd: runs?.costUsd ?? costUsd }
  }

  function decideNow(request: string, more: Partial<Pick<DecideOptions, 'onStage' | 'elsewhere' | 'nowMs'>> = {}): Decided {
    // A plugin is looked up once a request, however many of its commands that asks for.
    const down = new Map<string, string | undefined>()
    const lookedUp = (plugin: string): string | undefined => {
      if (!down.has(plugin)) down.set(plugin, downOf?.(plugin))
      return down.get(plugin)
    }
    return decide(learned(), request, {
      facts,
      names: names(),
      nowMs: clock.now(),
      downOf: (id) => lookedUp(commands.get(id)?.plugin ?? ''),
      ...(runsOf !== undefined && { successOf: (id: string) => runsOf(id)?.success ?? 1 }),
      ...more,
    })
  }

  /** Everything that is known to mean a certain command, as it is read now, and what is done about it. */
  function readAll(): ReadonlyMap<string, { readonly command: string; readonly outcome: Decided['outcome'] }> {
    const current = learned()
    const texts = [...commands.values()].flatMap(({ definition }) => definition.examples)
    const corrected = memory()
      .corrections()
      .map(({ request }) => request)
    return new Map(
      [...texts, ...corrected].map((text) => {
        const command = route(current, text, { limit: 1 }).ranked[0]?.id ?? ''
        return [text, { command, outcome: decideNow(text).outcome }]
      }),
    )
  }

  function relearn(change: () => void): readonly Changed[] {
    const before = readAll()
    change()
    model = undefined
    const after = readAll()
    return [...before].flatMap(([request, was]): readonly Changed[] => {
      const is = after.get(request)
      if (is === undefined) return []
      const changed = { request, before: [was.command], after: [is.command] }
      if (is.command !== was.command) return [changed]
      return was.outcome === 'routed' && is.outcome !== 'routed' ? [{ ...changed, outcomes: [was.outcome, is.outcome] }] : []
    })
  }

  function correct(request: string, command: string): readonly Changed[] {
    if (!commands.has(command)) throw unknownCommand(command)
    return relearn(() => memory().correct({ request, command }, clock.now()))
  }

  function remembered(request: string, onStage?: DecideOptions['onStage']): Decided {
    const nowMs = clock.now()
    const decided = decideNow(request, { ...known, nowMs, ...(onStage !== undefined && { onStage }) })
    memory()
      .keep(decided, nowMs)
      .catch((error: unknown) => log.warn('failed keeping a decision', { error: String(error) }))
    return decided
  }

  return {
    decide: remembered,
    learn: () => void learned(),
    actAbove: () => learned().calibration.actAbove,
    correct,
    remember: (request, command) => (mayHoldSecret(request) ? undefined : correct(request, command)),
    forget(request) {
      model = undefined
      return memory().forget(request)
    },
    within: ({ parts }, limits) => fitOf(parts, figuresOf, limits),
    figuresOf,
    explain(decision, limits) {
      const profiles = plugins.map((plugin) => profileOf(plugin, lifeOf?.(plugin.name)))
      const explanation = explainDecision(learned(), decision, profiles, prices, limits)
      const parts = explanation.parts.map((part, i) =>
        decision.parts[i]?.invoke === undefined ? part : { ...part, wouldChange: 'a plugin here that does it' },
      )
      const success = decision.parts.reduce(
        (product, { command, invoke }) => product * (invoke === undefined ? (runsOf?.(command)?.success ?? 1) : 1),
        1,
      )
      return { estimate: { ...estimateOf(decision, figuresOf), success }, explanation: { ...explanation, parts } }
    },
    replay() {
      const kept = memory().decisions()
      const changed = kept.flatMap(({ decision, atMs }) => {
        // Of "yesterday" it is not the day that matters on which it is decided anew.
        const again = decideNow(decision.request, { ...known, nowMs: atMs })
        return replayed(decision, again) ?? []
      })
      return { decisions: kept.length, changed }
    },
    async consult(decision) {
      const isUnsure = decision.outcome === 'abstain' || decision.asks === 'command' || decision.asks === 'elsewhere'
      // What is refused in so many words, and what asks for several things, is nothing that a model is needed for.
      if (
        asked === undefined ||
        !isUnsure ||
        decision.parts.length > 1 ||
        decision.refused.length > 0 ||
        decision.request.trim() === '' ||
        mayHoldSecret(decision.request)
      )
        return decision
      const { askModel } = await import('./model-router.ts')
      return askModel(decision, { ...asked, commands })
    },
    async measure() {
      const requests = await labelledRequests(plugins, commands)
      decideNow('')
      return evaluateDecisions(requests, (request) => decideNow(request), {
        name: 'workspace',
        destroys: (id) => commands.get(id)?.definition.effect === 'destroy',
        facts,
      })
    },
  }
}

/** Undefined where nothing is otherwise. */
function replayed(before: Decided, after: Decided): Replayed | undefined {
  const commandsOf = ({ outcome, parts }: Decided): readonly string[] => (outcome === 'abstain' ? [] : parts.map(({ command }) => command))
  const argsOf = ({ parts }: Decided): readonly Arguments[] =>
    parts.map(({ args }) => Object.fromEntries(Object.entries(args).map(([name, { value }]) => [name, value])))
  const [commands, args] = [
    [commandsOf(before), commandsOf(after)],
    [argsOf(before), argsOf(after)],
  ] as const
  const isSame = ([one, other]: readonly [unknown, unknown]): boolean => JSON.stringify(one) === JSON.stringify(other)
  const outcomes = [before.outcome, after.outcome] as const
  if (isSame(commands) && isSame(outcomes) && isSame(args)) return undefined
  return {
    request: before.request,
    before: commands[0],
    after: commands[1],
    outcomes,
    ...(isSame(commands) && !isSame(args) && { args }),
  }
}

/** What a run takes of which nothing is known yet. */
const USUAL_MS = { read: 1_000, write: 5_000, destroy: 5_000 } as const
