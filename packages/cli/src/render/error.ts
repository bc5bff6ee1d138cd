import { isSwitchyardError, toWireError } from '@switchyard/contracts'
import { type Look, paint, plain } from './look.ts'

/** What went wrong and what to do next, in as few lines as that takes. */
export function renderError(error: unknown, look: Look): string {
  const message = plain(messageOf(error))
  const next = isSwitchyardError(error) ? error.next : undefined
  const [first = '', ...others] = message.split('\n')
  const lines = [`${paint(look, 'red', '✗')} ${first}`, ...others.map((line) => `  ${line}`)]
  if (next !== undefined) lines.push(`${paint(look, 'cyan', '→')} ${plain(next)}`)
  return lines.join('\n')
}

/** The same as a document; stack and causes stay out of it. */
export function errorDocument(error: unknown): Readonly<Record<string, unknown>> {
  const { stack: _stack, cause: _cause, message, ...rest } = toWireError(error)
  return { error: { ...rest, message: message === '' ? 'unknown' : messageOf(error) } }
}

function messageOf(error: unknown): string {
  if (error instanceof Error || isSwitchyardError(error)) return error.message || error.name
  return String(error)
}
