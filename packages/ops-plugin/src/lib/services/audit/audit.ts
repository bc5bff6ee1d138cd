import type { Clock } from '@switchyard/plugin-kit'
import { withDeadline } from '../deadline.ts'
import { configurationRules } from './configuration.ts'
import { containerRules } from './containers.ts'
import { fileRules } from './files.ts'
import { networkRules } from './network.ts'
import { type AuditFinding, type AuditRule, type Focus, type Host, type RuleOutcome, SEVERITIES } from './rule.ts'
import { sshRules } from './sshd.ts'
import { systemRules } from './system.ts'

export const AUDIT_RULES: readonly AuditRule[] = [
  ...sshRules,
  ...networkRules,
  ...fileRules,
  ...systemRules,
  ...containerRules,
  ...configurationRules,
]

export interface AuditReport {
  /** The worst first. */
  readonly findings: readonly (AuditFinding & { readonly rule: string; readonly focus: Focus; readonly mend: string })[]
  readonly passed: readonly string[]
  /** Rules that could not look, and why. */
  readonly unknown: readonly { readonly rule: string; readonly why: string }[]
}

/** Asks every rule of the focus; one that cannot look says so and is never counted as passed. */
export async function audit(host: Host, focus: Focus | undefined, clock: Clock): Promise<AuditReport> {
  const findings: AuditReport['findings'][number][] = []
  const passed: string[] = []
  const unknown: { rule: string; why: string }[] = []
  for (const rule of AUDIT_RULES.filter((one) => focus === undefined || one.focus === focus)) {
    host.signal.throwIfAborted()
    const outcome = await lookWithin(host, rule, clock)
    if (typeof outcome === 'string') unknown.push({ rule: rule.id, why: outcome })
    else if (outcome.length === 0) passed.push(rule.id)
    else findings.push(...outcome.map((finding) => ({ rule: rule.id, focus: rule.focus, mend: rule.mend, ...finding })))
  }
  findings.sort((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity))
  return { findings, passed, unknown }
}

const RULE_LIMIT_MS = 30_000

async function lookWithin(host: Host, rule: AuditRule, clock: Clock): Promise<RuleOutcome> {
  try {
    const outcome = await withDeadline({ clock, signal: host.signal }, RULE_LIMIT_MS, () => rule.look(host))
    return outcome.ended === 'in-time' ? outcome.value : `it took longer than ${RULE_LIMIT_MS / 1_000} s`
  } catch (error) {
    host.signal.throwIfAborted()
    return error instanceof Error ? error.message : String(error)
  }
}
