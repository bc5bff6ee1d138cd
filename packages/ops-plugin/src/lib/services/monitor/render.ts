import type { Observation, Status } from './verdict.ts'

const MARKS: Readonly<Record<Status, string>> = { HEALTHY: 'ok', DEGRADED: '!', UNHEALTHY: 'x', UNKNOWN: '?' }
const WIDTH = 80

/** What was seen of each service, for a terminal of 80 columns. */
export function renderObservations(observations: readonly Observation[]): string {
  return observations
    .map(({ service, env, status, checks }) => {
      const lines = checks.map(({ status: one, check, reason }) => `  ${MARKS[one].padEnd(3)}${wrapped(`${check}: ${reason}`, 5)}`)
      if (checks.some(({ problem }) => problem === 'not-trusted')) lines.push(`  next: switchyard ops service trust --service ${service}`)
      return [`${service}${env === undefined ? '' : ` (${env})`}: ${status}`, ...lines].join('\n')
    })
    .join('\n')
}

/** Text in lines that fit behind an indent; words longer than a line stay whole. */
export function wrapped(text: string, indent: number): string {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(/\s+/)) {
    if (line !== '' && line.length + word.length + 1 > WIDTH - indent) {
      lines.push(line)
      line = ''
    }
    line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line].join(`\n${' '.repeat(indent)}`)
}
