import type { PlannedStep } from '@switchyard/chain'
import type { Effect } from '@switchyard/contracts/manifest'
import type { Plan } from '@switchyard/plugin-kit'
import type { CommandInfo } from './yard.ts'

/** A rehearsal of a chain in the words of plans. */
export function planOfSteps(name: string, summary: string | undefined, steps: readonly PlannedStep[]): Plan {
  const warnings = steps.flatMap(({ plan }) => plan?.warnings ?? [])
  return { summary: summary ?? name, steps: steps.flatMap(stepsOf), ...(warnings.length > 0 && { warnings }) }
}

function stepsOf({ path, does, plan, needs, onlyAfter, error }: PlannedStep): Plan['steps'] {
  if (plan !== undefined && plan.steps.length > 0) return plan.steps
  const notes = [
    needs === undefined ? undefined : `once ${needs.join(', ')} is known`,
    onlyAfter === undefined ? undefined : `only if ${onlyAfter} fails`,
    error?.message,
  ].filter((note) => note !== undefined)
  return [{ does: 'run', target: `${path}: ${does}`, ...(notes.length > 0 && { detail: notes.join('; ') }) }]
}

/** The most that any of these steps does to the world. */
export function strictestEffect(steps: readonly Pick<PlannedStep, 'does'>[], commands: ReadonlyMap<string, CommandInfo>): Effect {
  const effects = new Set(steps.map(({ does }) => commands.get(does.replace(/^calls /, ''))?.definition.effect))
  return effects.has('destroy') ? 'destroy' : effects.has('write') ? 'write' : 'read'
}
