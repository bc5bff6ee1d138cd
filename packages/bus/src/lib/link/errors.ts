import { SwitchyardError } from '@switchyard/contracts'

export const publishForbidden = (identity: string, topic: string): SwitchyardError =>
  new SwitchyardError('FORBIDDEN', `Cannot publish to "${topic}" as the grant of "${identity}" must allow it`, {
    data: { identity, topic },
  })

export const listenForbidden = (identity: string, pattern: string): SwitchyardError =>
  new SwitchyardError('FORBIDDEN', `Cannot listen to "${pattern}" as the grant of "${identity}" must cover it`, {
    data: { identity, pattern },
  })

export const callForbidden = (identity: string, subject: string): SwitchyardError =>
  new SwitchyardError('FORBIDDEN', `Cannot call "${subject}" as the grant of "${identity}" must allow it`, { data: { identity, subject } })

export const serveForbidden = (identity: string, subject: string): SwitchyardError =>
  new SwitchyardError('FORBIDDEN', `Cannot serve "${subject}" as "${identity}" may serve its own commands and what its grant hears`, {
    data: { identity, subject },
  })

export const notAttached = (identity: string): SwitchyardError =>
  new SwitchyardError('FORBIDDEN', `Cannot use the link as "${identity}" must be attached first`, { data: { identity } })

export const noResponder = (subject: string): SwitchyardError =>
  new SwitchyardError('NO_RESPONDER', `Cannot deliver the request "${subject}" as a process must serve it: none does`, {
    data: { subject },
  })

export const linkLost = (subject: string): SwitchyardError =>
  new SwitchyardError('LINK_LOST', `Cannot finish the request "${subject}" as its process must be connected: it is gone`, {
    data: { subject },
  })

export const receiverFull = (subject: string): SwitchyardError =>
  new SwitchyardError('QUEUE_FULL', `Cannot deliver the request "${subject}" as its process must take frames: too many wait for it`, {
    data: { subject },
  })

export const frameTooLarge = (subject: string, bytes: number, maxBytes: number): SwitchyardError =>
  new SwitchyardError('PAYLOAD_TOO_LARGE', `Cannot send "${subject}" as a frame must have at most ${maxBytes} bytes: it has ${bytes}`, {
    data: { subject, bytes, maxBytes },
  })

export const linkClosed = (): SwitchyardError => new SwitchyardError('BUS_CLOSED', 'Cannot use the link as it must be open: it is closed')

export const untrusted = (path: string, why: string): SwitchyardError =>
  new SwitchyardError('HUB_UNTRUSTED', `Cannot use the hub at "${path}" as only this user may reach it: ${why}`, {
    data: { path },
    next: `Remove "${path}" if you do not know who made it, then start again`,
    retryable: false,
  })

export const hubUnreachable = (path: string, cause: unknown): SwitchyardError =>
  new SwitchyardError('LINK_LOST', `Cannot reach the hub at "${path}" as a process must open it: none could in time`, {
    data: { path },
    cause,
  })
