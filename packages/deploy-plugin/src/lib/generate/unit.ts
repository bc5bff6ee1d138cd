import type { Blueprint, MadeFile, Planned } from './blueprint.ts'
import { commented, HEAD } from './head.ts'

/** The units of services that systemd runs, each where the configuration says. */
export function unitFiles(blueprint: Blueprint): MadeFile[] {
  return blueprint.services.flatMap((service) =>
    service.config.handler === 'systemd' ? [{ path: service.config.unit, text: unitFile(blueprint, service), service: service.name }] : [],
  )
}

function unitFile({ stack, variables }: Blueprint, { name, app, port, config, environment }: Planned): string {
  const command = app?.start ?? [`./${name}`]
  const fallbacks = new Map(variables.map((variable) => [variable.name, variable.fallback]))
  const settings = environment.flatMap(({ name: key, text }) => {
    const variable = /^\$\{(\w+)\}$/.exec(text)?.[1]
    const value = variable === undefined ? text : fallbacks.get(variable)
    return value === undefined || key === 'PORT' ? [] : [`Environment=${quoted(`${key}=${value}`)}`]
  })
  // Compilers at run time write code into memory.
  const writesCode = ['node', 'java', 'dotnet', 'php', 'ruby', 'elixir'].includes(app?.language ?? 'other')
  const lines = [
    '[Unit]',
    `Description=${stack}: ${name}`,
    'After=network-online.target',
    'Wants=network-online.target',
    '# Gives up when it fails this often, so that somebody looks.',
    'StartLimitIntervalSec=300',
    'StartLimitBurst=10',
    '',
    '[Service]',
    'Type=exec',
    ...(port === undefined
      ? []
      : ['# A deployment gives it another port, so that two releases can run beside each other.', `Environment=PORT=${port}`]),
    ...settings,
    ...(app?.language === 'node' ? ['Environment=NODE_ENV=production'] : []),
    `ExecStart=${['/usr/bin/env', ...command].map(quoted).join(' ')}`,
    'Restart=always',
    'RestartSec=2',
    `TimeoutStopSec=${Math.max(10, Math.ceil(config.drainSeconds))}`,
    '',
    '# A user of its own that exists while it runs; what it may keep is in its state folder, $STATE_DIRECTORY.',
    'DynamicUser=yes',
    `StateDirectory=${stack}-${name}`,
    'UMask=0077',
    'MemoryMax=512M',
    'TasksMax=512',
    '',
    '# It sees its own files and the network, and nothing else of the machine.',
    'NoNewPrivileges=yes',
    'CapabilityBoundingSet=',
    'AmbientCapabilities=',
    'ProtectSystem=strict',
    'ProtectHome=yes',
    'PrivateTmp=yes',
    'PrivateDevices=yes',
    'PrivateUsers=yes',
    'PrivateIPC=yes',
    'ProtectKernelTunables=yes',
    'ProtectKernelModules=yes',
    'ProtectKernelLogs=yes',
    'ProtectControlGroups=yes',
    'ProtectClock=yes',
    'ProtectHostname=yes',
    'ProtectProc=invisible',
    'RemoveIPC=yes',
    'RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX',
    'RestrictNamespaces=yes',
    'RestrictRealtime=yes',
    'RestrictSUIDSGID=yes',
    'LockPersonality=yes',
    ...(writesCode ? ['# MemoryDenyWriteExecute=yes would end it: its runtime compiles as it runs.'] : ['MemoryDenyWriteExecute=yes']),
    'SystemCallArchitectures=native',
    'SystemCallFilter=@system-service',
    'SystemCallFilter=~@privileged @resources',
    'SystemCallErrorNumber=EPERM',
    '',
    '[Install]',
    'WantedBy=multi-user.target',
    '',
  ]
  return `${commented(HEAD)}\n${lines.join('\n')}`
}

/** One argument for systemd: nothing in it is a variable, a specifier or an escape. */
const quoted = (text: string): string => {
  const plain = text.replaceAll('%', '%%').replaceAll('$', '$$$$')
  return /^[\w./:=@%+,$-]+$/.test(plain) ? plain : `"${plain.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n')}"`
}
