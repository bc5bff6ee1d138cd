import type { Context } from '@switchyard/plugin-kit'
import { createRuns, type Run } from './run.ts'
import { openSession, type Session } from './session.ts'
import type { RunContext } from './step-context.ts'

/** Sessions that a run keeps open from its first step to its last, in this process. */
const kept = new Map<number, Session>()

/** Keeps one connection for all steps that are done meanwhile. */
export async function withSession<value>(run: Run, ctx: Context, work: () => Promise<value>): Promise<value> {
  if (kept.has(run.run)) return work()
  const session = await sessionOf(run, ctx)
  kept.set(run.run, session)
  try {
    return await work()
  } finally {
    kept.delete(run.run)
    await session[Symbol.asyncDispose]()
  }
}

const sessionOf = ({ config, plan, project }: Run, { signal }: Context): Promise<Session> =>
  openSession(config, plan.env, { project, version: plan.version, signal, scratch: plan.kind === 'rehearsal' })

/** Does one piece of a run's work over its connection, or one of its own. */
export async function inSession(runId: number, ctx: Context, work: (context: RunContext) => Promise<void>): Promise<void> {
  const runs = createRuns(ctx)
  const run = runs.read(runId)
  const own = kept.get(runId)
  const session = own ?? (await sessionOf(run, ctx))
  try {
    await work({ run, session, runs, ctx })
  } finally {
    if (own === undefined) await session[Symbol.asyncDispose]()
  }
}
