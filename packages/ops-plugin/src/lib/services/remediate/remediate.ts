import { type Context, isSwitchyardError, type Plan, type PluginStore } from '@switchyard/plugin-kit'
import { pause } from '../deadline.ts'
import type { Service, ServicesFile } from '../definition.ts'
import { findEngineSocket } from '../engine.ts'
import { remediationFailed, remediationForbidden, remediationImpossible } from '../errors.ts'
import { keepEvent } from '../events.ts'
import { noteAction } from '../incidents/incident.ts'
import { checkServices } from '../monitor/check-service.ts'
import type { Observation } from '../monitor/verdict.ts'
import { isTrusted, needsTrust, surroundings } from '../services-file.ts'
import { describeTarget, restart } from './restart.ts'

type Action = 'restart' | 'scale' | 'rollback'

export interface Remedy {
  readonly action: Action
  /** How many are to run, of what is scaled. */
  readonly replicas?: number | undefined
  readonly confirm?: string | undefined
  /** Asked for by a watching run, and not by a person. */
  readonly automatic: boolean
}

const HOUR_MS = 3_600_000
const VERIFY_EVERY_MS = 1_000

/** @throws REMEDIATION_FORBIDDEN, REMEDIATION_IMPOSSIBLE where it may not or cannot be done */
function assertAllowed(store: PluginStore, service: Service, { action, automatic, replicas }: Remedy, nowMs: number): void {
  const { name, remediate } = service
  const policy = remediate.policy[action]
  if (policy === 'never') throw remediationForbidden(action, name, 'it says never')
  if (automatic && policy !== 'auto') throw remediationForbidden(action, name, `it says ${policy}, so a person has to approve it`)
  if (automatic && recent(store, name, nowMs) >= remediate.maxPerHour) {
    throw remediationForbidden(action, name, `${remediate.maxPerHour} automatic remedies within an hour did not help for good`)
  }
  if (action === 'scale' && replicas === undefined) throw remediationImpossible(action, name, 'nobody says how many there are to be')
  if (action === 'restart') {
    if (remediate.restart === undefined)
      throw remediationImpossible(action, name, 'its definition names nothing to restart under remediate.restart')
    if (needsTrust(service).length > 0 && !isTrusted(store, service)) {
      throw remediationImpossible(action, name, 'nobody has trusted its definition', `switchyard ops service trust --service ${name}`)
    }
  } else if (remediate.deployment === undefined) {
    throw remediationImpossible(action, name, 'its definition names no deployment under remediate.deployment')
  }
}

const recent = (store: PluginStore, service: string, nowMs: number): number =>
  store
    .prepare('SELECT count(*) AS count FROM ops_remediation WHERE service = ? AND automatic = 1 AND at_ms > ?')
    .get<{ count: number }>(service, nowMs - HOUR_MS)?.count ?? 0

const targetOf = ({ remediate }: Service, { action, replicas }: Remedy): string => {
  if (action === 'restart') return describeTarget(remediate.restart!)
  const { service, env } = remediate.deployment!
  return `${service} in ${env}${action === 'scale' ? `, to ${replicas}` : ''}`
}

/** What would be done, and how the service is now. For what the deploy plugin does, its own plan. */
export async function planRemedy(ctx: Context, file: ServicesFile, service: Service, remedy: Remedy): Promise<Plan> {
  assertAllowed(ctx.store, service, remedy, ctx.clock.now())
  const { action } = remedy
  const observation = await look(ctx, file, service)
  const deployPlan = action === 'restart' ? undefined : ((await callDeploy(ctx, service, remedy, '#plan')) as Plan)
  const own = { does: 'run' as const, target: targetOf(service, remedy), detail: action }
  return {
    summary: `${action} ${service.name}, which is ${observation.status} now`,
    steps: [
      ...(deployPlan?.steps ?? [own]),
      { does: 'run', target: service.name, detail: `verify for up to ${service.remediate.verifyMs / 1_000} s that it is HEALTHY` },
    ],
    warnings: [
      ...(deployPlan?.warnings ?? []),
      ...(observation.status === 'HEALTHY' ? [`${service.name} is HEALTHY: there may be nothing to mend`] : []),
      ...(action === 'restart' ? ['while it restarts it may not answer; a restart cannot be undone'] : []),
    ],
  }
}

export interface Remedied {
  readonly id: number
  readonly target: string
  readonly detail: string
  readonly status: Observation['status']
  readonly looks: number
  readonly tookMs: number
}

