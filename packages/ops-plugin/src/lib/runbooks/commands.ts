import { type ChainRehearsal, type Context, chains, command, type PlanStep, printable } from '@switchyard/plugin-kit'
import { z } from 'zod'
import { change } from '../records/changes.ts'
import { columns, cut, withMore } from '../records/columns.ts'
import { isoOf, nextCursor, pageById, pageInput, sinceUntil, spanMs } from '../records/list.ts'
import { ensureProject, findProject, folderOf, nameOf, needProject, projectRef, wantProject } from '../records/project.ts'
import { changeNumber, recordUndo } from '../records/undo.ts'
import { BUILT_IN, isBuiltIn } from './built-in.ts'
import { dependencyCommands } from './dependencies.ts'
import { runbookInvalid, runState, valueInvalid } from './errors.ts'
import { RUNBOOK_EXAMPLES } from './examples.ts'
import type { RunbookStep } from './markdown.ts'
import {
  type Frozen,
  logged,
  logOf,
  type NamedRun,
  needRun,
  needRunning,
  runLine,
  runLineOf,
  runRecord,
  runRecordOf,
  SELECT_RUN,
  startRun,
} from './run.ts'

const DAY_MS = 86_400_000

const runId = z.int().min(1).describe('Id of the execution')
const runbookName = z
  .string()
  .trim()
  .min(1)
  .max(300)
  .describe('Name of one that comes along, or name or path of a Markdown file of the project')
const values = z
  .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
  .default({})
  .describe('What it must be given, by name; no secrets')

const shownStep = z.object({
  step: z.int(),
  name: z.string(),
  does: z.string().describe('The script, the question or the command'),
  before: z.array(z.string()),
  after: z.array(z.string()),
  line: z.int().optional(),
})

const list = command({
  summary: 'List the runbooks there are: those that come along, and the Markdown runbooks of the project',
  examples: RUNBOOK_EXAMPLES['runbook.list'],
  effect: 'read',
  input: z.object({ project: projectRef.default('.') }),
  output: z.object({
    runbooks: z.array(
      z.object({
        name: z.string(),
        kind: z.enum(['chain', 'markdown']),
        summary: z.string(),
        steps: z.int().optional(),
        file: z.string().optional(),
        problem: z.string().optional(),
      }),
    ),
    text: z.string(),
  }),
  async run({ project }, ctx) {
    const { runbookFiles } = await import('./catalog.ts')
    const root = rootOf(ctx, project)
    const own = (root === null ? [] : runbookFiles(root)).map(({ name, file, runbook: { summary, title, steps, problems } }) => ({
      name,
      kind: 'markdown' as const,
      summary: summary || title,
      steps: steps.length,
      file,
      ...(problems[0] !== undefined && { problem: problems[0] }),
    }))
    const runbooks = [...Object.entries(BUILT_IN).map(([name, summary]) => ({ name, kind: 'chain' as const, summary })), ...own]
    return {
      runbooks,
      text: columns(
        runbooks.map(({ name, summary }) => [name, summary]),
        'There is none.',
      ),
    }
  },
})

/** A project's folder; a folder that is no project yet will do. @throws PROJECT_UNKNOWN */
function rootOf(ctx: Pick<Context, 'store' | 'workspace'>, project: string): string | null {
  const known = findProject(ctx, project)
  if (known !== undefined) return known.path
  return folderOf(ctx.workspace, project) ?? needProject(ctx, project).path
}

const show = command({
  summary: 'Show the steps of a runbook without running it',
  examples: RUNBOOK_EXAMPLES['runbook.show'],
  effect: 'read',
  input: z.object({ runbook: runbookName, project: projectRef.default('.'), values }),
  output: z.object({
    runbook: z.string(),
    title: z.string(),
    summary: z.string(),
    inputs: z.array(z.string()),
    steps: z.array(shownStep),
    problems: z.array(z.string()),
    text: z.string(),
  }),
  async run({ runbook, project, values: given }, ctx) {
    if (isBuiltIn(runbook)) {
      const steps = await rehearse(ctx, runbook, project, given)
      const shown = steps.map(({ path, does }, index) => ({ step: index + 1, name: path, does, before: [], after: [] }))
      return withText({ runbook, title: runbook, summary: BUILT_IN[runbook] ?? '', inputs: ['project'], steps: shown, problems: [] })
    }
    const { findRunbook } = await import('./catalog.ts')
    const { name, runbook: found } = findRunbook(rootOf(ctx, project), runbook)
    const { title, summary, inputs, steps, problems } = found
    return withText({ runbook: name, title, summary, inputs: [...inputs], steps: steps.map(shownOf), problems: [...problems] })
  },
})

