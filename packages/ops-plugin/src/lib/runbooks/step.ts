import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Context } from '@switchyard/plugin-kit'
import { isoOf } from '../records/list.ts'
import { runState, stepFailed, stepInterrupted, stepOrder } from './errors.ts'
import type { RunbookStep } from './markdown.ts'
import { type Frozen, type LogEntry, logged, logOf, needRun } from './run.ts'
import { endOf, endOfScript, runCheck, runScript, type ScriptEnd } from './script.ts'

/**
 * Runs one step of a Markdown runbook once: asked again, it tells what became of it. A step that was interrupted is looked after
 * first: its script may have gone on or have ended meanwhile, its checks may show that it was done, or it may be repeated; where
 * none of that helps a person must say. @throws STEP_ORDER, STEP_FAILED, STEP_INTERRUPTED, RUN_STATE
 */
export async function runStep(ctx: Context, run: number, step: number): Promise<LogEntry> {
  const row = needRun(ctx.store, run)
  if (row.definition === null || row.kind !== 'markdown') throw runState(run, 'run a step of', 'not a Markdown runbook')
  const frozen = JSON.parse(row.definition) as Frozen
  const definition = frozen.steps[step - 1]
  const entries = logOf(row)
  const known = entries.findLast((entry) => entry.step === step)
  if (known?.status === 'pass') return known
  const isLeft = (one: RunbookStep, index: number): boolean =>
    one.script !== undefined && !entries.some((entry) => entry.step === index + 1 && entry.status === 'pass')
  const next = frozen.steps.findIndex(isLeft) + 1
  if (definition?.script === undefined || step !== next) throw stepOrder(run, step, next)

  const startedMs = ctx.clock.monotonicMs()
  const folder = join(ctx.dataDir, 'runbooks', `${run}-${step}`)
  const script = { text: definition.script, shell: definition.shell ?? 'sh', cwd: frozen.root, values: frozen.values }
  const signal = AbortSignal.any([ctx.signal, AbortSignal.timeout(definition.timeoutMs)])
  let end: ScriptEnd | undefined
  let note = ''
  if (known?.status === 'started') {
    end = await endOfScript(folder, ctx.clock, signal)
    if (end !== undefined) note = 'it went on while nobody waited'
    else if (definition.after.length > 0 && (await firstBroken(definition.after, frozen, signal)) === undefined)
      return finish(entryOf({ status: 'pass', message: 'it had been done when it was interrupted' }))
    else if (!definition.repeatable) throw stepInterrupted(run, step, definition.name)
  }
  if (end === undefined) {
    const broken = await firstBroken(definition.before, frozen, signal)
    if (broken !== undefined) return fail(`nothing was run, as a check before it failed: ${broken}`)
    await record(ctx, run, step, entryOf({ status: 'started', message: '' }))
    end = await runScript(script, folder, signal)
  }
  if (signal.aborted) return fail(ctx.signal.aborted ? 'it was cancelled' : `it took longer than ${definition.timeoutMs / 1_000} s`, end)
  const wrong = whatIsWrong(definition, end) ?? (await firstBroken(definition.after, frozen, signal))
  if (wrong !== undefined) return fail(wrong, end)
  return finish(entryOf({ status: 'pass', message: note, ...end }))

  function entryOf(fields: Pick<LogEntry, 'status' | 'message'> & Partial<ScriptEnd>): LogEntry {
    const { status, message, exit, output = '' } = fields
    return {
      name: definition?.name ?? '',
      status,
      message,
      at: isoOf(ctx.clock.now()),
      step,
      ...(status !== 'started' && { durationMs: Math.round(ctx.clock.monotonicMs() - startedMs) }),
      ...(exit !== undefined && { exit }),
      ...(output !== '' && { output: endOf(output) }),
    }
  }

  async function fail(why: string, ended?: ScriptEnd): Promise<never> {
    await finish(entryOf({ status: 'fail', message: why, ...ended }), why)
    throw stepFailed(run, step, definition?.name ?? '', why)
  }

  /** What the script left is of no use once the entry is on disk. */
  async function finish(entry: LogEntry, error?: string): Promise<LogEntry> {
    await record(ctx, run, step, entry, error)
    rmSync(folder, { recursive: true, force: true })
    return entry
  }
}

function whatIsWrong({ exits, expect }: RunbookStep, { exit, output, floodedBytes }: ScriptEnd): string | undefined {
  if (floodedBytes !== undefined) return `it printed more than ${floodedBytes / 1024 / 1024} MB`
  if (exit === undefined) return `it could not be run: ${output || 'it was killed'}`
  if (!exits.includes(exit)) return `it ended with ${exit} instead of ${exits.join(' or ')}${lastLine(output)}`
  const missing = expect.find((text) => !squeezed(output).includes(squeezed(text)))
  return missing === undefined ? undefined : `its output does not have "${missing.slice(0, 100)}"`
}

const squeezed = (text: string): string => text.replace(/\s+/g, ' ').trim()
const lastLine = (output: string): string => (output === '' ? '' : `: ${(output.split('\n').at(-1) ?? '').slice(0, 200)}`)

async function firstBroken(checks: readonly string[], { root, values }: Frozen, signal: AbortSignal): Promise<string | undefined> {
  for (const check of checks) {
    const { exit, output } = await runCheck(check, root, values, signal)
    if (exit !== 0) return `\`${check}\` ${exit === undefined ? 'could not be run' : `ended with ${exit}`}${lastLine(output)}`
  }
  return undefined
}

/** An entry takes the place of the step's one before; on disk before anything goes on. */
async function record(ctx: Context, run: number, step: number, entry: LogEntry, error?: string): Promise<LogEntry> {
  await ctx.store.commit(
    () => {
      const row = needRun(ctx.store, run)
      const { log, steps_completed } = logged(row, [...logOf(row).filter((one) => one.step !== step), entry])
      const status = error === undefined ? 'running' : 'failed'
      ctx.store
        .prepare('UPDATE ops_runbook_run SET log = ?, steps_completed = ?, status = ?, error = ?, completed_ms = ? WHERE id = ?')
        .run(log, steps_completed, status, error ?? null, error === undefined ? null : ctx.clock.now(), run)
    },
    { durable: true },
  )
  return entry
}
