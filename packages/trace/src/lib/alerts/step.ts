import type { AlertRule } from './rule.ts'

/** How an alert stands. `pending`: not for long enough yet. `clearing`: still firing, but not for much longer. */
export type AlertState = 'pending' | 'firing' | 'clearing'

/** One thing of which one rule has something to say. */
export interface Standing {
  readonly state: AlertState
  /** When this state began. */
  readonly sinceMs: number
  /** When it fired. */
  readonly firedMs?: number
  /** When somebody was told last; absent while nobody was. */
  readonly toldMs?: number
}

export type News = 'fired' | 'still' | 'resolved'

export interface Step {
  /** Undefined: all is well. */
  readonly next: Standing | undefined
  /** What is worth telling. */
  readonly news?: News
}

type Thresholds = Pick<AlertRule, 'above' | 'below' | 'forMs' | 'clearForMs'>

/**
 * What becomes of an alert when it is looked at. While it is muted nothing is told, and what still fires when the mute ends is told then;
 * what goes on firing is told again after `repeatMs`.
 */
export function step(
  before: Standing | undefined,
  value: number,
  { above, below, forMs, clearForMs }: Thresholds,
  { nowMs, isMuted, repeatMs }: { nowMs: number; isMuted: boolean; repeatMs: number },
): Step {
  if (before === undefined || before.state === 'pending') {
    if (value <= above) return { next: undefined }
    const sinceMs = before?.sinceMs ?? nowMs
    if (nowMs - sinceMs < forMs) return { next: { state: 'pending', sinceMs } }
    return firing({ state: 'firing', sinceMs: nowMs, firedMs: nowMs })
  }
  if (value > below) {
    // What comes back before it was over never went away.
    return firing(before.state === 'firing' ? before : { ...before, state: 'firing', sinceMs: nowMs })
  }
  const sinceMs = before.state === 'clearing' ? before.sinceMs : nowMs
  if (nowMs - sinceMs < clearForMs) return { next: { ...before, state: 'clearing', sinceMs } }
  return before.toldMs === undefined || isMuted ? { next: undefined } : { next: undefined, news: 'resolved' }

  function firing(standing: Standing): Step {
    if (isMuted) return { next: standing }
    if (standing.toldMs === undefined) return { next: { ...standing, toldMs: nowMs }, news: 'fired' }
    if (nowMs - standing.toldMs < repeatMs) return { next: standing }
    return { next: { ...standing, toldMs: nowMs }, news: 'still' }
  }
}
