import type { Finding } from './check.ts'
import type { ScanReport } from './schema.ts'

const WIDTH = 80
const MAX_CHECKS = 8
const MAX_FINDINGS = 3
const BAR_CELLS = 20

/** The report for people: the score, each domain, what is worst and how to mend it, and what to do first. */
export function reportText(report: Omit<ScanReport, 'text'>): string {
  const { project, kinds, files, score, status, confidence } = report
  const lines = [
    ...wrap(`${printable(project)}: ${score} of 100, ${status}`, ''),
    ...wrap([kinds.join(', ') || 'no known kind of project', plural(files.total, 'file'), `confidence ${confidence} %`].join(' · '), ''),
    '',
    ...report.domains.map(
      ({ domain, score: part, pass, warn, fail, unknown }) =>
        `  ${domain.padEnd(13)}${bar(part)} ${String(part).padStart(3)}  ${counts({ fail, warn, unknown, pass })}`,
    ),
  ]
  const wrong = report.checks.filter(({ status: state }) => state !== 'pass').sort((a, b) => rank(a) - rank(b))
  for (const { id, status: state, findings, total, mend } of wrong.slice(0, MAX_CHECKS)) {
    lines.push('', `${state.toUpperCase().padEnd(8)}${id}`)
    for (const finding of findings.slice(0, MAX_FINDINGS)) lines.push(...wrap(`${place(finding)}${printable(finding.note)}`, '  '))
    if (total > MAX_FINDINGS) lines.push(`  and ${total - MAX_FINDINGS} more`)
    if (mend !== undefined) lines.push(...wrap(`mend: ${mend}`, '  '))
  }
  if (wrong.length > MAX_CHECKS) lines.push('', `${plural(wrong.length - MAX_CHECKS, 'check')} more did not pass`)
  const next = report.nextBestFix
  lines.push('', ...(next === undefined ? ['Nothing to mend.'] : wrap(`Next best fix: ${next.check}, +${next.gain}: ${next.mend}`, '')))
  return `${lines.join('\n')}\n`
}

type Wrong = ScanReport['checks'][number]
const RANKS = { fail: 0, warn: 1_000, unknown: 2_000, pass: 3_000 } as const
const rank = ({ status, weight }: Wrong): number => RANKS[status] - weight

function counts(by: Record<'fail' | 'warn' | 'unknown' | 'pass', number>): string {
  const words = { fail: 'failed', warn: 'warned', unknown: 'unknown', pass: 'passed' }
  return (['fail', 'warn', 'unknown', 'pass'] as const).flatMap((key) => (by[key] === 0 ? [] : [`${by[key]} ${words[key]}`])).join(', ')
}

function place({ file, line }: Finding): string {
  if (file === undefined) return ''
  return `${printable(file)}${line === undefined ? '' : `:${line}`}  `
}

function bar(percent: number): string {
  const full = Math.floor((percent * BAR_CELLS) / 100)
  return '█'.repeat(full) + '░'.repeat(BAR_CELLS - full)
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

/** Breaks at spaces, and inside of words that are longer than a line; what follows the first line is indented deeper. */
function wrap(text: string, indent: string): string[] {
  const lines: string[] = []
  let line = indent
  for (const word of text.split(' ')) {
    let rest = word
    if (line.trim() !== '' && line.length + 1 + rest.length > WIDTH) {
      lines.push(line.trimEnd())
      line = `${indent}  `
    }
    while (line.length + rest.length > WIDTH) {
      lines.push(line + rest.slice(0, WIDTH - line.length))
      rest = rest.slice(WIDTH - line.length)
      line = `${indent}  `
    }
    line += line.trim() === '' ? rest : ` ${rest}`
  }
  lines.push(line.trimEnd())
  return lines
}

/** Names of files are whatever their author wanted; control characters would reach the reader's terminal. */
function printable(text: string): string {
  return text.replace(
    /[\p{Cc}\u2028\u2029\u202A-\u202E\u2066-\u2069]/gu,
    (char) => `\\u${(char.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
  )
}
