import type { Clock } from '@switchyard/contracts'
import type { Registry } from '@switchyard/registry'
import type { Decider } from './decide.ts'
import { findElsewhere } from './elsewhere.ts'
import type { Metering } from './metering.ts'
import type { YardTraces } from './traces.ts'
import type { CommandInfo, Decision, RunOptions, Yard } from './yard.ts'

export interface RequestsParts {
  readonly decider: Decider
  readonly commands: ReadonlyMap<string, CommandInfo>
  readonly registry: () => Registry
  readonly traces: Pick<YardTraces, 'routed'>
  readonly metering: Metering
  readonly clock: Clock
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
    traces.routed({ decision: decided, startMs, endMs: nowMs(), stages, why: () => decider.explain(decided).explanation }, headers)
    if (decided.outcome === 'routed' || decided.asks === 'arguments') return decided
    // What nothing here surely does may be something that others offer.
    const pointed = decided.parts.filter(({ invoke }) => invoke !== undefined)
    const texts = pointed.length === 0 ? [request] : pointed.map(({ text }) => text)
    const found = texts.flatMap((text) => findElsewhere(text, registry()))
    const elsewhere = [...new Map(found.map((one) => [one.id, one])).values()]
    if (elsewhere.length === 0) return decided
    metering.fellBack('elsewhere')
    return { ...decided, elsewhere }
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
