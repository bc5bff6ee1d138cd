import type { Command as Definition } from '@switchyard/plugin-kit'
import type { PlannedRun, Yard, YardConfig } from '@switchyard/yard'
import { withoutSecrets } from '@switchyard/yard/config'
import { renderKept, renderPlans, renderRuns } from '../render/plan.ts'
import { EXIT } from './exit-code.ts'
import { personAt, type Terminal } from './host.ts'
import type { Reply, Session } from './session.ts'

/** A command with its input, checked. */
export interface Step {
  readonly command: string
  readonly definition: Pick<Definition, 'effect'>
  readonly input: Readonly<Record<string, unknown>>
}

/** A step with what it would do, where it changes something. */
interface PlannedStep {
  readonly command: string
  readonly input: Readonly<Record<string, unknown>>
  readonly planned?: PlannedRun
}

/** A step that was run. */
interface FinishedStep extends PlannedStep {
  readonly result: unknown
}

export interface ApprovalOptions {
  readonly yes: boolean
  readonly dryRun: boolean
  /** What each may take; what only reads is ended when that is over, what changes something is not begun where it would be. @default anything */
  readonly limits?: PlannedRun['limits'] | undefined
}

interface RunReply extends Reply {
  readonly results: readonly unknown[]
}

/**
 * Plans every step that changes something, gets the person's approval once for all of them, and runs them in order. Where nobody
 * can be asked, the plans are kept and the reply says how to approve them.
 */
export async function runSteps(session: Session, steps: readonly Step[], { yes, dryRun, limits }: ApprovalOptions): Promise<RunReply> {
  const yard = await session.yard()
  const { config } = await session.config()
  const planned: PlannedStep[] = []
  for (const { command, input, definition } of steps) {
    const plan =
      definition.effect === 'read'
        ? {}
        : { planned: await yard.plan(command, input, { signal: session.signal, ...(limits && { limits }) }) }
    planned.push({ command, input, ...plan })
  }
  if (dryRun) return kept(planned, EXIT.done, 'dryRun')

  const needed = yes ? 'run' : strictest(steps, config.approval)
  if (needed !== 'run') {
    const { terminal } = session.host
    if (terminal === undefined) return kept(planned, EXIT.needsApproval, 'needsApproval')
    session.note((look) => renderPlans(planned, look))
    if (!(await approvedBy(terminal, needed, steps, session.signal))) {
      return { ...kept(planned, EXIT.needsApproval, 'needsApproval'), text: renderKept(planned) }
    }
  }
  const finished: FinishedStep[] = []
  for (const step of planned) {
    try {
      finished.push({ ...step, result: await runStep(yard, session, step, limits?.maxMinutes) })
    } catch (error) {
      if (finished.length > 0) session.note((look) => renderRuns(finished, look))
      noteUndo(session, yard, idsOf(finished))
      throw error
    }
  }
  if (!session.json) noteUndo(session, yard, idsOf(finished))
  return {
    results: finished.map(({ result }) => result),
    data: {
      runs: finished.map(({ command, input, result, planned }) => ({
        command,
        input: withoutSecrets(input),
        result,
        ...(planned && { plan: planned.id }),
      })),
    },
    text: (look) => renderRuns(finished, look),
  }
}

function runStep(
  yard: Yard,
  { signal, progress, host }: Session,
  { command, input, planned }: PlannedStep,
  maxMinutes: number | undefined,
): Promise<unknown> {
  const options = { signal, onProgress: progress }
  if (planned !== undefined) return yard.approve(planned.id, { ...options, by: personAt(host) })
  return yard.call(command, input, maxMinutes === undefined ? options : { ...options, timeoutMs: maxMinutes * 60_000 })
}

function kept(steps: readonly PlannedStep[], exit: Reply['exit'] & number, why: 'dryRun' | 'needsApproval'): RunReply {
  const data = {
    [why]: steps.map(({ command, input, planned }) => ({
      command,
      input: withoutSecrets(input),
      ...(planned !== undefined && { id: planned.id, plan: planned.plan, approve: `switchyard approve ${planned.id}` }),
    })),
  }
  return { results: [data], data, text: (look) => `${renderPlans(steps, look)}\n\n${renderKept(steps)}`, exit }
}

/** Whether a kept plan may run: naming it is enough, but what removes something for good is shown again and wants its name, where a person sits. */
export async function approves(session: Session, planned: PlannedRun): Promise<boolean> {
  const { terminal } = session.host
  const { config } = await session.config()
  if (terminal === undefined || planned.state !== 'waiting' || planned.effect !== 'destroy' || config.approval.destroy !== 'type')
    return true
  const input = planned.input as Step['input']
  session.note((look) => renderPlans([{ command: planned.command, planned }], look))
  return approvedBy(terminal, 'type', [{ command: planned.command, definition: planned, input }], session.signal)
}

type Rule = YardConfig['approval'][keyof YardConfig['approval']]

const STRICTNESS: readonly Rule[] = ['run', 'ask', 'type']

function strictest(steps: readonly Step[], approval: YardConfig['approval']): Rule {
  const rules = steps.map(({ definition: { effect } }) => (effect === 'read' ? 'run' : approval[effect]))
  return STRICTNESS.findLast((rule) => rules.includes(rule)) ?? 'run'
}

async function approvedBy(terminal: Terminal, rule: Rule, steps: readonly Step[], signal: AbortSignal): Promise<boolean> {
  const { confirmed, typed } = await import('./prompt.ts')
  if (rule === 'ask') return confirmed(steps.length === 1 ? 'Do this?' : `Do these ${steps.length}?`, terminal, signal)
  for (const name of new Set(steps.filter(({ definition }) => definition.effect !== 'read').map(nameToType))) {
    if (!(await typed(name, `Type ${name} to go on`, terminal, signal))) return false
  }
  return true
}

/** What is about to be lost, by its own name; the command's where its input names nothing. */
function nameToType({ command, input }: Step): string {
  for (const field of ['target', 'env', 'service', 'project', 'name']) {
    const value = input[field]
    if (typeof value === 'string' && value.trim() !== '') return value
  }
  return command
}

function idsOf(finished: readonly FinishedStep[]): readonly string[] {
  return finished.flatMap(({ planned }) => planned?.id ?? [])
}

/** Says how to take back those of these plans that can be. */
export function noteUndo({ note }: Session, yard: Yard, ids: readonly string[]): void {
  if (ids.length === 0) return
  for (const { id, undoable } of yard.plans()) if (undoable && ids.includes(id)) note(`To take it back: switchyard undo ${id}`)
}
