import type { ChainReport, PlannedStep } from '@switchyard/chain'
import { spoken } from '@switchyard/router'
import { callsOf } from '@switchyard/yard'
import { withoutSecrets } from '@switchyard/yard/config'
import { renderChain } from './chain.ts'
import { type Look, paint, plain, wrap } from './look.ts'
import { renderRuns, stepLine } from './plan.ts'

/** A part of a request whose command and input are settled. */
export interface SettledPart {
  readonly text: string
  readonly command: string
  readonly input: Readonly<Record<string, unknown>>
}

/** What a request of several parts would do: each part in its words, what it calls, on what it depends, and what that would change. */
export function renderPlannedParts(parts: readonly SettledPart[], steps: readonly PlannedStep[], look: Look): string {
  return parts.map((part, index) => onePart(part, index + 1, steps, look)).join('\n')
}

/** Of one part; the command's own `--dry-run` shows all. */
const MAX_STEPS = 6

function onePart({ text, command, input }: SettledPart, number: number, steps: readonly PlannedStep[], look: Look): string {
  const step = steps.find(({ path }) => path === `part${number}`)
  const given = Object.entries(withoutSecrets(input)).map(([field, value]) => `${field} ${valueText(value)}`)
  const only = [
    ...(step?.when === undefined ? [] : [spoken(step.when)]),
    ...(step?.onlyAfter === undefined ? [] : [`${spoken(step.onlyAfter)} fails`]),
  ]
  const lines = [
    ...wrap(plain(text), look.columns - 3).map((line) => paint(look, 'bold', line)),
    ...only.flatMap((one) => wrap(plain(`only if ${one}`), look.columns - 3)).map((line) => paint(look, 'yellow', line)),
    ...wrap(plain([command, ...given].join('  ')), look.columns - 3).map((line) => paint(look, 'dim', line)),
    ...planLines(step, look),
  ]
  return lines.map((line, index) => `${index === 0 ? `${number}` : ''}`.padEnd(3) + line).join('\n')
}

function planLines(step: PlannedStep | undefined, look: Look): string[] {
  const { does, plan, needs, error } = step ?? {}
  if (does === 'is skipped') return ['skipped']
  // What comes before it may make it possible.
  if (error !== undefined) return wrap(plain(`as things stand: ${error.message}`), look.columns - 3).map((line) => paint(look, 'red', line))
  if (needs !== undefined) return wrap(plain(`planned once there is ${needs.map(spoken).join(', ')}`), look.columns - 3)
  if (plan === undefined) return []
  const shown = plan.steps.slice(0, MAX_STEPS).map(({ does, target, detail = '' }) => {
    const line = plain(detail === '' || detail.includes('\n') ? target : `${target}  ${detail}`)
    return `  ${stepLine(does, cut(line, look.columns - 13), look)}`
  })
  const more = plan.steps.length > MAX_STEPS ? [`  and ${plan.steps.length - MAX_STEPS} more`] : []
  const warnings = (plan.warnings ?? []).flatMap((one) => wrap(plain(`! ${one}`), look.columns - 3))
  return [...wrap(plain(plan.summary), look.columns - 3), ...shown, ...more, ...warnings.map((line) => paint(look, 'yellow', line))]
}

const cut = (line: string, columns: number): string => (line.length <= columns ? line : `${line.slice(0, columns - 1)}…`)

/** A value of an input, in which a reference to a result is said in words. */
export function valueText(value: unknown): string {
  if (Array.isArray(value)) return value.map(valueText).join(', ')
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  const reference = /^\$\{\{\s*(.+?)\s*\}\}$/.exec(text)?.[1]
  return reference === undefined ? text : `(${spoken(reference)})`
}

/** What came of a chain; where it is a request that is done, with what each of its parts answered. */
export function renderEnded(report: ChainReport, look: Look): string {
  const { output: _, ...whole } = report
  const runs = report.state === 'done' ? answersOf(report) : []
  if (runs.length === 0) return renderChain(report.definition, report, look)
  return `${renderChain(report.definition, whole, look)}\n\n${renderRuns(runs, look)}`
}

function answersOf({ definition, steps }: ChainReport): readonly { command: string; result: unknown }[] {
  if (definition.name !== 'request') return []
  return callsOf(definition).flatMap(({ id, call }) => {
    const { output } = steps.find(({ path }) => path === id) ?? {}
    return output === undefined ? [] : [{ command: call, result: output }]
  })
}
