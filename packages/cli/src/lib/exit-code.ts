import { isSwitchyardError } from '@switchyard/contracts'

/** How the process ends; scripts rely on these. */
export const EXIT = { done: 0, failed: 1, usedWrongly: 2, needsApproval: 3, noCommandFits: 4, interrupted: 130 } as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

const BY_CODE: Readonly<Record<string, ExitCode>> = {
  USAGE: EXIT.usedWrongly,
  UNKNOWN_COMMAND: EXIT.usedWrongly,
  CONFIG_INVALID: EXIT.usedWrongly,
  PLAN_UNKNOWN: EXIT.usedWrongly,
  PLAN_USED: EXIT.usedWrongly,
  NOT_UNDOABLE: EXIT.usedWrongly,
  NOTHING_TO_PLAN: EXIT.usedWrongly,
  NEEDS_ANSWER: EXIT.needsApproval,
}

/** What an error means for the caller of the process. */
export function exitCodeOf(error: unknown): ExitCode {
  return (isSwitchyardError(error) ? BY_CODE[error.code] : undefined) ?? EXIT.failed
}
