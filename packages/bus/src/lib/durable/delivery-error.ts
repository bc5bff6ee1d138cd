import { createHash } from 'node:crypto'
import { asSwitchyardError } from '@switchyard/contracts'
import type { DeadLetterReason, DeliveryError } from '../durable.ts'

/** What is kept of anything thrown. */
export function describeFailure(thrown: unknown): DeliveryError {
  const { code, message } = asSwitchyardError(thrown)
  const stack = thrown instanceof Error ? thrown.stack : undefined
  return { code, message, stackHash: stack === undefined ? '' : hashFrames(stack) }
}

/** The reason why an error makes a dead letter at once; undefined when another delivery may help. */
export function reasonOf(error: DeliveryError): DeadLetterReason | undefined {
  return error.code === 'SCHEMA_INVALID' || error.code === 'HANDLER_REJECTED' ? error.code : undefined
}

/** The message is left out: it often holds ids and times. */
function hashFrames(stack: string): string {
  const frames = stack.split('\n').filter((line) => line.startsWith('    at '))
  return createHash('sha256').update(frames.join('\n')).digest('hex').slice(0, 16)
}
