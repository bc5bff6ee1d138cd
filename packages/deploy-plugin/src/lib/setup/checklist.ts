import type { DeployConfig } from '../config/config.ts'

export const CHECKLIST_FILE = 'deploy/CHECKLIST.md'

/** What is left for people; boxes that they tick stay ticked over later runs. */
export function checklist(config: DeployConfig): string {
  const envs = Object.entries(config.environments)
  const hostnames = Object.values(config.services).flatMap(({ hostname }) => hostname ?? [])
  const ssh = Object.entries(config.targets).flatMap(([name, target]) =>
    target.kind === 'ssh' ? [`${name} (${target.user}@${target.host})`] : [],
  )
  const backups = Object.entries(config.services).flatMap(([name, service]) =>
    service.handler === 'compose' && service.backup.length > 0 ? [name] : [],
  )
  const handlers = new Set(Object.values(config.services).map(({ handler }) => handler))
  const sections: [string, string[]][] = [
    [
      'Files',
      [
        '`switchyard deploy generate` wrote what is missing, and somebody read it',
        '`switchyard deploy validate` has no critical finding',
        ...envs.flatMap(([name, { envFile }]) =>
          envFile === undefined ? [] : [`${envFile} has every value: \`switchyard deploy env validate --env ${name}\``],
        ),
        '`switchyard deploy env leaks` found no secret in the history',
      ],
    ],
    [
      'Hosts',
      [
        ...ssh.map((host) => `${host} can be reached with its key, and the host key was compared`),
        ...(handlers.has('compose') ? ['A container engine runs there, and the user may use its socket'] : []),
        ...(handlers.has('systemd') ? ['The user may write units and call systemctl'] : []),
        ...(config.proxy === undefined ? [] : ['Caddy runs, and its admin API answers on the loopback address alone']),
        ...envs.map(([name]) => `\`switchyard deploy check --env ${name}\` says READY`),
      ],
    ],
    ['Names', hostnames.map((hostname) => `${hostname} leads to the host`)],
    [
      'Before the first deployment',
      [
        ...backups.map((name) => `The data of ${name} was backed up and restored once, to see that it works`),
        ...envs.map(([name]) => `\`switchyard deploy apply --env ${name} --dry-run\` shows what it should`),
        'Everybody who may deploy has seen `switchyard deploy rollback --dry-run`',
      ],
    ],
  ]
  const blocks = sections.flatMap(([title, items]) =>
    items.length === 0 ? [] : [`## ${title}\n\n${items.map((item) => `- [ ] ${item}`).join('\n')}\n`],
  )
  return [`# Deploying ${config.stack}\n`, 'Tick what is done: later runs of `switchyard deploy setup` keep the ticks.\n', ...blocks].join(
    '\n',
  )
}
