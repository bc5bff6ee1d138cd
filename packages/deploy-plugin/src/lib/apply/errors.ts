import { SwitchyardError } from '@switchyard/plugin-kit'
import type { Run } from './run.ts'

export const envFileMissing = (file: string): SwitchyardError =>
  new SwitchyardError('ENV_FILE_MISSING', `Cannot deploy as ${file} must be there: it is not`, {
    data: { file },
    next: 'switchyard deploy env create, or take it out of switchyard.deploy.json',
  })

export const envFileInvalid = (file: string, line: number, why: string): SwitchyardError =>
  new SwitchyardError('ENV_FILE_INVALID', `Cannot read ${file} as line ${line} must be right: ${why}`, { data: { file, line } })

export const stateDamaged = (path: string, host: string): SwitchyardError =>
  new SwitchyardError('DEPLOY_STATE_DAMAGED', `Cannot tell what runs on ${host} as ${path} must say it: it cannot be read`, {
    data: { path, host },
    next: 'put its backup in its place, or remove it and deploy anew',
  })

export const nothingToDeploy = (env: string): SwitchyardError =>
  new SwitchyardError('NOTHING_TO_DEPLOY', `Cannot deploy to "${env}" as something must have changed: everything is as it would be`, {
    data: { env },
    next: 'pass --again to start it anew all the same',
  })

export const nothingToReturn = (env: string): SwitchyardError =>
  new SwitchyardError('RELEASE_NOT_KEPT', `Cannot return "${env}" as a release from before what serves must be kept on the host: none is`, {
    data: { env },
    next: `see what was deployed: switchyard deploy history --env ${env}`,
  })

export const deployPlanStale = (what: string): SwitchyardError =>
  new SwitchyardError('DEPLOY_PLAN_STALE', `Cannot deploy as it must be what was planned: ${what}`, {
    data: { what },
    next: 'plan it again',
  })

export const lockHeld = (holder: string, since: string, host: string, elsewhere: boolean): SwitchyardError =>
  new SwitchyardError('DEPLOY_LOCKED', `Cannot deploy to ${host} as one at a time may: ${holder} does since ${since}`, {
    data: { holder, since, host },
    next: elsewhere
      ? 'wait for it, or, if that machine is gone for good: switchyard deploy unlock'
      : 'wait for it, or end that process first',
  })

export const lockAlive = (holder: string): SwitchyardError =>
  new SwitchyardError('DEPLOY_LOCK_ALIVE', `Cannot take the lock away as its holder must be dead: ${holder} runs`, { data: { holder } })

export const runUnknown = (run: number | undefined, env: string | undefined): SwitchyardError =>
  new SwitchyardError(
    'DEPLOY_RUN_UNKNOWN',
    `Cannot find ${run === undefined ? 'a deployment' : `deployment ${run}`} as it must have been made from this workspace${env === undefined ? '' : ` in "${env}"`}: it was not`,
    { data: { ...(run !== undefined && { run }), ...(env !== undefined && { env }) }, next: 'switchyard deploy history' },
  )

export const runNotOpen = (run: number, state: string): SwitchyardError =>
  new SwitchyardError('DEPLOY_RUN_ENDED', `Cannot go on with deployment ${run} as it must be unfinished: it is ${state}`, {
    data: { run, state },
    next: 'switchyard deploy history',
  })

export const alreadyRetired = (run: number): SwitchyardError =>
  new SwitchyardError(
    'DEPLOY_RETIRED',
    `Cannot take deployment ${run} back step by step as what ran before must still be there: it is being taken away`,
    { data: { run }, next: 'switchyard deploy undo completes it and returns' },
  )

export const notTakenBack = (run: number, steps: readonly string[]): SwitchyardError =>
  new SwitchyardError(
    'DEPLOY_HALF_MADE',
    `Cannot end deployment ${run} as taken back as each of its steps must be: these stand: ${steps.join(', ')}`,
    { data: { run, done: steps }, next: 'mend what stands in the way, then: switchyard deploy undo' },
  )

