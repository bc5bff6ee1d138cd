import { hostname, userInfo } from 'node:os'

/** A `rehearsal` changes nothing that serves; it is remembered beside the others. */
export const DEPLOYMENT_KINDS = ['apply', 'rollback', 'scale', 'rehearsal', 'destroy'] as const
/**
 * `returned`: its gate failed and what ran before runs again. `failed`: it ended and nobody knows more than its steps say.
 * `rolled-back`: it was done, and a later rollback took it back.
 */
export const DEPLOYMENT_STATES = ['planned', 'running', 'done', 'failed', 'returned', 'rolled-back'] as const
export const STEP_STATES = ['begun', 'done', 'failed', 'undone', 'skipped'] as const
export const RESOURCE_KINDS = ['container', 'image', 'network', 'volume', 'unit', 'process', 'folder', 'file', 'link', 'route'] as const

export type DeploymentKind = (typeof DEPLOYMENT_KINDS)[number]
export type DeploymentState = (typeof DEPLOYMENT_STATES)[number]
export type StepState = (typeof STEP_STATES)[number]
export type ResourceKind = (typeof RESOURCE_KINDS)[number]
type Data = Readonly<Record<string, unknown>>

/** What went wrong, without a stack. */
export interface RecordedError {
  readonly code: string
  readonly message: string
  readonly next?: string
}

/** Where a service runs. */
export interface Place {
  readonly stack: string
  readonly env: string
  readonly service: string
}

/** One service brought to one release in one environment. */
export interface Deployment extends Place {
  readonly id: number
  /** The id of the first of those that were deployed together. */
  readonly run: number
  readonly kind: DeploymentKind
  readonly target: string
  readonly handler: string
  /** An image's digest or a release folder's name. */
  readonly fromRelease: string | undefined
  readonly toRelease: string | undefined
  readonly version: string | undefined
  readonly tag: string | undefined
  readonly who: string
  readonly why: string
  readonly state: DeploymentState
  /** The yard's plan that waits for approval, where it was prepared. */
  readonly plan: string | undefined
  /** What the gate saw, and whatever else the decision rests on. */
  readonly evidence: Data
  readonly error: RecordedError | undefined
  readonly createdMs: number
  readonly startedMs: number | undefined
  readonly finishedMs: number | undefined
}

export interface DeploymentStart extends Place {
  readonly kind: DeploymentKind
  readonly target: string
  readonly handler: string
  /** @default one of its own */
  readonly run?: number | undefined
  readonly fromRelease?: string | undefined
  /** Where it is known already; `setRelease` says it later. */
  readonly toRelease?: string | undefined
  readonly version?: string | undefined
  readonly tag?: string | undefined
  /** @default the person whose account this process runs under */
  readonly who?: string | undefined
  readonly why: string
  /** Two starts with one key in one environment and service are one deployment. */
  readonly key?: string | undefined
}

/** One line of a deployment's journal. */
export interface StepNote {
  readonly step: string
  readonly state: StepState
  readonly data?: Data
}

/** A step as all its notes together tell it. */
export interface Step {
  readonly step: string
  readonly state: StepState
  readonly beganMs: number
  readonly endedMs: number | undefined
  /** What its notes said, the later over the earlier. */
  readonly data: Data
}

/** A release that can be returned to, with what its handler needs for that: hashes of secrets, never secrets. */
export interface KeptRelease extends Place {
  readonly release: string
  /** Fingerprint of all that it is given: with other settings the same image is another release. */
  readonly settings: string
  readonly version: string | undefined
  readonly tag: string | undefined
  /** The last deployment that brought it. */
  readonly deployment: number
  readonly data: Data
  readonly keptMs: number
}

/** Something that exists because of a deployment. */
export interface Resource {
  readonly id: number
  readonly stack: string
  readonly env: string
  readonly target: string
  /** Undefined for what the stack's services share. */
  readonly service: string | undefined
  readonly kind: ResourceKind
  readonly name: string
  readonly release: string | undefined
  readonly deployment: number
  readonly who: string
  readonly why: string
  readonly data: Data
  readonly createdMs: number
  readonly updatedMs: number
  readonly removedMs: number | undefined
  readonly removedBy: number | undefined
}

/** The account and machine that this process runs on. */
export function whoAmI(): string {
  try {
    return `${userInfo().username}@${hostname()}`
  } catch {
    // An account without a name, as in some containers.
    return `${process.getuid?.() ?? 'somebody'}@${hostname()}`
  }
}
