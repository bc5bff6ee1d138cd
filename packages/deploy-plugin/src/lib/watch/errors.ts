import { SwitchyardError } from '@switchyard/plugin-kit'

export const nothingToWatch = (env: string): SwitchyardError =>
  new SwitchyardError('NOTHING_TO_WATCH', `Cannot watch "${env}" as something of it must be deployed: nothing is`, {
    data: { env },
    next: `switchyard deploy apply --env ${env}`,
  })

/** A service that did not stay well, and what became of its return. */
export interface Ill {
  readonly service: string
  readonly why: string
  readonly return: 'not-asked' | 'begun' | 'done' | 'failed'
  readonly failed?: string
}

const RETURNS: Readonly<Record<Ill['return'], string>> = {
  'not-asked': '',
  begun: '. It is being rolled back',
  done: '. It was rolled back',
  failed: '. The rollback failed too',
}

export const watchUnhealthy = (env: string, ill: readonly Ill[]): SwitchyardError => {
  const told = ill.map((one) => `${one.why}${RETURNS[one.return]}${one.failed === undefined ? '' : `: ${one.failed}`}`)
  const names = ill.map(({ service }) => service)
  const left = ill.filter((one) => one.return === 'not-asked' || one.return === 'failed').map(({ service }) => service)
  return new SwitchyardError(
    'WATCH_UNHEALTHY',
    `Cannot trust the deployment of "${names.join('", "')}" to "${env}" as it must stay well while it is watched: ${told.join('; ')}`,
    {
      data: { env, service: names[0], services: ill, why: ill[0]?.why, rolledBack: ill.every((one) => one.return === 'done') },
      next:
        left.length === 0 ? 'switchyard deploy status' : `switchyard deploy rollback --env ${env} --service ${left.join(' --service ')}`,
    },
  )
}