/** Does it, watches until the service is HEALTHY, and writes down each of both. @throws REMEDIATION_FAILED */
export async function remedy(ctx: Context, file: ServicesFile, service: Service, asked: Remedy): Promise<Remedied> {
  const { store, clock } = ctx
  const startedMs = clock.monotonicMs()
  const target = targetOf(service, asked)
  // Counted and written in one transaction: two runs at once must not both be the last that is allowed.
  const id = store.transact(
    () => {
      assertAllowed(store, service, asked, clock.now())
      return store
        .prepare(
          "INSERT INTO ops_remediation (at_ms, service, action, automatic, target, outcome, detail) VALUES (?, ?, ?, ?, ?, 'started', '')",
        )
        .run(clock.now(), service.name, asked.action, asked.automatic ? 1 : 0, target).lastInsertRowid
    },
    { durable: true },
  )
  const end = (outcome: 'verified' | 'not-verified' | 'failed', detail: string): number => {
    const tookMs = Math.round(clock.monotonicMs() - startedMs)
    store.prepare('UPDATE ops_remediation SET outcome = ?, detail = ?, took_ms = ? WHERE id = ?').run(outcome, detail, tookMs, id)
    const text = `${asked.action} of ${service.name} (${target}): ${outcome}, ${detail}`
    keepEvent(store, { atMs: clock.now(), topic: 'ops/remediation', service: service.name, summary: text })
    noteAction(store, service.name, text, clock.now())
    return tookMs
  }

  let detail: string
  try {
    ctx.progress({ message: `${asked.action} ${target}` })
    detail = await perform(ctx, file, service, asked)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    end('failed', why)
    throw isSwitchyardError(error) ? error : remediationFailed(asked.action, service.name, why)
  }
  const { observation, looks } = await verify(ctx, file, service)
  const tookMs = end(observation.status === 'HEALTHY' ? 'verified' : 'not-verified', detail)
  if (observation.status !== 'HEALTHY') {
    const why = observation.checks.find(({ status }) => status === observation.status)?.reason ?? ''
    throw remediationFailed(
      asked.action,
      service.name,
      `${detail}, and it is ${observation.status} after ${service.remediate.verifyMs / 1_000} s: ${why}`,
    )
  }
  return { id, target, detail, status: observation.status, looks, tookMs }
}

async function perform(ctx: Context, file: ServicesFile, service: Service, asked: Remedy): Promise<string> {
  const { clock, signal, workspace } = ctx
  const around = { clock, signal, workspace, engineSocket: findEngineSocket(file.engine) }
  if (asked.action === 'restart') return restart(service.remediate.restart!, around)
  await callDeploy(ctx, service, asked, '')
  return `deploy.${asked.action} was done`
}

/** What the deploy plugin is asked for, in the terms of its `deploy.rollback` and `deploy.scale`; a test with both plugins holds them together. */
interface DeployInput {
  readonly env: string
  readonly service: string | readonly string[]
  readonly replicas?: number | undefined
  readonly why: string
  readonly confirm?: string
}

/**
 * The deploy plugin returns to the release before, or runs another number of it; `#plan` asks what that would do, as the yard serves it
 * beside every command that changes something.
 */
async function callDeploy(
  ctx: Context,
  { name, remediate }: Service,
  { action, replicas, automatic, confirm }: Remedy,
  what: '' | '#plan',
): Promise<unknown> {
  const { service, env } = remediate.deployment!
  const input: DeployInput = {
    env,
    ...(action === 'scale' ? { service, replicas } : { service: [service] }),
    why: `${automatic ? 'automatic ' : ''}remedy of ${name}`,
    ...(confirm !== undefined && { confirm }),
  }
  try {
    return await ctx.call(`deploy.${action}${what}`, input)
  } catch (error) {
    const isAbsent = ['NO_RESPONDER', 'UNKNOWN_METHOD', 'FORBIDDEN'].some((code) => isSwitchyardError(error, code))
    if (!isAbsent) throw error
    throw remediationImpossible(action, name, 'the deploy plugin, which would do it, is not here')
  }
}

async function look(ctx: Context, file: ServicesFile, service: Service): Promise<Observation> {
  const [observation] = await checkServices([service], () => surroundings(ctx, file, service))
  return observation!
}

async function verify(ctx: Context, file: ServicesFile, service: Service): Promise<{ observation: Observation; looks: number }> {
  const endsMs = ctx.clock.monotonicMs() + service.remediate.verifyMs
  for (let looks = 1; ; looks++) {
    const observation = await look(ctx, file, service)
    if (observation.status === 'HEALTHY' || ctx.clock.monotonicMs() >= endsMs) return { observation, looks }
    ctx.progress({ message: `${service.name} is ${observation.status}` })
    if (await pause(ctx.clock, VERIFY_EVERY_MS, ctx.signal)) return { observation, looks }
  }
}

export interface PastRemedy {
  readonly id: number
  readonly at: string
  readonly service: string
  readonly action: Action
  readonly automatic: boolean
  readonly target: string
  readonly outcome: 'started' | 'verified' | 'not-verified' | 'failed'
  readonly detail: string
  readonly tookMs?: number
}

interface RemediationRow {
  id: number
  at_ms: number
  service: string
  action: Action
  automatic: number
  target: string
  outcome: PastRemedy['outcome']
  detail: string
  took_ms: number | null
}

/** What was done, newest first. One that is `started` for long was cut short, and nobody knows how far it came. */
export function pastRemedies(store: PluginStore, service: string | undefined, limit: number): readonly PastRemedy[] {
  return store
    .prepare('SELECT * FROM ops_remediation WHERE ?1 IS NULL OR service = ?1 ORDER BY id DESC LIMIT ?2')
    .all<RemediationRow>(service ?? null, limit)
    .map(({ at_ms, automatic, took_ms, ...row }) => ({
      ...row,
      at: new Date(at_ms).toISOString(),
      automatic: automatic === 1,
      ...(took_ms !== null && { tookMs: took_ms }),
    }))
}
