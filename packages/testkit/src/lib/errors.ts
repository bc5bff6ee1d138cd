import { SwitchyardError } from '@switchyard/contracts'

export const notRouted = (request: string, found: string): SwitchyardError =>
  new SwitchyardError('NOT_ROUTED', `Cannot run "${request}" as it must mean one command whose arguments are all known: ${found}`, {
    data: { request },
  })

export const notHeard = (topic: string, heard: readonly string[], withinMs: number): SwitchyardError =>
  new SwitchyardError(
    'NOT_HEARD',
    `Cannot find a message on "${topic}" as one must come within ${withinMs} ms: ${heard.length === 0 ? 'nothing was published' : `heard ${heard.join(', ')}`}`,
    { data: { topic, heard } },
  )

export const notAsExpected = (what: string, differences: readonly string[]): SwitchyardError =>
  new SwitchyardError('NOT_AS_EXPECTED', `Cannot accept ${what} as it must be what was expected:\n${indented(differences)}`, {
    data: { differences },
  })

/** `rule` is the rule's id, such as `U1`; its meaning is in the README. */
export const contractBroken = (
  rule: string,
  subject: string,
  must: string,
  differences: readonly string[],
  cause?: unknown,
): SwitchyardError =>
  new SwitchyardError('CONTRACT_BROKEN', `Cannot accept ${subject} as [${rule}] ${must}:\n${indented(differences)}`, {
    data: { rule, subject, differences },
    cause,
  })

const MAX_LINES = 12

function indented(lines: readonly string[]): string {
  const shown = lines.slice(0, MAX_LINES).map((line) => `  ${line}`)
  if (lines.length > MAX_LINES) shown.push(`  and ${lines.length - MAX_LINES} more`)
  return shown.join('\n')
}
