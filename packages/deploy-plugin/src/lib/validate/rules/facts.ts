import type { ComposeService } from '../../model/compose-service.ts'
import type { Spot } from '../../model/source.ts'
import { allServices, type Stack } from '../../model/stack.ts'
import type { MapTree } from '../../model/yaml-tree.ts'

/** The name of the image alone: without registry, tag and digest. */
function imageName({ image }: ComposeService): string {
  const last = image?.name.split('@')[0]?.split('/').at(-1) ?? ''
  return last.split(':')[0] ?? ''
}

const PROXY = /^(caddy|traefik|nginx|haproxy|envoy|swag|nginx-proxy|nginx-proxy-manager|kamal-proxy)$/
export const isProxy = (service: ComposeService): boolean => PROXY.test(imageName(service)) || isCaddy(service)

/** Whether Caddy runs in it: by its image, or as the Caddyfile is mounted into it. */
export const isCaddy = (service: ComposeService): boolean =>
  /^caddy/.test(imageName(service)) ||
  /^caddy(:|$)/.test(service.build?.dockerfile?.from ?? '') ||
  service.mounts.some(({ target }) => target === '/etc/caddy/Caddyfile' || target === '/etc/caddy')

export interface Database {
  readonly name: string
  /** Where its image keeps the data. */
  readonly folders: readonly string[]
  /** Whether the data is what it is for: a cache may lose it. */
  readonly isLasting: boolean
}

const DATABASES: readonly (readonly [RegExp, Database])[] = [
  [
    /^(postgres|postgresql|postgis|timescaledb|pgvector)$/,
    { name: 'PostgreSQL', folders: ['/var/lib/postgresql/data', '/var/lib/postgresql', '/bitnami/postgresql'], isLasting: true },
  ],
  [/^(mysql|mysql-server|percona)$/, { name: 'MySQL', folders: ['/var/lib/mysql', '/bitnami/mysql'], isLasting: true }],
  [/^mariadb$/, { name: 'MariaDB', folders: ['/var/lib/mysql', '/bitnami/mariadb'], isLasting: true }],
  [/^mongo(db)?$/, { name: 'MongoDB', folders: ['/data/db', '/bitnami/mongodb'], isLasting: true }],
  [/^influxdb$/, { name: 'InfluxDB', folders: ['/var/lib/influxdb', '/var/lib/influxdb2'], isLasting: true }],
  [/^couchdb$/, { name: 'CouchDB', folders: ['/opt/couchdb/data'], isLasting: true }],
  [/^elasticsearch$/, { name: 'Elasticsearch', folders: ['/usr/share/elasticsearch/data'], isLasting: true }],
  [/^(redis|valkey|keydb)$/, { name: 'Redis', folders: ['/data'], isLasting: false }],
]

export function databaseOf(service: ComposeService): Database | undefined {
  const name = imageName(service)
  return DATABASES.find(([image]) => image.test(name))?.[1]
}

const jobs = new WeakMap<Stack, ReadonlySet<ComposeService>>()

/** Whether a service ends by itself: others wait for its end, or it is only started by a profile and never restarted. */
export function isJob(service: ComposeService, stack: Stack): boolean {
  let known = jobs.get(stack)
  if (known === undefined) {
    const found = new Set<ComposeService>()
    for (const { project, service: one } of allServices(stack)) {
      for (const { name, condition } of one.dependsOn) {
        const other = project.services.get(name)
        if (condition === 'service_completed_successfully' && other !== undefined) found.add(other)
      }
    }
    known = found
    jobs.set(stack, known)
  }
  return known.has(service) || (service.profiles.length > 0 && service.tree.entries.get('restart') === undefined)
}

/** Whether both may run at once. Services without a profile always do. */
export function sharesProfile(a: ComposeService, b: ComposeService): boolean {
  return a.profiles.length === 0 || b.profiles.length === 0 || a.profiles.some((profile) => b.profiles.includes(profile))
}

/** Where a key of a service is written. */
export const keyOf = (tree: MapTree, key: string, otherwise: Spot): Spot => tree.entries.get(key)?.keySpot ?? otherwise
