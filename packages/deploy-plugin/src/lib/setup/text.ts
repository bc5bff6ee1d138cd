import { settledText } from '../files/settled-text.ts'
import { table } from '../files/table.ts'
import type { Setup } from './setup.ts'

/** What was found, what was written, and what to do next. */
export function setupText({ config, detected, outcomes }: Setup): string {
  const found: [string, readonly string[]][] = [
    ['compose', detected.compose],
    ['Dockerfile', detected.dockerfiles],
    ['Caddyfile', detected.caddyfiles],
    ['units', detected.units],
    ['env files', detected.envFiles],
    ['apps', detected.apps.map(({ name, language, folder }) => `${name} (${language}${folder === '' ? '' : `, ${folder}`})`)],
    ['needs', detected.needs],
  ]
  const services = Object.entries(config.services).map(([name, { handler, port, hostname }]) => [
    name,
    handler,
    port === undefined ? '-' : String(port),
    hostname ?? '-',
  ])
  const envs = Object.entries(config.environments).map(
    ([name, { target, protected: guarded }]) => `${name} on ${target}${guarded ? ', protected' : ''}`,
  )
  return [
    `${config.stack}: ${config.profile}`,
    table(
      ['Found', ''],
      found.map(([what, list]) => [what, list.length === 0 ? '-' : list.join(', ')]),
    ),
    table(['Service', 'Handler', 'Port', 'Name'], services),
    `Environments: ${envs.join('; ')}`,
    settledText(outcomes),
    'Next: switchyard deploy generate',
  ].join('\n\n')
}
