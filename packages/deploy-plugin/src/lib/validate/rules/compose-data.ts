import { posix } from 'node:path'
import type { ComposeProject, Declared } from '../../model/compose.ts'
import type { ComposeService, Named } from '../../model/compose-service.ts'
import { get, itemsOf, textOf, textsOf } from '../../model/yaml-tree.ts'
import { type Found, type Rule, serviceRule } from '../rule.ts'
import { databaseOf } from './facts.ts'

const mountMode = serviceRule(
  {
    id: 'compose.mount-mode',
    severity: 'warning',
    title: 'Every folder of the host that is mounted says whether it may be written',
    why: 'A service that is broken into can change whatever is mounted without :ro, and without a mode that is.',
    mend: 'add :ro, or :rw where the service really writes there',
    fix: 'adds :rw, which is what it is today',
  },
  function* ({ name, mounts }) {
    for (const { kind, mode, spot, modeOffset, target } of mounts) {
      if (kind !== 'bind' || mode !== undefined) continue
      yield {
        spot,
        note: `service ${name}: the mount at ${target} does not say whether it may be written`,
        ...(modeOffset !== undefined && { edits: [{ spot: spot.source.spot(modeOffset), text: ':rw' }] }),
      }
    }
  },
)

const mountConflict = serviceRule(
  {
    id: 'compose.mount-conflict',
    severity: 'critical',
    title: 'Nothing is mounted over something else',
    why: 'The container does not start: "Duplicate mount point".',
    mend: 'take one of them out',
  },
  function* ({ name, mounts }) {
    const seen = new Set<string>()
    for (const { target, spot } of mounts) {
      const clean = posix.normalize(`${target}/`)
      if (seen.has(clean)) yield { spot, note: `service ${name} mounts two things at ${target}` }
      seen.add(clean)
    }
  },
)

const bindMissing = serviceRule(
  {
    id: 'compose.bind-missing',
    severity: 'warning',
    title: 'Every file and folder of the project that is mounted is there',
    why: 'The engine makes an empty folder of that name, owned by root, and the service finds no configuration.',
    mend: 'add the file, or mend its path',
  },
  function* ({ name, mounts }, { folder }, { files }) {
    for (const { kind, source, spot } of mounts) {
      if (kind !== 'bind' || !/^\.\.?(\/|$)/.test(source)) continue
      if (files.kindOf(posix.join(folder, source)) === 'missing')
        yield { spot, note: `service ${name} mounts ${source}, which is not there` }
    }
  },
)

const dataVolume = serviceRule(
  {
    id: 'compose.data-volume',
    severity: 'warning',
    title: 'Data of databases lies in named volumes, folders of the host are for configuration',
    why: 'A folder of the host has owners and paths of that host, and is not among what volume backups take in.',
    mend: 'use a named volume',
  },
  function* (service) {
    const database = databaseOf(service)
    for (const { kind, target, spot } of service.mounts)
      if (kind === 'bind' && database?.folders.includes(posix.normalize(target).replace(/\/$/, '')))
        yield { spot, note: `service ${service.name} keeps the data of ${database.name} in a folder of the host` }
  },
)

const dataLost = serviceRule(
  {
    id: 'compose.data-lost',
    severity: 'critical',
    title: 'Every database keeps its data outside of its container',
    why: 'The data goes with the container at the next deployment.',
    mend: 'mount a named volume where the image keeps its data',
  },
  function* (service) {
    const database = databaseOf(service)
    if (database === undefined || !database.isLasting) return
    const elsewhere = new Set(
      service.environment.flatMap(({ name, value }) => (/^(PGDATA|MYSQL_DATADIR)$/.test(name) && value !== undefined ? [value] : [])),
    )
    const folders = [...database.folders, ...elsewhere]
    const isKept = service.mounts.some(
      ({ kind, target }) =>
        (kind === 'volume' || kind === 'bind') &&
        folders.some((folder) => folder === target || folder.startsWith(`${target.replace(/\/$/, '')}/`)),
    )
    if (!isKept) yield { spot: service.keySpot, note: `service ${service.name} keeps the data of ${database.name} in its container` }
  },
)

const volumeUndeclared = serviceRule(
  {
    id: 'compose.volume-undeclared',
    severity: 'critical',
    title: 'Every named volume that a service mounts is declared',
    why: 'Compose refuses to start: "refers to undefined volume".',
    mend: 'declare it under volumes:, or begin the path with ./ where a folder was meant',
  },
  function* ({ name, mounts }, { volumes }) {
    for (const { kind, source, spot } of mounts)
      if (kind === 'volume' && !volumes.has(source))
        yield { spot, note: `service ${name} mounts the volume ${source}, which is not declared` }
  },
)

const networkUndeclared = serviceRule(
  {
    id: 'compose.network-undeclared',
    severity: 'critical',
    title: 'Every network that a service joins is declared',
    why: 'Compose refuses to start: "refers to undefined network".',
    mend: 'declare it under networks:',
  },
  function* (service, { networks, services }) {
    for (const { name, spot } of service.networks)
      if (name !== 'default' && !networks.has(name))
        yield { spot, note: `service ${service.name} joins the network ${name}, which is not declared` }
    const [, other] = /^service:(.+)$/.exec(service.networkMode?.name ?? '') ?? []
    if (service.networkMode !== undefined && other !== undefined && !services.has(other))
      yield { spot: service.networkMode.spot, note: `service ${service.name} takes the network of ${other}, which is not there` }
  },
)

