import { createHash } from 'node:crypto'
import { asSwitchyardError } from '@switchyard/contracts'
import type { DeadLetterReason, DeliveryError } from '../durable.ts'

const MAX_CAUSES = 10

/** What is kept of anything thrown. */
export function describeFailure(thrown: unknown): DeliveryError {
  const { code, message } = asSwitchyardError(thrown)
  return { code, message, stackHash: hashOrigin(thrown) }
}

function hashOrigin(thrown: unknown): string {
  try {
    const stack = originOf(thrown)?.stack
    return typeof stack === 'string' ? hashFrames(stack) : ''
  } catch {
    // Something that throws when looked at, such as a revoked proxy.
    return ''
  }
}

/** The reason why an error makes a dead letter at once; undefined when another delivery may help. */
export function reasonOf(error: DeliveryError): DeadLetterReason | undefined {
  return error.code === 'SCHEMA_INVALID' || error.code === 'HANDLER_REJECTED' ? error.code : undefined
}

/** Where it began: an error that was wrapped on its way shows the same place for every cause. */
function originOf(thrown: unknown): Error | undefined {
  let origin = thrown instanceof Error ? thrown : undefined
  for (let depth = 0; depth < MAX_CAUSES && origin?.cause instanceof Error; depth++) origin = origin.cause
  return origin
}

/** The message is left out: it often holds ids and times. */
function hashFrames(stack: string): string {
  const frames = stack.split('\n').filter((line) => line.startsWith('    at '))
  return createHash('sha256').update(frames.join('\n')).digest('hex').slice(0, 16)
}