interface ShownRunbook {
  runbook: string
  title: string
  summary: string
  inputs: string[]
  steps: z.output<typeof shownStep>[]
  problems: string[]
}

function withText(shown: ShownRunbook): ShownRunbook & { text: string } {
  const { title, summary, inputs, steps, problems } = shown
  const text = [
    printable(title),
    ...(summary === '' || summary === title ? [] : [printable(summary)]),
    ...(inputs.length === 0 ? [] : [`Needs: ${inputs.map(printable).join(', ')}`]),
    '',
    ...steps.flatMap(({ step: number, name, does, before, after }) => [
      cut(`${String(number).padStart(2)}. ${printable(name)}`),
      ...before.map((check) => cut(`      before  ${printable(check)}`)),
      ...does.split('\n').map((line) => cut(`      ${printable(line)}`)),
      ...after.map((check) => cut(`      check   ${printable(check)}`)),
    ]),
    ...problems.map((problem) => `Problem: ${printable(problem)}`),
  ].join('\n')
  return { ...shown, text }
}

async function rehearse(
  ctx: Context,
  runbook: string,
  project: string,
  given: Readonly<Record<string, unknown>>,
): Promise<readonly ChainRehearsal[]> {
  return (await ctx.call(chains.plan, { chain: runbook, input: { project, ...given } })).steps
}

const shownOf = ({ name, script, ask, before, after, line }: RunbookStep, index: number) => ({
  step: index + 1,
  name,
  does: script ?? `asks: ${ask ?? ''}`,
  before: [...before],
  after: [...after],
  line,
})

const run = command({
  summary: 'Run a runbook step by step, with the checks before and after each step; it can be resumed when it fails or is interrupted',
  examples: RUNBOOK_EXAMPLES['runbook.run'],
  effect: 'write',
  idempotent: 'key',
  timeoutMs: DAY_MS,
  input: z.object({ runbook: runbookName, project: projectRef.default('.'), values }),
  output: runRecord,
  async plan({ runbook, project, values: given }, ctx) {
    if (isBuiltIn(runbook)) {
      const steps = await rehearse(ctx, runbook, project, given)
      return {
        summary: `Run the runbook "${runbook}" on ${project}: ${steps.length} steps`,
        steps: steps.flatMap(({ path, does, plan: planned }): PlanStep[] => [
          ...(planned?.steps ?? [{ does: 'run', target: path, detail: does }]),
        ]),
      }
    }
    const { frozen, name } = await freeze(runbook, rootOf(ctx, project), given)
    return {
      summary: `Run the runbook "${name}" in ${frozen.root}: ${frozen.steps.length} steps`,
      steps: frozen.steps.map((step): PlanStep => ({ does: 'run', target: step.name, detail: detailOf(step) })),
      warnings: ['its scripts run as you, and what they do cannot be taken back by itself'],
    }
  },
  async run({ runbook, project, values: given }, ctx) {
    const { carryOut, chainOf } = await import('./carry-out.ts')
    const wanted = await wantProject(ctx, project)
    const path = wanted.row === undefined ? wanted.detected.path : wanted.row.path
    const comesAlong = isBuiltIn(runbook)
    const input = { project: path ?? project, ...given }
    const totalSteps = comesAlong ? Math.max(1, (await rehearse(ctx, runbook, input.project, given)).length) : 0
    const markdown = comesAlong ? undefined : await freeze(runbook, path, given)
    const { id } = await change(ctx, `run the runbook "${runbook}"`, (writes) => {
      const nowMs = ctx.clock.now()
      const projectId = ensureProject(ctx.store, writes, wanted, nowMs)
      if (markdown === undefined) return { id: startRun(writes, { projectId, runbook, kind: 'chain', totalSteps, nowMs }) }
      const { frozen, name } = markdown
      return { id: startRun(writes, { projectId, runbook: name, kind: 'markdown', totalSteps: frozen.steps.length, frozen, nowMs }) }
    })
    return carryOut(ctx, id, markdown === undefined ? { chain: runbook, input } : { chain: chainOf(id, markdown.frozen) })
  },
})

