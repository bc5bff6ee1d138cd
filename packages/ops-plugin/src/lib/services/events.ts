import { defineTopic, type ListenContext, on, type PluginStore } from '@switchyard/plugin-kit'
import { redact } from '@switchyard/plugin-kit/redact'
import { z } from 'zod'
import { forgetOld } from './monitor/history.ts'
import { PROBLEMS, STATUSES } from './monitor/verdict.ts'

/** A service counts as something else than before. */
export const serviceChanged = defineTopic(
  'ops/service-changed',
  z.object({
    service: z.string(),
    env: z.string().optional(),
    from: z.enum(STATUSES).optional().describe('Absent where it had never been looked at'),
    to: z.enum(STATUSES),
    at: z.string(),
    checks: z
      .array(z.object({ check: z.string(), status: z.enum(STATUSES), problem: z.enum(PROBLEMS).optional(), reason: z.string() }))
      .describe('Those that are not HEALTHY'),
  }),
  { durable: true },
)

/** Something that happened, for timelines. */
export interface PastEvent {
  readonly atMs: number
  readonly topic: string
  readonly service: string | undefined
  readonly env?: string | undefined
  readonly summary: string
}

interface EventRow {
  at_ms: number
  topic: string
  service: string | null
  env: string | null
  summary: string
}

export function keepEvent(store: PluginStore, { atMs, topic, service, env, summary }: PastEvent): void {
  store
    .prepare('INSERT INTO ops_event (at_ms, topic, service, env, summary) VALUES (?, ?, ?, ?, ?)')
    .run(atMs, topic, service ?? null, env ?? null, redact(summary).slice(0, 500))
}

/** Events within a time, oldest first; of more than `limit` the newest. */
export function eventsWithin(store: PluginStore, sinceMs: number, untilMs: number, limit = 500): readonly PastEvent[] {
  return store
    .prepare('SELECT at_ms, topic, service, env, summary FROM ops_event WHERE at_ms BETWEEN ? AND ? ORDER BY at_ms DESC, id DESC LIMIT ?')
    .all<EventRow>(sinceMs, untilMs, limit)
    .reverse()
    .map(({ at_ms, topic, service, env, summary }) => ({
      atMs: at_ms,
      topic,
      service: service ?? undefined,
      env: env ?? undefined,
      summary,
    }))
}

/** Fields that say when, in the order in which they are believed; what is heard late must not look new. */
const WHEN = ['at', 'finishedAt', 'date', 'time', 'timestamp', 'startedAt', 'atMs', 'finishedMs']
const TOLD = ['service', 'project', 'name', 'env', 'version', 'tag', 'target', 'release', 'status', 'outcome', 'ok', 'reason']

/** Other plugins may say more than we know of: only plain fields with well-known names are kept. */
function keep(payload: unknown, { topic, store, clock }: ListenContext): void {
  const fields = (typeof payload === 'object' && payload !== null ? payload : {}) as Readonly<Record<string, unknown>>
  const when = WHEN.map((field) => fields[field])
    .map((value) => (typeof value === 'number' ? value : typeof value === 'string' ? Date.parse(value) : Number.NaN))
    .find((value) => value > 1e12 && value <= clock.now())
  const told = TOLD.filter((field) => ['string', 'number', 'boolean'].includes(typeof fields[field])).map(
    (field) => `${field} ${String(fields[field])}`,
  )
  const [service, env] = [fields.service, fields.env].map((value) => (typeof value === 'string' ? value : undefined))
  // Where nobody watches, nothing else would let go of them.
  forgetOld(store, clock.now())
  keepEvent(store, { atMs: when ?? clock.now(), topic, service, env, summary: [topic, ...told].join(', ') })
}

/** Deployments and releases are what most failures come after. */
export const serviceListeners = [on('deploy/**', keep, { name: 'deploy-events' }), on('release/**', keep, { name: 'release-events' })]
