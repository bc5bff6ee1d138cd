import { isSwitchyardError } from '@switchyard/plugin-kit'
import type { Deployment, DeploymentKind, DeploymentState, KeptRelease, Place, RecordedError, Step, StepState } from './deployment.ts'

export interface Row {
  id: number
  run: number
  kind: DeploymentKind
  stack: string
  env: string
  target: string
  service: string
  handler: string
  from_release: string | null
  to_release: string | null
  version: string | null
  tag: string | null
  who: string
  why: string
  state: DeploymentState
  plan: string | null
  key: string | null
  /** The process that runs it, as JSON. */
  runner: string | null
  evidence: string
  error: string | null
  created_ms: number
  started_ms: number | null
  finished_ms: number | null
}

const optional = <value>(value: value | null): value | undefined => value ?? undefined

export function deploymentOf(row: Row): Deployment {
  return {
    id: row.id,
    run: row.run,
    kind: row.kind,
    stack: row.stack,
    env: row.env,
    target: row.target,
    service: row.service,
    handler: row.handler,
    fromRelease: optional(row.from_release),
    toRelease: optional(row.to_release),
    version: optional(row.version),
    tag: optional(row.tag),
    who: row.who,
    why: row.why,
    state: row.state,
    plan: optional(row.plan),
    evidence: JSON.parse(row.evidence) as Deployment['evidence'],
    error: row.error === null ? undefined : (JSON.parse(row.error) as RecordedError),
    createdMs: row.created_ms,
    startedMs: optional(row.started_ms),
    finishedMs: optional(row.finished_ms),
  }
}

export interface NoteRow {
  step: string
  state: StepState
  at_ms: number
  data: string
}

export function stepsOf(notes: readonly NoteRow[]): readonly Step[] {
  const steps = new Map<string, Step>()
  for (const { step, state, at_ms: atMs, data } of notes) {
    const before = steps.get(step)
    steps.set(step, {
      step,
      state,
      beganMs: before?.beganMs ?? atMs,
      endedMs: state === 'begun' ? undefined : atMs,
      data: { ...before?.data, ...(JSON.parse(data) as Step['data']) },
    })
  }
  return [...steps.values()]
}

export interface ReleaseRow extends Place {
  release: string
  settings: string
  version: string | null
  tag: string | null
  deployment_id: number
  data: string
  kept_ms: number
}

export function keptReleaseOf(row: ReleaseRow): KeptRelease {
  const { stack, env, service, release, settings } = row
  return {
    stack,
    env,
    service,
    release,
    settings,
    version: optional(row.version),
    tag: optional(row.tag),
    deployment: row.deployment_id,
    data: JSON.parse(row.data) as KeptRelease['data'],
    keptMs: row.kept_ms,
  }
}

export function recordedError(error: unknown): RecordedError {
  if (isSwitchyardError(error)) {
    return { code: error.code, message: error.message, ...(error.next !== undefined && { next: error.next }) }
  }
  return { code: 'HANDLER_ERROR', message: error instanceof Error ? error.message : String(error) }
}
