import type { ChainData } from '@switchyard/plugin-kit'
import { type DeployPlan, isScaling, type ServicePlan, slotsAfter, slotsEnded, slotsStarted } from './plan.ts'
import type { Run } from './run.ts'

/** One step of a run, as people are told of it; each names its environment. */
export interface DeployStep {
  readonly id: string
  readonly says: string
  /** What can be completed from here on, and is not taken back by itself any more. */
  readonly pivot?: true
}

/** What a run does, in order. */
export const stepsOf = (plan: DeployPlan): DeployStep[] => (plan.kind === 'rehearsal' ? rehearsalSteps(plan) : deploymentSteps(plan))

type Add = (id: string, one: ServicePlan, says: string, pivot?: boolean) => void

const addTo =
  (steps: DeployStep[], env: string): Add =>
  (id, one, says, pivot = false) => {
    steps.push({ id: `${id}:${one.service}`, says: `${env}: ${says}`, ...(pivot && { pivot }) })
  }

function deploymentSteps({ env, services }: DeployPlan): DeployStep[] {
  const steps: DeployStep[] = [{ id: 'begin', says: `${env}: take the lock and see that everything is as planned` }]
  const add = addTo(steps, env)
  for (const one of services) if (one.fetch !== 'none' && !isScaling(one)) add('fetch', one, `${one.fetch} ${one.to.reference}`)
  for (const one of services) {
    const { service, strategy, from } = one
    const started = slotsStarted(one).join(', ')
    if (strategy === 'replace' && from !== undefined) add('halt', one, `stop ${service} in ${from.slot}`)
    if (Object.keys(one.backup).length > 0) add('backup', one, `back up ${Object.keys(one.backup).join(', ')}`)
    if (Object.keys(one.restore).length > 0) add('restore', one, `put ${Object.keys(one.restore).join(', ')} back`)
    if (one.migrate !== 'none') add('migrate', one, `migrate the data of ${service} ${one.migrate}`)
    if (started === '') continue
    add('start', one, `start ${service} in ${started}`)
    add('gate', one, `watch ${service} in ${started}`)
  }
  for (const one of services) add('switch', one, `let ${one.service} serve from ${slotsAfter(one).join(', ')}`)
  for (const one of services)
    if (slotsEnded(one).length > 0 && one.strategy === 'beside')
      add('drain', one, `wait for the last requests of ${one.service} in ${slotsEnded(one).join(', ')}`)
  // Written before anything of the release before is gone: whoever looks at the host then knows what serves.
  steps.push({ id: 'record', says: `${env}: write down what serves` })
  for (const one of services)
    if (slotsEnded(one).length > 0) add('retire', one, `end ${one.service} in ${slotsEnded(one).join(', ')}`, true)
  steps.push({ id: 'end', says: `${env}: tidy up and give the lock back`, pivot: true })
  return steps
}

/** Nothing of it stays, whichever way it ends. */
function rehearsalSteps({ env, services }: DeployPlan): DeployStep[] {
  const steps: DeployStep[] = [{ id: 'begin', says: `${env}: make room for a scratch stack` }]
  const add = addTo(steps, env)
  for (const one of services) {
    add('copy', one, `give ${one.service} what it needs, as a copy`)
    if (one.migrate !== 'none') add('migrate', one, `migrate the copy of ${one.service}'s data ${one.migrate}`)
    add('start', one, `start ${one.service} in the scratch stack`)
    add('gate', one, `watch ${one.service} in the scratch stack`)
  }
  steps.push({ id: 'end', says: `${env}: take the scratch stack away`, pivot: true })
  return steps
}

const DOES: Readonly<Record<DeployPlan['kind'], string>> = { apply: 'Deploy', rollback: 'Return', scale: 'Scale', rehearsal: 'Rehearse' }

/** A run as a chain: every step may be repeated, and is taken back also where it failed half-way. */
export function chainOf({ run, plan }: Run, { saga = true }: { saga?: boolean } = {}): ChainData {
  return {
    name: `deploy-${plan.kind}`,
    summary: `${DOES[plan.kind]} ${plan.stack} ${plan.env}`,
    saga,
    steps: stepsOf(plan).map(({ id, pivot }) => {
      const input = { run, step: id }
      return {
        id: id.replace(':', '-'),
        call: 'deploy.step.do',
        input,
        undo: { call: 'deploy.step.undo', input },
        compensateOnFailure: true,
        retry: { attempts: 3, delay: '1s' },
        ...(pivot && { pivot: true }),
      }
    }),
  }
}
