import type { Clock, PluginStore } from '@switchyard/plugin-kit'
import type { Resource, ResourceKind } from './deployment.ts'
import { deploymentUnknown } from './errors.ts'

export interface ResourceNote {
  readonly kind: ResourceKind
  readonly name: string
  /** @default the deployment's service; null for what the stack's services share */
  readonly service?: string | null
  readonly release?: string | undefined
  /** Facts to show, such as an address or a path; no secrets. */
  readonly data?: Readonly<Record<string, unknown>>
}

interface ResourceFilter {
  readonly stack: string
  readonly env?: string | undefined
  readonly service?: string | undefined
  readonly kind?: ResourceKind | undefined
  /** What is gone too. @default false */
  readonly all?: boolean | undefined
}

/** What exists because of deployments: who made it, when, why and from which release. */
export interface Resources {
  /** Says that a deployment made something, or made it its own again; on disk when the call returns. */
  exists(deployment: number, notes: readonly ResourceNote[]): void
  /** Says that a deployment took something away. What is not known is no mistake. */
  gone(deployment: number, things: readonly Pick<ResourceNote, 'kind' | 'name'>[]): void
  /** Oldest first. */
  list(filter: ResourceFilter): readonly Resource[]
}

const DURABLE = { durable: true } as const

export function createResources({ store, clock }: { readonly store: PluginStore; readonly clock: Clock }): Resources {
  const madeBy = (id: number): Maker => {
    const row = store
      .prepare('SELECT stack, env, target, service, to_release AS release, who, why FROM deploy_deployment WHERE id = ?')
      .get<Maker>(id)
    if (row === undefined) throw deploymentUnknown(id)
    return row
  }

  return {
    exists(deployment, notes) {
      store.transact(() => {
        const maker = madeBy(deployment)
        const nowMs = clock.now()
        for (const { kind, name, service = maker.service, release = maker.release, data = {} } of notes) {
          store
            .prepare(
              `INSERT INTO deploy_resource (stack, env, target, service, kind, name, release, deployment_id, who, why, data, created_ms, updated_ms)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
               ON CONFLICT (target, kind, name) WHERE removed_ms IS NULL DO UPDATE SET stack = excluded.stack, env = excluded.env,
                 service = excluded.service, release = excluded.release, deployment_id = excluded.deployment_id, who = excluded.who,
                 why = excluded.why, data = excluded.data, updated_ms = excluded.updated_ms`,
            )
            .run(
              maker.stack,
              maker.env,
              maker.target,
              service,
              kind,
              name,
              release ?? null,
              deployment,
              maker.who,
              maker.why,
              JSON.stringify(data),
              nowMs,
              nowMs,
            )
        }
      }, DURABLE)
    },
    gone(deployment, things) {
      store.transact(() => {
        const { target } = madeBy(deployment)
        for (const { kind, name } of things) {
          store
            .prepare(
              'UPDATE deploy_resource SET removed_ms = ?, removed_by = ? WHERE target = ? AND kind = ? AND name = ? AND removed_ms IS NULL',
            )
            .run(clock.now(), deployment, target, kind, name)
        }
      }, DURABLE)
    },
    list: ({ stack, env, service, kind, all = false }) =>
      store
        .prepare(
          `SELECT * FROM deploy_resource WHERE stack = :stack AND (:env IS NULL OR env = :env) AND (:service IS NULL OR service = :service)
             AND (:kind IS NULL OR kind = :kind) AND (:all = 1 OR removed_ms IS NULL) ORDER BY id`,
        )
        .all<Row>({ stack, env: env ?? null, service: service ?? null, kind: kind ?? null, all: all ? 1 : 0 })
        .map(resourceOf),
  }
}

interface Maker {
  stack: string
  env: string
  target: string
  service: string
  release: string | null
  who: string
  why: string
}

interface Row extends Omit<Maker, 'service'> {
  id: number
  service: string | null
  kind: ResourceKind
  name: string
  deployment_id: number
  data: string
  created_ms: number
  updated_ms: number
  removed_ms: number | null
  removed_by: number | null
}

function resourceOf(row: Row): Resource {
  const { id, stack, env, target, kind, name, who, why } = row
  return {
    id,
    stack,
    env,
    target,
    service: row.service ?? undefined,
    kind,
    name,
    release: row.release ?? undefined,
    deployment: row.deployment_id,
    who,
    why,
    data: JSON.parse(row.data) as Resource['data'],
    createdMs: row.created_ms,
    updatedMs: row.updated_ms,
    removedMs: row.removed_ms ?? undefined,
    removedBy: row.removed_by ?? undefined,
  }
}
