import type { Clock } from '@switchyard/contracts'
import type { Registry } from '@switchyard/registry'
import type { Decider } from './decide.ts'
import { type Elsewhere, findElsewhere } from './elsewhere.ts'
import type { Metering } from './metering.ts'
import type { YardTraces } from './traces.ts'
import type { Alternative, CommandInfo, Decision, DecisionPart, RunOptions, Yard } from './yard.ts'

export interface RequestsParts {
  readonly decider: Decider
  readonly commands: ReadonlyMap<string, CommandInfo>
  readonly registry: () => Registry
  readonly traces: Pick<YardTraces, 'routed'>
  readonly metering: Metering
  readonly clock: Clock
  /** Tells whoever listens what was decided. */
  readonly tell: (decided: Decision) => void
  /** Nothing is opened any more then. */
  readonly isClosing: () => boolean
}

/** How a yard reads requests: the router, with a trace of each decision and its figures. */
export function createRequests({
  decider,
  commands,
  registry,
  traces,
  metering,
  clock,
  tell,
  isClosing,
}: RequestsParts): Pick<Yard, 'decide' | 'routing'> {
  function decide(request: string, { headers }: Pick<RunOptions, 'headers'> = {}): Decision {
    const startMs = clock.now()
    const startedMs = clock.monotonicMs()
    const nowMs = (): number => startMs + clock.monotonicMs() - startedMs
    const stages: { name: string; startMs: number }[] = []
    const decided = decider.decide(request, (name) => stages.push({ name, startMs: nowMs() }))
    metering.decided(decided, nowMs() - startMs)
    if (decided.outcome === 'routed') setImmediate(expect, decided)
    tell(decided)
    traces.routed({ decision: decided, startMs, endMs: nowMs(), stages, why: () => decider.explain(decided).explanation }, headers)
    if (decided.outcome === 'routed' || decided.asks === 'arguments') return decided
    return withOthers(decided)
  }

  /** What nothing here surely does may be something that others offer: that is one question, about the closest of both. */
  function withOthers(decided: Decision): Decision {
    // Of several parts those are that are unlikely; a single one is where it is asked about at all, for whatever reason.
    const isDoubtful = ({ invoke, confidence }: DecisionPart): boolean =>
      invoke !== undefined || (decided.asks === 'command' && (decided.parts.length === 1 || confidence < decider.actAbove()))
    const doubtful = decided.parts.filter(isDoubtful)
    const texts = doubtful.length === 0 ? [decided.request] : doubtful.map(({ text }) => text)
    const found = new Map(texts.map((text) => [text, findElsewhere(text, registry())]))
    const elsewhere = [...new Map([...found.values()].flat().map((one) => [one.id, one])).values()]
    if (elsewhere.length === 0) return decided
    metering.fellBack('elsewhere')
    const parts = decided.parts.map((part) =>
      part.invoke === undefined && isDoubtful(part) ? { ...part, alternatives: closestOf(part, found.get(part.text) ?? []) } : part,
    )
    return { ...decided, parts, elsewhere }
  }

  /** Looked up once the answer is out, as the registry may have to be opened for it. */
  function expect({ parts }: Decision): void {
    if (isClosing()) return
    for (const { command } of parts) {
      const { latencyMs, costUsd = commands.get(command)?.definition.costUsd ?? 0 } = registry().figures(command)
      metering.expect(command, { durationMs: latencyMs, costUsd })
    }
  }

  return {
    decide,
    routing: {
      ...decider,
      correct(request, command) {
        const changed = decider.correct(request, command)
        metering.corrected()
        return changed
      },
      remember(request, command) {
        const changed = decider.remember(request, command)
        if (changed !== undefined) metering.corrected()
        return changed
      },
      async consult(decision) {
        const startedMs = clock.monotonicMs()
        const answer = await decider.consult(decision)
        if (answer.consulted === undefined) return answer
        metering.fellBack('model')
        metering.asked(answer.consulted, clock.monotonicMs() - startedMs)
        return answer
      },
    },
  }
}

/** Beside the part's own command; more than three answers are no question. */
const MOST_ALTERNATIVES = 2
/** What is less sure than this is no answer worth offering. */
const NAMEABLE = 0.01

/** The runner-up here as far as it is near, and the best of what others offer. */
function closestOf({ alternatives }: DecisionPart, elsewhere: readonly Elsewhere[]): readonly Alternative[] {
  if (elsewhere.length === 0) return alternatives
  const own = alternatives.filter(({ confidence }) => confidence >= NAMEABLE).slice(0, MOST_ALTERNATIVES - 1)
  const others = elsewhere.map(({ id, coverage, invoke }) => ({ command: id, confidence: coverage, invoke }))
  return [...own, ...others].slice(0, MOST_ALTERNATIVES)
}
