import type { HealthConfig } from '../config/config.ts'
import { BACKINGS } from '../setup/detect/needs.ts'
import type { Blueprint, Planned, PlannedSetting } from './blueprint.ts'
import { HEAD } from './head.ts'
import { flow, map, writeYaml, type Yaml, type YamlEntry } from './yaml.ts'

/** A compose file of every service that runs in a container, for each file that the configuration names. */
export function composeFiles(blueprint: Blueprint): { path: string; text: string }[] {
  const files = new Map<string, Planned[]>()
  for (const service of blueprint.services) {
    if (service.config.handler !== 'compose') continue
    const { file } = service.config
    files.set(file, [...(files.get(file) ?? []), service])
  }
  return [...files].map(([path, services]) => ({ path, text: composeFile(blueprint, services) }))
}

function composeFile(blueprint: Blueprint, services: readonly Planned[]): string {
  const names = new Set(services.map(({ name }) => name))
  const entries = services.map(
    (service): YamlEntry => ({
      key: composeName(service),
      value: composeService(blueprint, service, names),
      comment: about(service),
      apart: true,
    }),
  )
  const volumes = services.flatMap(({ volume }) => (volume === undefined ? [] : [volume.name]))
  const network: YamlEntry = {
    key: 'networks',
    value: map({ [blueprint.stack]: map({ driver: 'bridge' }) }),
    comment: 'Only what is in this file shares it.',
    apart: true,
  }
  const kept: YamlEntry[] =
    volumes.length === 0
      ? []
      : [
          {
            key: 'volumes',
            value: map(Object.fromEntries(volumes.map((name) => [name, map({ labels: map({ stack: blueprint.stack }) })]))),
            comment: 'Data that outlives its containers.',
            apart: true,
          },
        ]
  return writeYaml({ entries: [{ key: 'services', value: { entries } }, network, ...kept] }, HEAD)
}

const composeName = ({ name, config }: Planned): string => (config.handler === 'compose' ? (config.service ?? name) : name)

function about({ app, need, hostname }: Planned): string {
  const what =
    need !== undefined
      ? `${need}, for what depends on it`
      : app === undefined
        ? 'An image of somebody else'
        : `${app.language}, from ${app.folder === '' ? 'this folder' : app.folder}`
  return hostname === undefined ? what : `${what}; the proxy serves it as ${hostname}`
}

function composeService(blueprint: Blueprint, service: Planned, names: ReadonlySet<string>): Yaml {
  const { app, need, image, port, hostname, environment, volume, config } = service
  const backing = need === undefined ? undefined : BACKINGS[need]
  const dependsOn = service.dependsOn.filter((name) => names.has(name))
  const byName = new Map(blueprint.services.map((one) => [one.name, one]))
  const context = app === undefined || app.folder === '' ? '.' : `./${app.folder}`
  const dockerfile = app?.dockerfile?.split('/').at(-1)
  const health = healthcheck(service)
  return map(
    {
      ...(image !== undefined
        ? { image: composeText(image) }
        : { build: map({ context, ...(dockerfile !== undefined && dockerfile !== 'Dockerfile' && { dockerfile }) }) }),
      restart: 'unless-stopped',
      init: backing === undefined ? true : undefined,
      environment: environment.length === 0 ? undefined : settings(environment, blueprint),
      ports: port === undefined || hostname === undefined || backing !== undefined ? undefined : [`127.0.0.1:${port}:${port}`],
      expose: port === undefined || hostname !== undefined ? undefined : [String(port)],
      volumes: volume === undefined ? undefined : [`${volume.name}:${volume.path}`],
      networks: flow([blueprint.stack]),
      depends_on:
        dependsOn.length === 0
          ? undefined
          : map(
              Object.fromEntries(
                dependsOn.map((name) => {
                  const other = byName.get(name)
                  const isAsked = other !== undefined && (healthcheck(other) !== undefined || other.app?.image?.hasHealthcheck === true)
                  return [
                    other === undefined ? name : composeName(other),
                    map({ condition: isAsked ? 'service_healthy' : 'service_started' }),
                  ]
                }),
              ),
            ),
      healthcheck: health,
      stop_grace_period: `${Math.max(10, config.drainSeconds)}s`,
      security_opt: flow(['no-new-privileges:true']),
      cap_drop: backing === undefined ? flow(['ALL']) : undefined,
      deploy: map({ resources: map({ limits: map({ cpus: '1.0', memory: backing?.memory ?? '256M' }) }) }),
    },
    {
      ports: 'On this machine alone: the proxy is what the world reaches.',
      init: 'Passes signals on and reaps what is left behind.',
      healthcheck: health === undefined ? undefined : healthNote(service),
      deploy: 'More is a decision: a leak should end this service and no other.',
    },
  )
}