const VALUE_NAME = /^[A-Za-z_]\w{0,63}$/
/** They would change which programs a script finds and what these load. */
const REFUSED_VALUES = /^(PATH|IFS|ENV|BASH_ENV|SHELLOPTS|BASHOPTS|LD_\w+|DYLD_\w+|NODE_OPTIONS|PYTHON\w+|GIT_\w+)$/

/** What will be run, as it stands now. @throws RUNBOOK_UNKNOWN, RUNBOOK_INVALID, RUNBOOK_VALUE */
async function freeze(
  runbook: string,
  root: string | null,
  given: Readonly<Record<string, string | number | boolean>>,
): Promise<{ frozen: Frozen; name: string }> {
  const { findRunbook } = await import('./catalog.ts')
  const { name, file, runbook: found } = findRunbook(root, runbook)
  for (const one of Object.keys(given)) {
    if (!VALUE_NAME.test(one)) throw valueInvalid(one, 'its name must be letters, digits and "_": it is not')
    if (REFUSED_VALUES.test(one)) throw valueInvalid(one, 'it must not change how programs are found and loaded: it does')
  }
  const missing = found.inputs.filter((one) => given[one] === undefined)
  const problems = [...found.problems, ...missing.map((one) => `it must be given ${one}: add it to --values`)]
  if (problems.length > 0 || root === null) throw runbookInvalid(file, problems)
  const texts = Object.fromEntries(Object.entries(given).map(([one, value]) => [one, String(value)]))
  return { name, frozen: { file, root, steps: found.steps, values: texts } }
}

const detailOf = ({ script, ask, before, after, expect, exits }: RunbookStep): string =>
  [
    ...before.map((check) => `before: ${check}`),
    script ?? `asks: ${ask ?? ''}`,
    ...(exits.length === 1 && exits[0] === 0 ? [] : [`exit: ${exits.join(' or ')}`]),
    ...expect.map((text) => `expect: ${text}`),
    ...after.map((check) => `check: ${check}`),
  ].join('\n')

const resume = command({
  summary: 'Go on with a runbook execution that failed, was interrupted or waits for an answer',
  examples: RUNBOOK_EXAMPLES['runbook.resume'],
  effect: 'write',
  timeoutMs: DAY_MS,
  input: z.object({
    run: runId,
    answer: z
      .string()
      .max(2_000)
      .optional()
      .describe('To a question for a text or a number; what asks for a yes is answered by a person, with switchyard approve'),
    assume: z.enum(['done', 'again']).optional().describe('What to make of a step that was interrupted: it was done, or it is run again'),
  }),
  output: runRecord,
  plan({ run: id, assume }, ctx) {
    const row = needRun(ctx.store, id)
    if (row.status === 'completed' || row.kind === 'manual')
      throw runState(id, 'go on with', row.kind === 'manual' ? 'one that is done by hand' : row.status)
    const { steps } = JSON.parse(row.definition ?? '{"steps":[]}') as Frozen
    const passed = new Set(logOf(row).flatMap(({ step, status }) => (status === 'pass' ? [step] : [])))
    const left = steps.flatMap((step, index): PlanStep[] =>
      passed.has(index + 1) ? [] : [{ does: 'run', target: step.name, detail: detailOf(step) }],
    )
    return {
      summary: `Go on with "${row.runbook}", execution ${id}${assume === undefined ? '' : `, taking the interrupted step as ${assume}`}`,
      steps: left.length > 0 ? left : [{ does: 'run', target: row.runbook }],
    }
  },
  async run({ run: id, answer, assume }, ctx) {
    const row = needRun(ctx.store, id)
    if (row.chain_id === null || row.status === 'completed')
      throw runState(id, 'go on with', row.chain_id === null ? 'one that never started' : row.status)
    const { answerValue, follow } = await import('./carry-out.ts')
    if (assume !== undefined) await settleInterrupted(ctx, row, assume)
    const of = { id: row.chain_id }
    const timeLimit = { timeoutMs: Math.max(1, Math.min(ctx.remainingMs(), DAY_MS)) }
    const found = await ctx.call(chains.show, of)
    const hasEnded = found.endedMs !== undefined
    if (hasEnded && found.state !== 'done') await reopen(ctx, id)
    if (answer !== undefined && !hasEnded)
      return follow(ctx, id, await ctx.call(chains.answer, { ...of, value: answerValue(answer) }, timeLimit))
    return follow(ctx, id, await ctx.call(hasEnded && found.state !== 'done' ? chains.retry : chains.resume, of, timeLimit))
  },
})

