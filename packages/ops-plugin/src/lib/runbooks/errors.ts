import { SwitchyardError } from '@switchyard/plugin-kit'

export const runbookUnknown = (name: string, known: readonly string[]): SwitchyardError =>
  new SwitchyardError(
    'RUNBOOK_UNKNOWN',
    `Cannot find runbook "${name}" as it must be one that comes along, or a Markdown file of the project`,
    {
      data: { name, known },
      next: 'switchyard ops runbook list',
    },
  )

export const runbookInvalid = (file: string, problems: readonly string[]): SwitchyardError =>
  new SwitchyardError('RUNBOOK_INVALID', `Cannot run ${file} as each of its steps must be runnable: ${problems.join('; ')}`, {
    data: { file, problems },
  })

export const valueInvalid = (name: string, found: string): SwitchyardError =>
  new SwitchyardError('RUNBOOK_VALUE', `Cannot hand ${name} to the runbook as ${found}`, { data: { name } })

export const runState = (run: number, doing: string, status: string): SwitchyardError =>
  new SwitchyardError('RUN_STATE', `Cannot ${doing} runbook execution ${run} as its state must allow that: it is ${status}`, {
    data: { run, status },
    next: `switchyard ops runbook get --run ${run}`,
  })

export const stepOrder = (run: number, step: number, next: number): SwitchyardError =>
  new SwitchyardError('STEP_ORDER', `Cannot run step ${step} of execution ${run} as steps go one after another: the next is ${next}`, {
    data: { run, step, next },
  })

export const stepFailed = (run: number, step: number, name: string, why: string): SwitchyardError =>
  new SwitchyardError('STEP_FAILED', `Cannot finish step ${step}, "${name}", as it must end as the runbook says: ${why}`, {
    data: { run, step, why },
    next: `mend what is wrong, then: switchyard ops runbook resume --run ${run}`,
  })

export const stepInterrupted = (run: number, step: number, name: string): SwitchyardError =>
  new SwitchyardError(
    'STEP_INTERRUPTED',
    `Cannot tell whether step ${step}, "${name}", was done as nothing says how it ended: the machine or the process went down while it ran`,
    { data: { run, step }, next: `look, then: switchyard ops runbook resume --run ${run} --assume done (or: --assume again)` },
  )

export const runFailed = (run: number, runbook: string, why: string, next?: string): SwitchyardError =>
  new SwitchyardError('RUN_FAILED', `Cannot finish runbook "${runbook}" as all of its steps must succeed: ${why}`, {
    data: { run },
    next: next ?? `switchyard ops runbook get --run ${run}, then: switchyard ops runbook resume --run ${run}`,
  })

export const updateUnsupported = (project: string, missing: string): SwitchyardError =>
  new SwitchyardError('UPDATE_UNSUPPORTED', `Cannot update the dependencies of ${project} as it must have ${missing}: it has none`, {
    data: { project, missing },
  })

export const updateFailed = (project: string, why: string): SwitchyardError =>
  new SwitchyardError('UPDATE_FAILED', `Cannot update the dependencies of ${project} as npm must succeed, so all is as it was: ${why}`, {
    data: { project, why },
  })
