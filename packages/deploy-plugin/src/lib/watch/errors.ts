import { SwitchyardError } from '@switchyard/plugin-kit'

export const nothingToWatch = (env: string): SwitchyardError =>
  new SwitchyardError('NOTHING_TO_WATCH', `Cannot watch "${env}" as something of it must be deployed: nothing is`, {
    data: { env },
    next: `switchyard deploy apply --env ${env}`,
  })

export const watchUnhealthy = (env: string, service: string, why: string, taken: 'no' | 'back' | string): SwitchyardError =>
  new SwitchyardError(
    'WATCH_UNHEALTHY',
    `Cannot trust the deployment of "${service}" to "${env}" as it must stay well while it is watched: ${why}` +
      (taken === 'no' ? '' : taken === 'back' ? '. It was rolled back' : `. The rollback failed too: ${taken}`),
    {
      data: { env, service, why, rolledBack: taken === 'back' },
      next: taken === 'back' ? 'switchyard deploy status' : `switchyard deploy rollback --env ${env} --service ${service}`,
    },
  )
