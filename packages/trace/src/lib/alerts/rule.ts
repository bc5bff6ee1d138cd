import type { AlertView } from './history.ts'

export type Severity = 'info' | 'warning' | 'critical'

/** What a rule finds of one thing. */
export interface Finding {
  /** What it is about, such as a plugin; empty where the rule is about the workspace. */
  readonly subject: string
  readonly value: number
  /** One sentence for people. */
  readonly says: string
}

/**
 * When something is worth waking somebody. It fires once a value was above `above` for `forMs`, and is over once it was at or below
 * `below` for `clearForMs`: between the two it stays what it was, so that what hovers around a threshold rings once.
 */
export interface AlertRule {
  readonly id: string
  readonly title: string
  readonly severity: Severity
  readonly above: number
  readonly below: number
  readonly forMs: number
  readonly clearForMs: number
  /** What to do first; the whole is in `runbook`. */
  readonly first: string
  readonly runbook: string
  /** What is not found is taken for nothing. */
  measure(view: AlertView): readonly Finding[]
}

/** What a workspace wants otherwise than the rule says. */
export interface RuleSettings {
  readonly off?: boolean | undefined
  readonly above?: number | undefined
  readonly below?: number | undefined
  readonly forMs?: number | undefined
  readonly clearForMs?: number | undefined
  readonly severity?: Severity | undefined
}

/** The rule as the workspace wants it; undefined where it wants none. A threshold moves the one below it along. */
export function withSettings(rule: AlertRule, settings: RuleSettings = {}): AlertRule | undefined {
  const { off = false, above = rule.above, forMs = rule.forMs, clearForMs = rule.clearForMs, severity = rule.severity } = settings
  if (off) return undefined
  const below = settings.below ?? (rule.above === 0 ? rule.below : (rule.below / rule.above) * above)
  return { ...rule, above, below: Math.min(below, above), forMs, clearForMs, severity }
}
