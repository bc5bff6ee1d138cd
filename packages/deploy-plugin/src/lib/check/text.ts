import { printable } from '@switchyard/plugin-kit'
import { columns, cut } from '../records/columns.ts'
import { type Finding, GROUPS } from './finding.ts'

export interface CheckedPlace {
  readonly env?: string | undefined
  readonly host: string
  readonly ready: boolean
  readonly findings: readonly Finding[]
}

const MARKS: Readonly<Record<Finding['level'], string>> = { ok: '[OK]', warn: '[WARN]', fail: '[FAIL]', unknown: '[ -- ]' }

/** The check as people read it, 80 wide: blocks of lines with what was measured, then the verdict of each place. */
export function checkText(places: readonly CheckedPlace[]): string {
  return places.map(placeText).join('\n\n')
}

function placeText({ env, host, ready, findings }: CheckedPlace): string {
  const groups = GROUPS.filter((group) => findings.some((one) => one.group === group))
  return [
    ...groups.flatMap((group) => [
      group,
      ...columns(
        findings
          .filter((one) => one.group === group)
          .map(({ level, check, subject, measured }) => [`  ${MARKS[level]}`, check, subject, measured]),
      ),
    ]),
    '',
    ...remarks(findings),
    cut(`${ready ? 'READY' : 'NOT READY'}: ${env === undefined ? '' : `${env} on `}${host}, ${verdict(findings)}`),
  ].join('\n')
}

/** What each thing that is not well was held to, and what helps. */
function remarks(findings: readonly Finding[]): readonly string[] {
  const lines = findings
    .filter(({ level }) => level === 'fail' || level === 'warn')
    .flatMap(({ check, subject, measured, wanted, advice }) => [
      cut(`${check} ${printable(subject)}: ${printable(measured)}`),
      ...(wanted === undefined ? [] : [cut(`  wanted: ${printable(wanted)}`)]),
      ...(advice === undefined ? [] : [cut(`  ${printable(advice)}`)]),
    ])
  return lines.length === 0 ? [] : [...lines, '']
}

function verdict(findings: readonly Finding[]): string {
  const count = (level: Finding['level']): number => findings.filter((one) => one.level === level).length
  const failed = findings.filter(({ level }) => level === 'fail').map(({ check }) => check)
  const counts = `${count('ok')} passed, ${count('warn')} warned, ${count('fail')} failed`
  return failed.length === 0 ? counts : `${counts}: ${[...new Set(failed)].join(', ')}`
}
