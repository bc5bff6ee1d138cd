import type { PlannedRun } from '@switchyard/yard'
import type { AskingChain, UndoableChain } from '../lib/run-chain.ts'
import { type Look, paint, plain, wrap } from './look.ts'
import { renderTable } from './table.ts'
import { renderValue } from './value.ts'

interface PlannedStep {
  readonly command: string
  readonly planned?: PlannedRun
}

/** What would be done, step by step. */
export function renderPlans(steps: readonly PlannedStep[], look: Look): string {
  return steps.map((step) => onePlan(step, look)).join('\n\n')
}

/** That nothing was done, and how to go on. */
export function renderKept(steps: readonly PlannedStep[]): string {
  const approvals = steps.flatMap(({ planned }) => (planned === undefined ? [] : [`switchyard approve ${planned.id}`]))
  const next = approvals.length === 0 ? ['run it again without --dry-run'] : approvals
  return `Nothing was done. To do it:\n${next.map((line) => `  ${line}`).join('\n')}`
}

function onePlan({ command, planned }: PlannedStep, look: Look): string {
  if (planned === undefined) return `${paint(look, 'bold', command)}  changes nothing`
  const { summary, steps, warnings = [] } = planned.plan
  const lines = [`${paint(look, 'bold', command)}  ${paint(look, 'dim', planned.id)}`, ...wrap(plain(summary), look.columns)]
  for (const { does, target, detail } of steps) {
    lines.push(`  ${stepLine(does, plain(target), look)}`)
    if (detail !== undefined)
      lines.push(
        ...plain(detail)
          .split('\n')
          .map((line) => `          ${paint(look, 'dim', line)}`),
      )
  }
  for (const warning of warnings)
    lines.push(...wrap(`! ${plain(warning)}`, look.columns - 2).map((line) => `  ${paint(look, 'yellow', line)}`))
  return lines.join('\n')
}

/** One step of a plan: what is done, and to what. */
export const stepLine = (does: string, text: string, look: Look): string =>
  `${paint(look, does === 'remove' ? 'red' : 'cyan', does.padEnd(6))}  ${text}`

/** What came of each run; one alone needs no heading. */
export function renderRuns(runs: readonly { readonly command: string; readonly result: unknown }[], look: Look): string {
  if (runs.length === 1) return renderValue(runs[0]!.result, look)
  return runs.map(({ command, result }) => `${paint(look, 'bold', command)}\n${renderValue(result, look)}`).join('\n\n')
}

/** The chains of a workspace that wait for a person or can be taken back, then its plans, each newest first. */
export function renderPlanList(plans: readonly PlannedRun[], chains: readonly (AskingChain | UndoableChain)[], look: Look): string {
  if (plans.length + chains.length === 0) return 'No plans yet. A command that changes something makes one.'
  return renderTable(
    ['plan', 'state', 'made', 'command', 'would'],
    [
      ...chains.map((one) => [
        one.id,
        'did' in one ? 'done, undoable' : one.state,
        minuteOf(one.createdAt),
        one.chain,
        'did' in one ? one.did : one.asks,
      ]),
      ...plans.map(({ id, state, createdAt, command, plan, undoable }) => [
        id,
        undoable ? 'done, undoable' : state,
        minuteOf(createdAt),
        command,
        plan.summary,
      ]),
    ],
    look,
  )
}

const minuteOf = (moment: string): string => moment.slice(0, 16).replace('T', ' ')
