import { type SwitchyardError, toWireError } from '@switchyard/contracts'
import type { LinkFrame } from '../link.ts'

/** What the link itself answers to a request that it could not deliver; no stack, as it would be ours and not the callee's. */
export function failureFrame(request: Pick<LinkFrame, 'call' | 'priority'>, error: SwitchyardError): LinkFrame {
  const { stack: _, ...payload } = toWireError(error)
  return {
    kind: 'failure',
    source: '',
    destination: '*',
    subject: '',
    peer: '',
    call: request.call,
    priority: request.priority,
    meta: undefined,
    payload,
  }
}
