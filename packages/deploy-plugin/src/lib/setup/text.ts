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
    ...(detected.isCut ? ['There is more here than was looked at: set up a folder of it with --project'] : []),
    settledText(outcomes),
    `Next: ${next(config)}`,
  ].join('\n\n')
}

/** Files without a name that they are served by need nothing generated yet. */
function next({ services }: Setup['config']): string {
  const isNameless = Object.values(services).every(({ handler, hostname }) => handler === 'static' && hostname === undefined)
  return isNameless ? 'switchyard deploy setup --domain NAME, by which it is served' : 'switchyard deploy generate'
}
