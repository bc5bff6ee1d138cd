import { type ChainData, type ChainOutcome, type ChainRequest, type Context, chains, isSwitchyardError } from '@switchyard/plugin-kit'
import { isoOf } from '../records/list.ts'
import type { RunRow } from '../records/rows.ts'
import { runFailed } from './errors.ts'
import { type Frozen, type LogEntry, logged, logOf, needRun, type RunRecord, runRecordOf } from './run.ts'

/** The chain that carries a Markdown runbook out, step by step. */
export function chainOf(run: number, { steps }: Frozen): ChainData {
  return {
    name: 'runbook',
    summary: `Carries out runbook execution ${run}`,
    saga: false,
    steps: steps.map((step, index) => {
      const id = `step-${index + 1}`
      if (step.ask !== undefined) return { id, ask: step.ask }
      return {
        id,
        call: 'ops.runbook.step',
        input: { run, step: index + 1 },
        timeout: `${Math.ceil(step.timeoutMs / 1_000) + 60}s`,
        undo: false,
      }
    }),
  }
}

/** Starts the chain, notes it with the execution, and goes on as `follow` does. */
export async function carryOut(ctx: Context, run: number, request: ChainRequest): Promise<RunRecord> {
  const { id } = await ctx.call(chains.start, request, { idempotencyKey: `ops-run-${run}` })
  await ctx.store.commit(() => ctx.store.prepare('UPDATE ops_runbook_run SET chain_id = ? WHERE id = ?').run(id, run))
  return follow(ctx, run, await ctx.call(chains.resume, { id }, untilDone(ctx)))
}

/** Puts the chain's questions to the person while there is one, and keeps how it ended. @throws RUN_FAILED */
export async function follow(ctx: Context, run: number, first: ChainOutcome): Promise<RunRecord> {
  let outcome = first
  for (;;) {
    const [waiting] = outcome.waitsFor
    // An approval was asked for where somebody was at hand; what else is wanted is for us to ask.
    if (outcome.endedMs !== undefined || waiting?.answer === undefined || waiting.answer === 'approval') break
    if (waiting.question === undefined) break
    let answer: string
    try {
      answer = await ctx.ask({ text: waiting.question })
    } catch (error) {
      if (isSwitchyardError(error, 'NEEDS_ANSWER')) break
      throw error
    }
    outcome = await ctx.call(chains.answer, { id: outcome.id, step: waiting.path, value: answerValue(answer) }, untilDone(ctx))
  }
  await settle(ctx, run, outcome)
  const row = needRun(ctx.store, run)
  if (row.status === 'failed') throw runFailed(run, row.runbook, row.error ?? outcome.state, outcome.error?.next)
  return runRecordOf(row, outcome.waitsFor[0]?.question)
}

const untilDone = (ctx: Context): { timeoutMs: number } => ({ timeoutMs: Math.max(1, Math.min(ctx.remainingMs(), 86_400_000)) })

/** A yes is one, however it is said; what else was said may be a choice. */
export const answerValue = (answer: string): string | boolean =>
  /^(y|yes|true|ok)$/i.test(answer.trim()) ? true : /^(n|no|false)$/i.test(answer.trim()) ? false : answer

/** Keeps in the execution what the chain says of itself. */
async function settle(ctx: Context, run: number, outcome: ChainOutcome): Promise<void> {
  await ctx.store.commit(() => {
    const row = needRun(ctx.store, run)
    const nowMs = ctx.clock.now()
    const log = row.kind === 'markdown' ? withAsked(row, outcome, nowMs) : entriesOf(outcome, logOf(row), nowMs)
    const fields = logged(row, log)
    const isDone = outcome.state === 'done'
    const hasFailed = outcome.endedMs !== undefined && !isDone
    const error = hasFailed ? (row.error ?? outcome.error?.message ?? outcome.state) : null
    ctx.store
      .prepare('UPDATE ops_runbook_run SET log = ?, steps_completed = ?, status = ?, error = ?, completed_ms = ? WHERE id = ?')
      .run(
        fields.log,
        isDone ? row.total_steps : fields.steps_completed,
        isDone ? 'completed' : hasFailed ? 'failed' : 'running',
        error,
        isDone || hasFailed ? nowMs : null,
        run,
      )
  })
}

/** Steps of a chain by what became of them; those that were known keep the time at which they were first seen. */
function entriesOf(outcome: ChainOutcome, known: readonly LogEntry[], nowMs: number): LogEntry[] {
  const at = (name: string): string => known.find((entry) => entry.name === name)?.at ?? isoOf(nowMs)
  const entry = (status: LogEntry['status'], message: string) => (name: string) => ({ name, status, message, at: at(name) })
  const degraded = new Set(outcome.degraded)
  return [
    ...outcome.done.map((name) => entry('pass', degraded.has(name) ? 'by its fallback' : '')(name)),
    ...outcome.skipped.map(entry('skip', 'not wanted here')),
    ...outcome.failed.map(entry('fail', outcome.error?.message ?? '')),
    ...outcome.undone.map(entry('fail', 'taken back')),
    ...outcome.notUndone.map(({ path, why }) => entry('fail', `not taken back: ${why}`)(path)),
  ]
}

/** A Markdown runbook's steps log themselves; its questions are the chain's. */
function withAsked(row: RunRow, { done }: ChainOutcome, nowMs: number): LogEntry[] {
  const { steps } = JSON.parse(row.definition ?? '{"steps":[]}') as Frozen
  const log = logOf(row)
  const known = new Set(log.map(({ step }) => step))
  const asked = steps.flatMap(({ ask, name }, index): LogEntry[] => {
    const step = index + 1
    if (ask === undefined || known.has(step) || !done.includes(`step-${step}`)) return []
    return [{ name, status: 'pass', message: `yes: ${ask}`, at: isoOf(nowMs), step }]
  })
  return [...log, ...asked].sort((a, b) => (a.step ?? 0) - (b.step ?? 0))
}