export const stepUnknown = (step: string): SwitchyardError =>
  new SwitchyardError('DEPLOY_STEP_UNKNOWN', `Cannot do step "${step}" as the deployment must have it: it has none of that name`, {
    data: { step },
  })

/** The deployment ended and what ran before serves again; the code is that of what stopped it. */
export const deployReturned = (
  { run, page, plan: { kind } }: Pick<Run, 'run' | 'page' | 'plan'>,
  code: string,
  message: string,
  next: string | undefined,
): SwitchyardError => {
  const outcome =
    kind === 'rehearsal' ? 'Nothing is left of the rehearsal, and what serves was never touched' : 'What ran before runs again'
  return new SwitchyardError(code, `${message}. ${outcome}${page === undefined ? '' : `; ${page} says why`}`, {
    data: { run, returned: true, ...(page !== undefined && { page }) },
    ...(next !== undefined && { next }),
  })
}

export const deployHalfMade = (
  run: number,
  code: string,
  message: string,
  outcome: { done: readonly string[]; notUndone: readonly { path: string; why: string }[]; state: string },
): SwitchyardError =>
  new SwitchyardError(
    'DEPLOY_HALF_MADE',
    `Cannot finish deployment ${run} as every step must succeed: ${message}. These steps stand: ${outcome.done.join(', ') || 'none'}`,
    {
      data: { run, code, ...outcome },
      next: 'switchyard deploy resume completes it, switchyard deploy undo takes it back',
    },
  )

export const noFreePort = (service: string): SwitchyardError =>
  new SwitchyardError(
    'NO_FREE_PORT',
    `Cannot start "${service}" as a port between 20000 and 29999 must be free on the host: none was found`,
    { data: { service } },
  )

export const releaseUnknown = (service: string, release: string, kept: readonly string[]): SwitchyardError =>
  new SwitchyardError(
    'RELEASE_NOT_KEPT',
    `Cannot go back to "${release}" of "${service}" as it must be kept on the host: ${kept.length === 0 ? 'none is' : `these are: ${kept.join(', ')}`}`,
    {
      data: { service, release, kept },
    },
  )

export const irreversible = (service: string, from: number, to: number, reversible: number): SwitchyardError =>
  new SwitchyardError(
    'MIGRATION_IRREVERSIBLE',
    `Cannot take "${service}" back from data level ${from} to ${to} as it can be taken back to ${reversible} at most: what was written since would be lost or unreadable`,
    { data: { service, from, to, reversible }, next: 'restore a backup (--restore), or pass --word "lose data" if you mean it' },
  )

export const backupUnknown = (volume: string): SwitchyardError =>
  new SwitchyardError(
    'BACKUP_MISSING',
    `Cannot restore the volume "${volume}" as a backup of it must be there: there is none of that time`,
    { data: { volume } },
  )

export const backupFailed = (volume: string, why: string): SwitchyardError =>
  new SwitchyardError('BACKUP_FAILED', `Cannot back up the volume "${volume}" as all of it must be written: ${why}`, { data: { volume } })

export const migrationFailed = (service: string, way: 'up' | 'down', exit: string, told: string): SwitchyardError =>
  new SwitchyardError(
    'MIGRATION_FAILED',
    `Cannot migrate the data of "${service}" ${way} as its command must succeed: it ended with ${exit}${told === '' ? '' : `: ${told}`}`,
    {
      data: { service, way },
    },
  )

export const restoreFailed = (volume: string, must: number, is: number): SwitchyardError =>
  new SwitchyardError(
    'RESTORE_FAILED',
    `Cannot restore the volume "${volume}" as all of its backup must be in it: ${is} of ${must} entries are`,
    {
      data: { volume },
    },
  )

export const replicasRefused = (service: string, why: string): SwitchyardError =>
  new SwitchyardError('REPLICAS_REFUSED', `Cannot run several of "${service}" as each must be able to stand beside the others: ${why}`, {
    data: { service, why },
  })