async function reopen({ store }: Context, id: number): Promise<void> {
  await store.commit(() =>
    store.prepare(`UPDATE ops_runbook_run SET status = 'running', error = NULL, completed_ms = NULL WHERE id = ?`).run(id),
  )
}

/** A person's word about the step that nobody can tell the end of. */
async function settleInterrupted(ctx: Context, { id }: NamedRun, assume: 'done' | 'again'): Promise<void> {
  await ctx.store.commit(() => {
    const row = needRun(ctx.store, id)
    const log = logOf(row).flatMap((entry) => {
      if (entry.status !== 'started') return [entry]
      return assume === 'done' ? [{ ...entry, status: 'pass' as const, message: 'done, as a person said', at: isoOf(ctx.clock.now()) }] : []
    })
    const fields = logged(row, log)
    ctx.store.prepare('UPDATE ops_runbook_run SET log = ?, steps_completed = ? WHERE id = ?').run(fields.log, fields.steps_completed, id)
  })
}

const step = command({
  summary: 'Run one step of a Markdown runbook execution, once',
  description: 'The chain that carries out an execution calls it; asked again, it tells what became of the step.',
  examples: [],
  internal: true,
  effect: 'write',
  idempotent: true,
  timeoutMs: DAY_MS,
  input: z.object({ run: runId, step: z.int().min(1) }),
  output: runRecord.shape.log.element,
  plan({ run: id, step: number }, ctx) {
    const { steps } = JSON.parse(needRun(ctx.store, id).definition ?? '{"steps":[]}') as Frozen
    const found = steps[number - 1]
    if (found === undefined) throw runState(id, `run step ${number} of`, `one of ${steps.length} steps`)
    return {
      summary: `Run step ${number} of execution ${id}, "${found.name}"`,
      steps: [{ does: 'run', target: found.name, detail: detailOf(found) }],
    }
  },
  async run({ run: id, step: number }, ctx) {
    const { runStep } = await import('./step.ts')
    return runStep(ctx, id, number)
  },
})

const history = command({
  summary: 'List the executions of runbooks',
  examples: RUNBOOK_EXAMPLES['runbook.history'],
  effect: 'read',
  input: z.object({
    project: projectRef.optional(),
    runbook: z.string().max(300).optional(),
    status: z.enum(['running', 'completed', 'failed']).optional(),
    sort: z.enum(['newest', 'oldest']).default('newest'),
    ...sinceUntil,
    ...pageInput,
  }),
  output: z.object({ runs: z.array(runLine), nextCursor, text: z.string() }),
  resource: { uri: 'ops://runs' },
  run({ project, runbook, status, sort, since, until, limit, cursor }, ctx) {
    const { sinceMs, untilMs } = spanMs({ since, until }, ctx.clock.now())
    const { rows, ...rest } = pageById<NamedRun>(ctx.store, {
      mark: 'run',
      select: SELECT_RUN,
      where: [
        ['r.project_id = ?', project === undefined ? undefined : needProject(ctx, project).id],
        ['r.runbook = ?', runbook],
        ['r.status = ?', status],
        ['r.started_ms >= ?', sinceMs],
        ['r.started_ms < ?', untilMs],
      ],
      key: 'r.id',
      sort,
      limit,
      cursor,
    })
    const runs = rows.map(runLineOf)
    const cells = runs.map((one) => [
      `#${one.run}`,
      one.startedAt.slice(0, 16).replace('T', ' '),
      one.status,
      `${one.stepsCompleted}/${one.totalSteps}`,
      one.project,
      one.runbook,
    ])
    return { runs, ...rest, text: withMore(columns(cells, 'No runbook was run yet.'), rest.nextCursor) }
  },
})

const get = command({
  summary: 'Show one execution of a runbook with what became of each step',
  examples: RUNBOOK_EXAMPLES['runbook.get'],
  effect: 'read',
  input: z.object({ run: runId }),
  output: runRecord,
  resource: { uri: 'ops://runs/{run}' },
  async run({ run: id }, ctx) {
    const row = needRun(ctx.store, id)
    if (row.status !== 'running' || row.chain_id === null) return runRecordOf(row)
    const { waitsFor } = await ctx.call(chains.show, { id: row.chain_id })
    return runRecordOf(row, waitsFor[0]?.question)
  },
})

