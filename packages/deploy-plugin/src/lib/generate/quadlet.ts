import { BACKINGS } from '../setup/detect/needs.ts'
import type { Blueprint, MadeFile, Planned } from './blueprint.ts'
import { probe } from './compose.ts'
import { commented, HEAD } from './head.ts'

/** Where the quadlets go; podman reads them from /etc/containers/systemd. */
const QUADLET_FOLDER = 'deploy/quadlet'

/** Podman's units: a network, a volume for each that keeps data, and a container for each service, which systemd then runs. */
export function quadletFiles(blueprint: Blueprint): MadeFile[] {
  const services = blueprint.services.filter(({ handler }) => handler === 'compose')
  if (services.length === 0) return []
  const { stack } = blueprint
  const file = (name: string, text: string) => ({ path: `${QUADLET_FOLDER}/${stack}${name}`, text: `${commented(HEAD)}\n${text}` })
  return [
    file('.network', `[Network]\nNetworkName=${stack}\n`),
    ...services.flatMap(({ volume }) =>
      volume === undefined ? [] : [file(`-${volume.name}.volume`, `[Volume]\nVolumeName=${stack}-${volume.name}\nLabel=stack=${stack}\n`)],
    ),
    ...services.map((service) => ({ ...file(`-${service.name}.container`, container(blueprint, service)), service: service.name })),
  ]
}

function container(
  blueprint: Blueprint,
  { name, need, image, port, hostname, environment, volume, dependsOn, app, config }: Planned,
): string {
  const { stack, services, variables } = blueprint
  const backing = need === undefined ? undefined : BACKINGS[need]
  const known = new Set(variables.map((variable) => variable.name))
  const others = dependsOn
    .filter((other) => services.some((one) => one.name === other && one.handler === 'compose'))
    .map((other) => `${stack}-${other}.service`)
  const settings = environment.filter(({ text }) => ![...text.matchAll(/\$\{(\w+)\}/g)].some(([, variable = '']) => known.has(variable)))
  const rest = environment.filter((setting) => !settings.includes(setting))
  const test =
    config.health === undefined && backing !== undefined ? backing.health : probe(config.health, port, app?.language, image)?.slice(1)
  const lines = [
    '[Unit]',
    `Description=${stack}: ${name}`,
    ...(others.length === 0
      ? ['Wants=network-online.target', 'After=network-online.target']
      : [`Wants=network-online.target ${others.join(' ')}`, `After=network-online.target ${others.join(' ')}`]),
    '',
    '[Container]',
    `ContainerName=${stack}-${name}`,
    ...(image === undefined ? ['# Build it first: podman build, with this as its name.'] : []),
    `Image=${image === undefined ? `localhost/${stack}-${name}:built` : qualified(image)}`,
    `Network=${stack}.network`,
    '# Its name for the other services.',
    `PodmanArgs=--network-alias=${name} --memory=${(backing?.memory ?? '256M').toLowerCase()}`,
    ...(port === undefined || hostname === undefined || backing !== undefined
      ? []
      : ['# On this machine alone: the proxy is what the world reaches.', `PublishPort=127.0.0.1:${port}:${port}`]),
    ...(volume === undefined ? [] : [`Volume=${stack}-${volume.name}.volume:${volume.path}`]),
    ...settings.map(({ name: key, text }) => `Environment=${word(`${key}=${text}`)}`),
    ...(rest.length === 0
      ? []
      : [
          `# Holds ${rest.map(({ name: key }) => key).join(', ')}; mode 0600, and never committed.`,
          `EnvironmentFile=/etc/${stack}/${name}.env`,
        ]),
    ...(test === undefined
      ? []
      : [
          `HealthCmd=${test.map(shellWord).join(' ').replaceAll('%', '%%')}`,
          'HealthInterval=30s',
          'HealthTimeout=10s',
          'HealthRetries=3',
          'HealthStartPeriod=40s',
        ]),
    'NoNewPrivileges=true',
    ...(backing === undefined ? ['DropCapability=ALL', 'RunInit=true'] : []),
    '',
    '[Service]',
    'Restart=always',
    'RestartSec=2',
    'TimeoutStartSec=300',
    `TimeoutStopSec=${Math.max(15, Math.ceil(config.drainSeconds) + 5)}`,
    '',
    '[Install]',
    'WantedBy=multi-user.target',
    '',
  ]
  return lines.join('\n')
}

/** Podman asks where an image is from when its name does not say so. */
function qualified(image: string): string {
  const [first = ''] = image.split('/')
  if (image.includes('/') && /[.:]|^localhost$/.test(first)) return image
  return image.includes('/') ? `docker.io/${image}` : `docker.io/library/${image}`
}

const word = (text: string): string => {
  const plain = text.replaceAll('%', '%%')
  return /^[\w./:=@%+,-]+$/.test(plain) ? plain : `"${plain.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n')}"`
}

const shellWord = (text: string): string => (/^[\w./:=@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`)
