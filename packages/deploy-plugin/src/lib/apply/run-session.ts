import { type Context, isSwitchyardError } from '@switchyard/plugin-kit'
import { createRuns, type Run } from './run.ts'
import { openSession, type Session } from './session.ts'
import type { RunContext } from './step-context.ts'

/** Sessions that runs keep open from their first step to their last, in this process, whose workspaces all count from 1. */
const kept = new Map<string, Session>()

const keyOf = (run: number, { dataDir }: Context): string => `${run} ${dataDir}`

/** Keeps one connection for all steps that are done meanwhile. */
export async function withSession<value>(run: Run, ctx: Context, work: () => Promise<value>): Promise<value> {
  const key = keyOf(run.run, ctx)
  if (kept.has(key)) return work()
  kept.set(key, await sessionOf(run, ctx))
  try {
    return await work()
  } finally {
    await leave(key)
  }
}

async function leave(key: string): Promise<void> {
  const session = kept.get(key)
  kept.delete(key)
  await session?.[Symbol.asyncDispose]()
}

const sessionOf = ({ config, plan, project }: Run, { signal }: Context): Promise<Session> =>
  openSession(config, plan.env, { project, version: plan.version, signal, scratch: plan.kind === 'rehearsal' })

/** Does one piece of a run's work over its connection, or one of its own; one that broke is given up, so that the next try has another. */
export async function inSession(runId: number, ctx: Context, work: (context: RunContext) => Promise<void>): Promise<void> {
  const runs = createRuns(ctx)
  const run = runs.read(runId)
  const key = keyOf(runId, ctx)
  const own = kept.get(key)
  const session = own ?? (await sessionOf(run, ctx))
  try {
    await work({ run, session, runs, ctx })
  } catch (error) {
    if (own !== undefined && isSwitchyardError(error, 'HOST_UNREACHABLE')) await leave(key)
    throw error
  } finally {
    if (own === undefined) await session[Symbol.asyncDispose]()
  }
}
