import { count } from '../files/table.ts'
import type { Format } from './formats.ts'
import { sarifOf } from './sarif.ts'
import type { Finding, Report } from './schema.ts'

const WIDTH = 80
const MAX_LISTED = 40
const HEADS = { critical: 'CRITICAL', warning: 'WARNING', info: 'INFO' } as const

/** The report in one of its forms; each ends with a line break, and the same report gives the same bytes. */
export function renderReport(report: Report, format: Format): string {
  if (format === 'sarif') return sarifOf(report)
  return format === 'json' ? `${JSON.stringify(report, null, 2)}\n` : reportText(report)
}

/** For people: each block of findings with place, words and what to do; then the counts, what was asked, and the verdict. */
function reportText(report: Report): string {
  const { verdict, counts, stack, findings, suppressions, checkedBy } = report
  if (verdict === 'empty') return 'EMPTY: no Compose file, Caddyfile, unit or env file was found here.\n'
  const lines: string[] = []
  for (const severity of ['critical', 'warning', 'info'] as const) {
    const own = findings.filter((finding) => finding.severity === severity)
    if (own.length === 0) continue
    lines.push(`${HEADS[severity]} (${counts[severity]})`, ...own.slice(0, MAX_LISTED).flatMap(findingLines))
    if (counts[severity] > MAX_LISTED) lines.push(`  … and ${counts[severity] - MAX_LISTED} more: --format json lists them`)
    lines.push('')
  }
  for (const { rule, file, line, until } of suppressions.filter(({ expired }) => expired))
    lines.push(...wrap(`${file}:${line}  the allowance of ${rule} ended on ${until}`, ''))
  for (const { rule, file, line } of suppressions.filter(({ expired, findings: taken }) => !expired && taken === 0))
    lines.push(...wrap(`${file}:${line}  the allowance of ${rule} is idle: it can go`, ''))
  for (const { tool, ran, why } of checkedBy) if (!ran) lines.push(...wrap(`not checked by ${tool}: ${why}`, ''))
  const looked = [
    count(stack.services, 'service'),
    ...(stack.sites > 0 ? [count(stack.sites, 'site')] : []),
    ...(stack.units > 0 ? [count(stack.units, 'unit')] : []),
    `${count(stack.files.length, 'file')}`,
  ]
  lines.push(
    ...wrap(`${looked.join(', ')} looked at${counts.suppressed > 0 ? `; ${count(counts.suppressed, 'finding')} accepted` : ''}`, ''),
  )
  const found = `${counts.critical} critical, ${count(counts.warning, 'warning')}, ${counts.info} info`
  const next = counts.fixable > 0 ? ` · ${counts.fixable} can be mended with: switchyard deploy fix` : ''
  lines.push(...wrap(`${verdict === 'pass' ? 'PASS' : 'FAIL'}: ${found}${next}`, ''))
  return `${lines.join('\n')}\n`
}

function findingLines({ file, line, column, note, mend, rule, fixable }: Finding): string[] {
  return [
    ...wrap(`${file}:${line}:${column}  ${note}`, '  ', '    '),
    ...wrap(`${fixable ? 'Fix (automatic)' : 'Fix'}: ${mend}  [${rule}]`, '    ', '      '),
  ]
}

/** Breaks at spaces; what follows the first line is indented deeper. */
function wrap(text: string, indent: string, deeper = `${indent}  `): string[] {
  const lines: string[] = []
  let line = indent
  for (const word of text.split(' ')) {
    if (line.trim() !== '' && line.length + 1 + word.length > WIDTH) {
      lines.push(line.trimEnd())
      line = deeper + word
    } else line += line.trim() === '' ? word : ` ${word}`
  }
  lines.push(line.trimEnd())
  return lines
}