/** Variables without a value stop compose before anything starts; those with a fallback do not have to have one. */
function settings(environment: readonly PlannedSetting[], { variables }: Blueprint): Yaml {
  const known = new Map(variables.map((variable) => [variable.name, variable]))
  return map(
    Object.fromEntries(
      environment.map(({ name, text }) => [
        name,
        text.replace(/\$\{(\w+)\}|\$/g, (whole, variable: string | undefined) => {
          if (variable === undefined) return '$$'
          const { fallback, listed } = known.get(variable) ?? {}
          if (fallback !== undefined) return `\${${variable}:-${fallback}}`
          if (listed === true) return `\${${variable}-}`
          return known.has(variable) ? `\${${variable}:?set it in the env file}` : whole
        }),
      ]),
    ),
  )
}

/** What a text is in a compose file, where a dollar sign begins a variable. */
const composeText = (text: string): string => text.replaceAll('$', '$$$$')

const TIMES = { interval: '30s', timeout: '10s', retries: 3, start_period: '40s' } as const

function healthcheck({ need, app, port, config, image }: Planned): Yaml | undefined {
  if (need !== undefined) return map({ test: flow(['CMD', ...BACKINGS[need].health]), ...TIMES, interval: '10s' })
  if (app?.image?.hasHealthcheck === true) return undefined
  const test = probe(config.health, port, app?.language, image)
  return test === undefined ? undefined : map({ test: flow(test.map(composeText)), ...TIMES })
}

/** Asked from inside, with what the image is sure to have. */
export function probe(
  health: HealthConfig | undefined,
  port: number | undefined,
  language: string | undefined,
  image?: string | undefined,
): string[] | undefined {
  if (health !== undefined && 'command' in health) return ['CMD', ...health.command]
  if (port === undefined) return undefined
  const path = health !== undefined && 'http' in health ? health.http : undefined
  if (health !== undefined && 'tcp' in health) port = health.tcp
  const url = `http://127.0.0.1:${port}${path ?? '/'}`
  if (language === 'node' && image === undefined) {
    const code =
      path === undefined
        ? `require('net').connect(${port},'127.0.0.1').on('connect',()=>process.exit(0)).on('error',()=>process.exit(1))`
        : `fetch(${quoted(url)}).then(r=>process.exit(r.ok?0:1),()=>process.exit(1))`
    return ['CMD', 'node', '-e', code]
  }
  if (language === 'python' && image === undefined) {
    const code =
      path === undefined
        ? `import socket; socket.create_connection(('127.0.0.1', ${port}), 5)`
        : `import urllib.request; urllib.request.urlopen(${quoted(url)}, timeout=5)`
    return ['CMD', 'python3', '-c', code]
  }
  return path === undefined ? ['CMD', 'nc', '-z', '127.0.0.1', String(port)] : ['CMD', 'wget', '-q', '-O', '/dev/null', url]
}

/** A path of the configuration inside of code. */
const quoted = (text: string): string => `'${text.replace(/[\\'\n]/g, (sign) => encodeURIComponent(sign).replace("'", '%27'))}'`

const healthNote = ({ need, app, image }: Planned): string | undefined =>
  need === undefined && (image !== undefined || (app?.language !== 'node' && app?.language !== 'python'))
    ? 'Needs wget or nc in the image; busybox has both. Another way is HEALTHCHECK in the Dockerfile.'
    : undefined
