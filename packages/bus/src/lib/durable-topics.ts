import { asSwitchyardError, type Message } from '@switchyard/contracts'
import type { BusOptions, MessageContext, MessageHandler, SubscribeOptions } from './api.ts'
import { BaseContext, type Outlet } from './context.ts'
import type { Core } from './core.ts'
import { createDurableLog } from './durable/durable-log.ts'
import type { DeadLetter, Delivery, DurableLog, DurableSubscription } from './durable.ts'
import { type Cause, type Envelope, headersOf, rootOf, spanOf } from './envelope.ts'
import { invalid } from './errors.ts'
import type { Durably } from './exchange.ts'
import { inherited } from './headers.ts'
import { readTraceparent, Trace } from './ids.ts'

/** The log behind a bus; undefined without rules. @throws VALIDATION when there are rules and no store */
export function openLog(core: Core, { durable, store }: BusOptions, onDeadLetter: (letter: DeadLetter) => void): DurableLog | undefined {
  if (durable === undefined) return undefined
  if (store === undefined) throw invalid('create a bus', 'durable topics need a store')
  return createDurableLog({
    store,
    rules: durable,
    clock: core.clock,
    random: core.random,
    onDeadLetter,
    onEvent: (event) => core.emit('durable', event),
  })
}

/** How the exchange hands a message to the log. */
export function durably(log: DurableLog): Durably {
  return {
    isDurable: (topic) => log.isDurable(topic),
    async append(envelope: Envelope) {
      const { terms } = envelope
      const { sequence } = await log.append({
        messageId: envelope.messageId,
        topic: envelope.topic,
        source: envelope.source,
        destination: terms.destination,
        messageType: terms.messageType,
        priority: envelope.priority,
        headers: headersOf(envelope),
        payload: envelope.payload,
        correlationId: terms.correlationId,
        causationId: envelope.causationId,
        idempotencyKey: terms.idempotencyKey,
        sentAtMs: envelope.sentAtMs,
        expiresAtMs: terms.expiresAtWallMs,
      })
      return sequence
    },
  }
}

/** A subscription whose place is kept under a name. */
export function subscribeDurably(
  core: Core,
  log: DurableLog,
  outlet: Outlet & { readonly identity: string },
  pattern: string,
  handler: MessageHandler,
  options: SubscribeOptions & { readonly name: string },
): DurableSubscription {
  const { name, from, ack, timeoutMs, maxDeliveries, concurrency, filter, observe } = options
  return log.subscribe({
    // Two plugins may choose one name, and must not take each other's messages.
    name: `${outlet.identity}/${name}`,
    pattern,
    ...(from !== undefined && { from }),
    ...(ack !== undefined && { ack }),
    ...(timeoutMs !== undefined && { visibilityMs: timeoutMs }),
    ...(maxDeliveries !== undefined && { maxDeliveries }),
    ...(concurrency !== undefined && { concurrency }),
    ...(filter !== undefined && { filter }),
    ...(observe !== true && { receiver: outlet.identity }),
    async handler(message, delivery) {
      const cause = causeOf(core, message)
      const end = core.hooks.delivered === undefined ? undefined : startSpan(core, cause, message, outlet.identity, pattern)
      try {
        const result = await handler(message.payload, message, new LogContext(outlet, cause, message, delivery))
        end?.(undefined)
        return result
      } catch (error) {
        end?.(asSwitchyardError(error).code)
        core.handlersFailed++
        core.emit('handler-failed', { identity: outlet.identity, pattern, topic: message.topic, error })
        throw asSwitchyardError(error)
      }
    },
  })
}

/** What the handler of a named subscription is given. */
class LogContext extends BaseContext implements MessageContext {
  readonly message: Message
  readonly delivery: Delivery

  constructor(outlet: Outlet, cause: Cause, message: Message, delivery: Delivery) {
    super(outlet, cause)
    this.message = message
    this.delivery = delivery
  }

  get signal(): AbortSignal {
    return this.delivery.signal
  }

  progress(): void {}
}

function startSpan(core: Core, cause: Cause, message: Message, identity: string, pattern: string): (code: string | undefined) => void {
  const startMs = core.clock.monotonicMs()
  const trace = new Trace(core.ids, rootOf(cause), cause.handling!, spanOf(cause))
  return (code) =>
    core.tell(core.hooks.delivered, {
      message,
      identity,
      pattern,
      trace,
      startedAtMs: core.wallMs(startMs),
      durationMs: core.clock.monotonicMs() - startMs,
      code,
    })
}

function causeOf(core: Core, message: Message): Cause {
  const { traceparent, ...others } = message.headers
  const parent = readTraceparent(core.ids, traceparent)
  return {
    ids: core.ids,
    number: core.ids.next(),
    foreign: { id: message.messageId, span: parent?.span ?? '' },
    ...(core.hooks.delivered !== undefined && { handling: core.ids.next() }),
    source: message.source,
    root: parent?.root,
    parentSpan: 0,
    extra: inherited(others as Record<string, string>),
    idempotencyKey: message.idempotencyKey,
    deadlineAtMs: Number.POSITIVE_INFINITY,
  }
}
