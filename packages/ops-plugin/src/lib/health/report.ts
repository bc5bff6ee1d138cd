import { printable } from '@switchyard/plugin-kit'
import type { Finding } from './check.ts'
import type { Report } from './schema.ts'

const WIDTH = 80
const MAX_CHECKS = 8
const MAX_FINDINGS = 3
const BAR_CELLS = 20
const MAX_NEWS = 20

/** The report for people: the score, each domain, what is worst and how to mend it, and what to do first. */
export function reportText(report: Report): string {
  const { project, kinds, files, score, status, confidence, baseline } = report
  const lines = [
    ...wrap(`${printable(project)}: ${score} of 100, ${status}`, ''),
    ...wrap([kinds.join(', ') || 'no known kind of project', plural(files.total, 'file'), `confidence ${confidence} %`].join(' · '), ''),
    ...report.caps.flatMap(({ check, at }) => wrap(`held down to ${at} by ${check}`, '')),
    ...(baseline === undefined ? [] : wrap(baselineLine(baseline, score), '')),
    '',
    ...report.domains.map(
      ({ domain, score: part, pass, warn, fail, unknown }) =>
        `  ${domain.padEnd(13)}${bar(part)} ${String(part).padStart(3)}  ${counts({ fail, warn, unknown, pass })}`,
    ),
  ]
  const wrong = worstFirst(report)
  lines.push(...wrong.slice(0, MAX_CHECKS).flatMap((check) => ['', ...checkLines(check)]))
  const suppressed = report.checks.reduce((sum, check) => sum + check.suppressed, 0)
  if (suppressed > 0) lines.push('', `${plural(suppressed, 'finding')} accepted for a time`)
  if (wrong.length > MAX_CHECKS) lines.push('', `${wrong.length - MAX_CHECKS} more did not pass`)
  const next = report.nextBestFix
  lines.push('', ...(next === undefined ? ['Nothing to mend.'] : wrap(`Next best fix: ${next.check}, +${next.gain}: ${next.mend}`, '')))
  return `${lines.join('\n')}\n`
}

/** The checks that failed a limit, in the few lines that an error has room for. */
export function worstText(report: Report): string {
  return worstFirst(report)
    .slice(0, MAX_CHECKS)
    .flatMap((check) => checkLines({ ...check, mend: undefined }))
    .join('\n')
}

/** Everything that the baseline does not have, by place. */
export function newsText(report: Report): string {
  return worstFirst(report)
    .flatMap(({ id, findings }) =>
      findings.filter(({ isNew }) => isNew).map((finding) => `${id}: ${place(finding)}${printable(finding.note)}`),
    )
    .slice(0, MAX_NEWS)
    .join('\n')
}

function checkLines({ id, status, findings, total, mend, fix }: Omit<Wrong, 'mend'> & { mend?: string | undefined }): string[] {
  const lines = [`${status.toUpperCase().padEnd(8)}${id}`]
  for (const finding of findings.slice(0, MAX_FINDINGS)) lines.push(...wrap(`${place(finding)}${printable(finding.note)}`, '  '))
  if (total > MAX_FINDINGS) lines.push(`  and ${total - MAX_FINDINGS} more`)
  if (mend !== undefined) lines.push(...wrap(`mend: ${mend}${fix === undefined ? '' : ' [ops health fix does it]'}`, '  '))
  return lines
}

/** What failed before what warned before what is unknown, and what weighs most first. */
export const worstFirst = (report: Report): readonly Wrong[] =>
  report.checks.filter(({ status }) => status !== 'pass').sort((a, b) => rank(a) - rank(b))

function baselineLine({ score: before, isComparable, new: news, gone }: NonNullable<Report['baseline']>, score: number): string {
  const change = score === before ? 'as then' : `${score > before ? '+' : ''}${score - before}`
  const compared = isComparable ? `baseline ${before}, now ${score} (${change})` : `baseline ${before}, by other checks`
  return `${compared} · ${news} new, ${gone} mended since`
}

type Wrong = Report['checks'][number]
const RANKS = { fail: 0, warn: 1_000, unknown: 2_000, pass: 3_000 } as const
const rank = ({ status, weight }: Wrong): number => RANKS[status] - weight

function counts(by: Record<'fail' | 'warn' | 'unknown' | 'pass', number>): string {
  const words = { fail: 'failed', warn: 'warned', unknown: 'unknown', pass: 'passed' }
  return (['fail', 'warn', 'unknown', 'pass'] as const).flatMap((key) => (by[key] === 0 ? [] : [`${by[key]} ${words[key]}`])).join(', ')
}

export function place({ file, line }: Pick<Finding, 'file' | 'line'>): string {
  if (file === undefined) return ''
  return `${printable(file)}${line === undefined ? '' : `:${line}`}  `
}

function bar(percent: number): string {
  const full = Math.floor((percent * BAR_CELLS) / 100)
  return '█'.repeat(full) + '░'.repeat(BAR_CELLS - full)
}

export function plural(count: number, noun: string): string {
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
