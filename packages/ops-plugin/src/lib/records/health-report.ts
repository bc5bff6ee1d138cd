import { checksOf, type KeptCheck } from './health-check.ts'
import { isoOf } from './list.ts'
import type { HealthRow } from './rows.ts'

/** A recorded health check as a Markdown page. */
export function healthReport(row: HealthRow, project: string): string {
  const checks = checksOf(row)
  const failing = checks.filter(({ status }) => status === 'fail')
  return [
    `# Health of ${oneLine(project)}`,
    '',
    `${isoOf(row.created_ms).slice(0, 10)} · **${row.status.toUpperCase()}** · ${row.score}/100`,
    '',
    '## Summary',
    '',
    row.summary.trim() || 'Nothing was said.',
    '',
    '## Checks',
    '',
    '| Check | Status | Message |',
    '| --- | --- | --- |',
    ...checks.map(({ id, status, message }) => `| ${cell(id)} | ${status.toUpperCase()} | ${cell(message)} |`),
    '',
    ...section('Failing checks', failing),
    '---',
    'Written by Switchyard from a recorded health check',
    '',
  ].join('\n')
}

function section(title: string, checks: readonly KeptCheck[]): string[] {
  if (checks.length === 0) return []
  return [`## ${title}`, '', ...checks.map(({ id, message }) => `- **${oneLine(id)}**: ${oneLine(message)}`), '']
}

/** A bar or a line break would begin another cell or row. */
const cell = (text: string): string => oneLine(text).replaceAll('\\', '\\\\').replaceAll('|', '\\|')
const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim()
