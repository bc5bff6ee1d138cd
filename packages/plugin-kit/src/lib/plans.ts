import type { Effect } from '@switchyard/contracts/manifest'
import type { CommandRef } from './plugin.ts'

/** What a plugin wants done, once a person agrees. */
export interface Proposal {
  /** By its full id; one that changes something, and that the plugin may itself call. */
  readonly command: string
  readonly input: unknown
}

/** A plan that is kept for a person, who approves or discards it by its id. */
export interface ProposedPlan {
  readonly id: string
  readonly command: string
  readonly effect: Effect
  readonly summary: string
  /** interrupted: the process that ran it ended before it did. */
  readonly state: 'waiting' | 'discarded' | 'running' | 'interrupted' | 'done' | 'failed' | 'undoing' | 'undone'
}

const ref = <input, output>(id: string): CommandRef<input, output> => ({ id })

/** The yard's plans, to be called with `ctx.call` by plugins that name `plan` in `touches.plugins`. No plugin approves what it proposes. */
export const plans = {
  /** Says what a command would do and keeps that until a person approves it, as if the person had asked for it; nothing is done. */
  propose: ref<Proposal, ProposedPlan>('plan.propose'),
  /** What became of a plan of a command that the plugin may call. PLAN_UNKNOWN for one that is forgotten, or somebody else's. */
  show: ref<{ readonly id: string }, ProposedPlan>('plan.show'),
} as const
