import type { Finding } from '@switchyard/yard'
import { type Look, paint, plain, wrap } from './look.ts'

const MARKS = { ok: ['✓', 'green'], warning: ['!', 'yellow'], failed: ['✗', 'red'] } as const

/** What was checked, what was found, and how to mend what is not right. */
export function renderFindings(findings: readonly Finding[], look: Look): string {
  const width = Math.max(...findings.map(({ check }) => check.length))
  const indent = ' '.repeat(width + 4)
  return findings
    .flatMap(({ check, state, found, mend }) => {
      const [mark, color] = MARKS[state]
      const room = look.columns - indent.length
      const [first = '', ...rest] = wrap(plain(found), room)
      const lines = [`${paint(look, color, mark)} ${check.padEnd(width)}  ${first}`, ...rest.map((line) => `${indent}${line}`)]
      if (mend !== undefined) lines.push(...wrap(plain(`→ ${mend}`), room).map((line) => `${indent}${paint(look, 'cyan', line)}`))
      return lines
    })
    .join('\n')
}
