import { SwitchyardError } from '@switchyard/plugin-kit'

export const deploymentUnknown = (id: number): SwitchyardError =>
  new SwitchyardError('DEPLOYMENT_UNKNOWN', `Cannot find deployment ${id} as it must be one of this workspace: there is none`, {
    data: { id },
    next: 'see them with: switchyard deploy history',
  })

export const deploymentUnfinished = (
  { env, service }: { env: string; service: string },
  holder: { id: number; kind: string; who: string; since: string; runs: boolean },
): SwitchyardError =>
  new SwitchyardError(
    'DEPLOYMENT_UNFINISHED',
    `Cannot deploy "${service}" to "${env}" as its last deployment must have ended: ${holder.id} of ${holder.who} ` +
      (holder.runs ? `runs since ${holder.since}` : `began at ${holder.since} and its process is gone`),
    {
      data: { env, service, deployment: holder.id, runs: holder.runs },
      next: holder.runs
        ? 'wait for it: switchyard deploy status'
        : holder.kind === 'destroy'
          ? `finish it: switchyard deploy destroy --env ${env}`
          : 'go on with it: switchyard deploy resume',
    },
  )

export const deploymentEnded = (id: number, state: string): SwitchyardError =>
  new SwitchyardError('DEPLOYMENT_ENDED', `Cannot go on with deployment ${id} as it must be unfinished: it is ${state}`, {
    data: { id, state },
    next: `see it with: switchyard deploy history --id ${id}`,
  })

export const deploymentTaken = ({ id, env }: { id: number; env: string }, pid: number, isElsewhere: boolean): SwitchyardError =>
  new SwitchyardError(
    'DEPLOYMENT_TAKEN',
    `Cannot go on with deployment ${id} as no other process may run it: process ${pid}${isElsewhere ? ' of another machine or container' : ''} does`,
    {
      data: { id, pid, isElsewhere },
      next: isElsewhere
        ? `wait until it has ended; if that machine is gone: switchyard deploy unlock --env ${env}`
        : 'wait until it has ended, or end that process first',
    },
  )

export const cursorInvalid = (cursor: string): SwitchyardError =>
  new SwitchyardError('CURSOR_INVALID', `Cannot go on with the list as the cursor must be one that it gave: current value is "${cursor}"`, {
    next: 'leave the cursor out',
  })
