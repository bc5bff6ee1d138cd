import { printable } from '../logs/render.ts'
import { wrapped } from '../monitor/render.ts'
import type { AuditReport } from './audit.ts'

/** The findings by rule, the worst first, for 80 columns. */
export function renderAudit({ findings, passed, unknown }: AuditReport, status: string, notCovered: readonly string[]): string {
  const lines = [`${status}: ${findings.length} findings, ${passed.length} rules pass, ${unknown.length} could not look`]
  const rules = Map.groupBy(findings, ({ rule }) => rule)
  for (const [rule, found] of rules) {
    lines.push('', `${found[0]!.severity.toUpperCase()} ${rule}`)
    for (const { evidence, file, line } of found) {
      const where = file === undefined ? '' : `${file}${line === undefined ? '' : `:${line}`}: `
      lines.push(`  - ${wrapped(`${where}${evidence}`, 4)}`)
    }
    lines.push(`  mend: ${wrapped(found[0]!.mend, 8)}`)
  }
  if (unknown.length > 0) lines.push('', 'Could not look')
  for (const [why, rules] of Map.groupBy(unknown, ({ why }) => why)) {
    lines.push(`  - ${wrapped(`${why}: ${rules.map(({ rule }) => rule).join(', ')}`, 4)}`)
  }
  lines.push('', ...notCovered.map((what) => `Not covered: ${what}`))
  return printable(lines.join('\n'))
}
