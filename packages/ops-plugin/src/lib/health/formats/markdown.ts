import { plural, worstFirst } from '../report.ts'
import type { Report } from '../schema.ts'

/** For a pull request or a wiki: the score, each domain, and everything that did not pass. */
export function markdownOf(report: Report): string {
  const { project, score, status, confidence, kinds, files, domains, nextBestFix, baseline } = report
  const facts = [kinds.join(', ') || 'no known kind of project', plural(files.total, 'file'), `confidence ${confidence} %`]
  const lines = [`# Health of ${escaped(project)}: ${score} of 100, ${status}`, '', facts.join(' · '), '']
  for (const { check, at } of report.caps) lines.push(`Held down to ${at} by \`${check}\`.`, '')
  if (baseline !== undefined) lines.push(`Baseline ${baseline.score}: ${baseline.new} new, ${baseline.gone} mended since.`, '')
  if (nextBestFix !== undefined)
    lines.push(`**Next best fix:** \`${nextBestFix.check}\`, +${nextBestFix.gain}: ${escaped(nextBestFix.mend)}`, '')
  lines.push('| Domain | Score | Failed | Warned | Unknown | Passed |', '|---|---:|---:|---:|---:|---:|')
  for (const row of domains) lines.push(`| ${row.domain} | ${row.score} | ${row.fail} | ${row.warn} | ${row.unknown} | ${row.pass} |`)
  lines.push('')
  for (const { id, status: state, findings, total, mend, fix } of worstFirst(report)) {
    lines.push(`## ${state.toUpperCase()} ${id}`, '')
    for (const { file, line, note } of findings) {
      const where = file === undefined ? '' : `${code(line === undefined ? file : `${file}:${line}`)} `
      lines.push(`- ${where}${escaped(note)}`)
    }
    if (total > findings.length) lines.push(`- and ${total - findings.length} more`)
    lines.push('', `Mend: ${escaped(mend ?? '')}.${fix === undefined ? '' : ` \`switchyard ops health fix --checks ${id}\` does it.`}`, '')
  }
  const accepted = report.suppressions.filter(({ findings }) => findings > 0)
  if (accepted.length > 0) {
    lines.push('## Accepted for a time', '', '| Check | Findings | Until | Reason |', '|---|---:|---|---|')
    for (const { check, findings, until, reason } of accepted) lines.push(`| ${check} | ${findings} | ${until} | ${escaped(reason)} |`)
    lines.push('')
  }
  return `${lines.join('\n').trimEnd()}\n`
}

/** Names and texts come from files of anybody's: they must stay text in a table, a list and a heading. */
function escaped(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ').replace(/[\\`*_{}[\]<>#|~!]/g, (char) => `\\${char}`)
}

/** A span of code whose fence is longer than any in it. */
function code(text: string): string {
  const plain = text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
  const fence = '`'.repeat(1 + Math.max(0, ...[...plain.matchAll(/`+/g)].map(([run]) => run.length)))
  const space = plain.startsWith('`') || plain.endsWith('`') ? ' ' : ''
  return `${fence}${space}${plain}${space}${fence}`
}
