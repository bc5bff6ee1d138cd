import type { Bus, BusClient } from '@switchyard/bus'
import type { Clock } from '@switchyard/contracts'
import { type Log, type PayloadOf, routingDecision } from '@switchyard/plugin-kit'
import { mayHoldSecret } from './router-memory.ts'
import type { Decision } from './yard.ts'

export interface TellParts {
  readonly bus: Bus
  readonly clock: Clock
  readonly log: Log
}

/** Tells plugins that listen what each request was taken for, in the name of the router. */
export function tellDecisions({ bus, clock, log }: TellParts): (decision: Decision) => void {
  let speaker: BusClient | undefined
  return ({ request, outcome, parts, strategy }) => {
    const payload: PayloadOf<typeof routingDecision> = {
      ...(!mayHoldSecret(request) && { request }),
      outcome,
      parts: parts.map(({ command, confidence, alternatives }) => ({
        command,
        confidence,
        fallbacks: alternatives.map((one) => one.command),
      })),
      strategy,
      at: new Date(clock.now()).toISOString(),
    }
    speaker ??= bus.connect('router')
    speaker
      .publish(routingDecision.name, payload)
      .catch((error: unknown) => log.warn('failed telling of a decision', { error: String(error) }))
  }
}
