import { asSwitchyardError } from '@switchyard/contracts'
import type { PlannedRun } from '@switchyard/yard'
import { withoutSecrets } from '@switchyard/yard/config'

/** What a plan would do, for whoever has to agree to it. */
export function planText({ command, plan: { summary, steps, warnings = [] } }: Pick<PlannedRun, 'command' | 'plan'>): string {
  return [
    `${command}: ${onOneLine(summary)}`,
    ...steps.flatMap(({ does, target, detail }) => [`  ${does} ${onOneLine(target)}`, ...(detail === undefined ? [] : [indented(detail)])]),
    ...warnings.map((warning) => `  ! ${onOneLine(warning)}`),
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

/**
 * Text with data of others in it, as it may be shown to a person or read by a model: what would steer a terminal, turn the order of
 * letters around or be read without being seen is written as JSON would escape it, so that JSON still says the same.
 */
export function visible(text: string): string {
  return text.replaceAll(/(?![\n\t])[\p{Cc}\p{Bidi_Control}\u{E0000}-\u{E007F}]/gu, (sign) =>
    Array.from({ length: sign.length }, (_, at) => `\\u${sign.charCodeAt(at).toString(16).padStart(4, '0')}`).join(''),
  )
}

/** So that no data can pretend to be a further step. */
function onOneLine(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, ' ')
}

function indented(text: string): string {
  return text.replaceAll(/^/gm, '      ')
}
