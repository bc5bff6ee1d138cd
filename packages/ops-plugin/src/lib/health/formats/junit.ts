import { place } from '../report.ts'
import type { Report } from '../schema.ts'

/** One test a check, one suite a domain; what failed is red, what warned is printed and green, what is unknown is skipped. */
export function junitOf({ project, checks, domains }: Report): string {
  const suites = domains.map(({ domain, pass, warn, fail, unknown }) => {
    const cases = checks.filter((check) => check.domain === domain).map(testCase)
    const counts = `tests="${pass + warn + fail + unknown}" failures="${fail}" errors="0" skipped="${unknown}"`
    return `  <testsuite name="${escaped(domain)}" ${counts}>\n${cases.join('')}  </testsuite>\n`
  })
  const sum = (key: 'fail' | 'unknown'): number => domains.reduce((total, domain) => total + domain[key], 0)
  const counts = `tests="${checks.length}" failures="${sum('fail')}" errors="0" skipped="${sum('unknown')}"`
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="${escaped(project)}" ${counts}>\n${suites.join('')}</testsuites>\n`
}

function testCase({ id, domain, title, status, findings, total, mend }: Report['checks'][number]): string {
  const open = `    <testcase name="${escaped(id)}" classname="health.${domain}"`
  if (status === 'pass') return `${open}/>\n`
  const lines = [
    ...findings.map((finding) => `${place(finding)}${finding.note}`),
    ...(total > findings.length ? [`and ${total - findings.length} more`] : []),
  ]
  const detail = escaped([title, ...lines, `mend: ${mend ?? ''}`].join('\n'))
  const [first] = findings
  const inside = {
    fail: `<failure type="${escaped(id)}" message="${escaped(first?.note ?? title)}">${detail}</failure>`,
    warn: `<system-out>${detail}</system-out>`,
    unknown: `<skipped message="${escaped(first?.note ?? 'unknown')}"/>`,
  }
  return `${open}>\n      ${inside[status]}\n    </testcase>\n`
}

const NAMED: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', '\n': '&#10;', '\t': '&#9;' }

/** XML cannot hold most control characters, not even escaped, nor half of a pair. */
function escaped(text: string): string {
  return text.replace(/[&<>"\n\t]/g, (char) => NAMED[char] ?? char).replace(/\p{Cc}|\p{Cs}|[\uFFFE\uFFFF]/gu, '\uFFFD')
}
