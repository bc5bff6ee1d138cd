import { asSwitchyardError } from '@switchyard/contracts'
import type { PlannedRun } from '@switchyard/yard'
import { withoutSecrets } from '@switchyard/yard/config'

/** What a plan would do, for whoever has to agree to it. */
export function planText({ command, plan: { summary, steps, warnings = [] } }: PlannedRun): string {
  return [
    `${command}: ${summary}`,
    ...steps.flatMap(({ does, target, detail }) => [`  ${does} ${target}`, ...(detail === undefined ? [] : [indented(detail)])]),
    ...warnings.map((warning) => `  ! ${warning}`),
  ].join('\n')
}

/** The same as data. */
export function planData({ id, command, input, plan }: PlannedRun): Readonly<Record<string, unknown>> {
  return { plan: id, command, input: withoutSecrets(input), ...plan }
}

export interface ErrorReport {
  readonly code: string
  readonly message: string
  /** What to do next. */
  readonly next?: string
  readonly data?: Readonly<Record<string, unknown>>
}

/** An error as a client is told it: stack and causes stay here. `next` wins over the error's own, which is for a terminal. */
export function errorReport(error: unknown, next?: string): ErrorReport {
  const { code, message, data, next: own } = asSwitchyardError(error)
  const step = next ?? own
  const kept = withoutSecrets(data)
  return { code, message, ...(step !== undefined && { next: step }), ...(Object.keys(kept).length > 0 && { data: kept }) }
}

export function errorText({ code, message, next }: ErrorReport): string {
  return next === undefined ? `${message} [${code}]` : `${message} [${code}]\nNext: ${next}`
}

function indented(text: string): string {
  return text.replaceAll(/^/gm, '      ')
}
