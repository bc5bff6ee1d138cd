import type { Spec } from '../handlers/handler.ts'
import { migrationFailed } from './errors.ts'
import { instanceOf, instancesBefore, keptVariables, type StepContext } from './step-context.ts'
import { createHider } from './variables.ts'

const MIGRATE_MS = 1_800_000

/** Brings a service's data up or down by its own command; a rehearsal `fences` the program off first. @throws MIGRATION_FAILED */
export async function migrate(step: StepContext, way: 'up' | 'down', fences: (spec: Spec) => Spec = (spec) => spec): Promise<void> {
  const { work, handler, plan, runs, run, session } = step
  const argv = work.config.migrations?.[way]
  if (argv === undefined) return
  // Up by the program that wants it so; down by the one that knows what it had done, with the variables it has.
  const [before] = run.plan.kind === 'apply' ? [] : await instancesBefore(step)
  const instance = before ?? (await instanceOf(step))
  const variables = (before && (await keptVariables(session, plan.service, plan.from?.settings))) ?? work.variables
  const { exit, told } = await handler.exec({ ...work, variables }, { ...instance, spec: fences(instance.spec) }, argv, MIGRATE_MS)
  if (exit !== 0) throw migrationFailed(plan.service, way, String(exit), createHider(variables)(told).slice(-300))
  runs.noteService(run.run, plan.service, { migrated: way })
}
