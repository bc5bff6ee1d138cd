import type { Investigation } from '../investigation.ts'
import { printable } from '../logs/render.ts'
import { wrapped } from '../monitor/render.ts'

const clockTime = (ms: number): string => new Date(ms).toISOString().replace('T', ' ').slice(0, 19)

/** The findings for a terminal of 80 columns: the answer first, then why, then all that was seen. */
export function renderInvestigation({ verdict, candidates, patterns, timeline, missing, entries, logs }: Investigation): string {
  const lines: string[] = []
  const [first, ...others] = candidates
  if (verdict === 'unknown' || first === undefined) lines.push('The cause is not known: the evidence is too thin.')
  else
    lines.push(
      wrapped(`${verdict === 'probable' ? 'Probable' : 'Possible'} cause: ${first.cause} (${Math.round(first.confidence * 100)} %)`, 2),
    )
  const told = verdict === 'unknown' ? [] : [first!]
  for (const { evidence, next } of told) {
    lines.push(...evidence.map((text) => `  - ${wrapped(text, 4)}`), `  next: ${wrapped(next, 8)}`)
  }
  const rest = verdict === 'unknown' ? candidates : others
  if (rest.length > 0) lines.push('', verdict === 'unknown' ? 'Weak hints' : 'Less likely')
  for (const { cause, confidence } of rest) lines.push(`  - ${wrapped(`${cause} (${Math.round(confidence * 100)} %)`, 4)}`)
  if (timeline.length > 0) lines.push('', 'Timeline (UTC)')
  for (const { atMs, text } of timeline) lines.push(`  ${clockTime(atMs)}  ${wrapped(text, 23)}`)
  if (patterns.length > 0) lines.push('', `Messages (${entries} warnings and errors)`)
  for (const { count, before, isNew, text } of patterns) {
    lines.push(`  ${String(count).padStart(6)}  ${wrapped(`${isNew ? '[new] ' : before > 0 ? `[before: ${before}] ` : ''}${text}`, 10)}`)
  }
  const problems = logs.flatMap(({ source, problems }) => problems.map((problem) => `${source}: ${problem}`))
  if (missing.length + problems.length > 0) lines.push('', 'Not known')
  for (const text of [...missing, ...problems]) lines.push(`  - ${wrapped(text, 4)}`)
  return printable(lines.join('\n'))
}
