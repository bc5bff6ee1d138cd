import { SwitchyardError } from '@switchyard/contracts'

export const runUnknown = (id: string): SwitchyardError =>
  new SwitchyardError('TRACE_UNKNOWN', `Cannot show the run "${id}" as it must have been traced in this workspace`, {
    data: { run: id },
    next: 'switchyard trace list',
  })

export const spanUnknown = (id: string): SwitchyardError =>
  new SwitchyardError('NOT_FOUND', `Cannot show the span "${id}" as it must be one of this run`, { data: { span: id } })

export const letterUnknown = (id: number): SwitchyardError =>
  new SwitchyardError('NOT_FOUND', `Cannot find the dead letter ${id} as it must still lie there: it was replayed or discarded`, {
    data: { letter: id },
  })

export const pageMissing = (folder: string, cause?: unknown): SwitchyardError =>
  new SwitchyardError('PAGE_MISSING', `Cannot show the page as it must have been built into ${folder}: it is not there`, {
    data: { folder },
    cause,
    next: 'npm run build, or switchyard trace show ID',
  })

export const pageBroken = (cause: unknown): SwitchyardError =>
  new SwitchyardError('PAGE_BROKEN', 'Cannot show the page as its sources must be free of mistakes: they could not be built', { cause })

export const portTaken = (port: number): SwitchyardError =>
  new SwitchyardError('USAGE', `Cannot open the page as port ${port} must be free: another program listens there`, {
    data: { port },
    next: 'switchyard trace view, which takes one that is free',
  })