const secretUndeclared = serviceRule(
  {
    id: 'compose.secret-undeclared',
    severity: 'critical',
    title: 'Every secret and config that a service is given is declared',
    why: 'Compose refuses to start: "refers to undefined secret".',
    mend: 'declare it under secrets: or configs:',
  },
  function* (service, project) {
    for (const kind of ['secrets', 'configs'] as const) {
      for (const { name, spot } of givenOf(service, kind))
        if (!project[kind].has(name))
          yield { spot, note: `service ${service.name} is given the ${kind.slice(0, -1)} ${name}, which is not declared` }
    }
  },
)

function givenOf({ tree }: ComposeService, kind: 'secrets' | 'configs'): readonly Named[] {
  return itemsOf(get(tree, kind)).flatMap((item) => {
    const source = item.kind === 'map' ? get(item, 'source') : item
    const name = textOf(source)
    return name === undefined || source === undefined ? [] : [{ name, spot: source.spot }]
  })
}

const unused: Rule = {
  id: 'compose.unused',
  part: 'compose',
  severity: 'info',
  title: 'Every volume, network, secret and config that is declared is used',
  why: 'What nothing uses is a name that was mistyped elsewhere, or left behind.',
  mend: 'take it out, or mend the name where it is meant',
  *look({ projects }) {
    for (const project of projects) {
      const services = [...project.services.values()]
      yield* unusedOf('volume', project.volumes, new Set(services.flatMap(({ mounts }) => mounts.map(({ source }) => source))))
      yield* unusedOf(
        'network',
        project.networks,
        new Set(['default', ...services.flatMap(({ networks }) => networks.map(({ name }) => name))]),
      )
      for (const kind of ['secrets', 'configs'] as const) {
        const builds = services.flatMap(({ tree }) => textsOf(get(get(tree, 'build'), 'secrets')).map(({ text }) => text))
        yield* unusedOf(
          kind.slice(0, -1),
          project[kind],
          new Set([...services.flatMap((service) => givenOf(service, kind).map(({ name }) => name)), ...builds]),
        )
      }
    }
  },
}

function* unusedOf(what: string, declared: ReadonlyMap<string, Declared>, used: ReadonlySet<string>): Generator<Found> {
  for (const { name, keySpot } of declared.values()) if (!used.has(name)) yield { spot: keySpot, note: `nothing uses the ${what} ${name}` }
}

const ownNetwork: Rule = {
  id: 'compose.own-network',
  part: 'compose',
  severity: 'warning',
  title: 'A stack of several services has networks of its own',
  why: 'On the default network every service reaches every other: whoever gets into one is next to all.',
  mend: 'declare networks, and let each service join those that it needs',
  *look({ projects }) {
    for (const { services, networks } of projects) {
      const all = [...services.values()]
      const [first] = all
      if (first === undefined || all.length < MANY || networks.size > 0) continue
      if (all.every((service) => service.networks.every(({ name }) => name === 'default')))
        yield { spot: first.keySpot, note: `all ${all.length} services share the default network` }
    }
  },
}
const MANY = 3

const envFileMissing = serviceRule(
  {
    id: 'compose.env-file-missing',
    severity: 'critical',
    title: 'Every env file that a service needs is there',
    why: 'Compose refuses to start: "env file not found".',
    mend: 'create it from .env.example, or say required: false',
  },
  function* ({ name, envFiles }, _project, { files }) {
    for (const { path, name: written, spot, isRequired } of envFiles) {
      const kind = files.kindOf(path)
      if (isRequired && kind === 'missing') yield { spot, note: `service ${name} reads ${written}, which is not there` }
    }
  },
)

const volumeShared: Rule = {
  id: 'compose.volume-shared',
  part: 'compose',
  severity: 'critical',
  title: 'The data of a database is written by one service',
  why: 'Two servers over the same files destroy them.',
  mend: 'give each a volume of its own',
  *look({ projects }) {
    for (const project of projects) yield* sharedIn(project)
  },
}

function* sharedIn({ services }: ComposeProject): Generator<Found> {
  const owners = new Map<string, ComposeService>()
  for (const service of services.values()) {
    const database = databaseOf(service)
    for (const { kind, source, mode, spot, target } of service.mounts) {
      if (kind !== 'volume' || mode === 'ro' || !database?.isLasting || !database.folders.includes(target)) continue
      const other = owners.get(source)
      if (other !== undefined)
        yield { spot, note: `services ${other.name} and ${service.name} both write the data in the volume ${source}` }
      else owners.set(source, service)
    }
  }
}

export const composeDataRules: readonly Rule[] = [
  mountMode,
  mountConflict,
  bindMissing,
  dataVolume,
  dataLost,
  volumeShared,
  volumeUndeclared,
  networkUndeclared,
  secretUndeclared,
  unused,
  ownNetwork,
  envFileMissing,
]