const written = z.object({ execution: runRecord, change: changeNumber })

const start = command({
  summary: 'Begin the record of a procedure that is carried out by hand',
  examples: RUNBOOK_EXAMPLES['runbook.start'],
  effect: 'write',
  idempotent: 'key',
  rare: true,
  input: z.object({
    project: projectRef.default('.'),
    runbook: z.string().trim().min(1).max(300).describe('What the procedure is called'),
    totalSteps: z.int().min(1).max(1_000),
  }),
  output: written,
  plan: ({ project, runbook }) => ({
    summary: `Begin the record of "${runbook}" on ${project}`,
    steps: [{ does: 'create', target: `record of ${runbook}` }],
  }),
  undo: recordUndo,
  async run({ project, runbook, totalSteps }, ctx) {
    const wanted = await wantProject(ctx, project)
    const { id, change: number } = await change(ctx, `begin "${runbook}" on "${nameOf(wanted)}"`, (writes) => {
      const nowMs = ctx.clock.now()
      return {
        id: startRun(writes, { projectId: ensureProject(ctx.store, writes, wanted, nowMs), runbook, kind: 'manual', totalSteps, nowMs }),
      }
    })
    return { execution: runRecordOf(needRun(ctx.store, id)), change: number }
  },
})

const log = command({
  summary: 'Note what became of a step of a procedure that is carried out by hand',
  examples: RUNBOOK_EXAMPLES['runbook.log'],
  effect: 'write',
  idempotent: 'key',
  rare: true,
  input: z.object({
    run: runId,
    name: z.string().trim().min(1).max(300).describe('The step'),
    status: z.enum(['pass', 'fail', 'skip']),
    message: z.string().max(10_000).default(''),
    durationMs: z.int().min(0).optional(),
  }),
  output: written,
  plan: ({ run: id, name, status }) => ({
    summary: `Note "${name}" as ${status} in execution ${id}`,
    steps: [{ does: 'change', target: `execution ${id}` }],
  }),
  undo: recordUndo,
  async run({ run: id, name, status, message, durationMs }, ctx) {
    const { change: number } = await change(ctx, `note a step of execution ${id}`, (writes) => {
      const row = needRunning(ctx.store, id, 'note a step of', 'manual')
      const before = logOf(row)
      if (before.length >= row.total_steps) throw runState(id, 'note a step of', `one of ${row.total_steps} steps, and all are noted`)
      const entry = { name, status, message, at: isoOf(ctx.clock.now()), ...(durationMs !== undefined && { durationMs }) }
      writes.update('ops_runbook_run', id, logged(row, [...before, entry]))
      return {}
    })
    return { execution: runRecordOf(needRun(ctx.store, id)), ...(number !== undefined && { change: number }) }
  },
})

const finish = command({
  summary: 'End the record of a procedure that was carried out by hand',
  examples: RUNBOOK_EXAMPLES['runbook.finish'],
  effect: 'write',
  idempotent: 'key',
  rare: true,
  input: z.object({
    run: runId,
    status: z.enum(['completed', 'failed']).default('completed'),
    error: z.string().trim().min(1).max(10_000).optional(),
  }),
  output: written,
  plan: ({ run: id, status }) => ({ summary: `End execution ${id} as ${status}`, steps: [{ does: 'change', target: `execution ${id}` }] }),
  undo: recordUndo,
  async run({ run: id, status, error }, ctx) {
    const { change: number } = await change(ctx, `end execution ${id}`, (writes) => {
      needRunning(ctx.store, id, 'end', 'manual')
      writes.update('ops_runbook_run', id, {
        status,
        error: status === 'failed' ? (error ?? 'No reason was given') : null,
        completed_ms: ctx.clock.now(),
      })
      return {}
    })
    return { execution: runRecordOf(needRun(ctx.store, id)), ...(number !== undefined && { change: number }) }
  },
})

export const runbookCommands = {
  ...dependencyCommands,
  'runbook.list': list,
  'runbook.show': show,
  'runbook.run': run,
  'runbook.resume': resume,
  'runbook.step': step,
  'runbook.history': history,
  'runbook.get': get,
  'runbook.start': start,
  'runbook.log': log,
  'runbook.finish': finish,
}
