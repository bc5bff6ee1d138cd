import { type PluginStore, printable } from '@switchyard/plugin-kit'
import { z } from 'zod'
import type { Writes } from '../records/changes.ts'
import { columns } from '../records/columns.ts'
import { recordUnknown } from '../records/errors.ts'
import { isoOf } from '../records/list.ts'
import type { RunRow } from '../records/rows.ts'
import { runState } from './errors.ts'
import type { RunbookStep } from './markdown.ts'

const logEntry = z.object({
  name: z.string(),
  status: z.enum(['started', 'pass', 'fail', 'skip']),
  message: z.string(),
  at: z.string(),
  step: z.int().optional(),
  durationMs: z.int().optional(),
  exit: z.int().optional(),
  output: z.string().optional().describe('The end of what it printed'),
})
export type LogEntry = z.output<typeof logEntry>

const lineFields = {
  run: z.int().describe('Id of this execution'),
  project: z.string(),
  runbook: z.string(),
  kind: z.enum(['chain', 'markdown', 'manual']),
  status: z.enum(['running', 'completed', 'failed']),
  stepsCompleted: z.int(),
  totalSteps: z.int(),
  startedAt: z.string(),
  completedAt: z.string().optional(),
  error: z.string().optional(),
}
export const runLine = z.object(lineFields)
export const runRecord = z.object({
  ...lineFields,
  chain: z.string().optional().describe('The chain that carries it out'),
  log: z.array(logEntry),
  waitsFor: z.string().optional().describe('The question that it waits with'),
  text: z.string(),
})
export type RunRecord = z.output<typeof runRecord>

export type NamedRun = RunRow & { readonly project: string }

export const SELECT_RUN = 'SELECT r.*, p.name AS project FROM ops_runbook_run r JOIN ops_project p ON p.id = r.project_id'

/** What a Markdown runbook is frozen to when it starts: later edits of the file do not change what goes on. */
export interface Frozen {
  readonly file: string
  readonly root: string
  readonly steps: readonly RunbookStep[]
  readonly values: Readonly<Record<string, string>>
}

export function runLineOf(row: NamedRun): z.output<typeof runLine> {
  return {
    run: row.id,
    project: row.project,
    runbook: row.runbook,
    kind: row.kind,
    status: row.status,
    stepsCompleted: row.steps_completed,
    totalSteps: row.total_steps,
    startedAt: isoOf(row.started_ms),
    ...(row.completed_ms !== null && { completedAt: isoOf(row.completed_ms) }),
    ...(row.error !== null && { error: row.error }),
  }
}

export function runRecordOf(row: NamedRun, waitsFor?: string): RunRecord {
  const record = {
    ...runLineOf(row),
    ...(row.chain_id !== null && { chain: row.chain_id }),
    log: logOf(row),
    ...(waitsFor !== undefined && { waitsFor }),
  }
  return { ...record, text: runText(record) }
}

function runText({ run, project, runbook, status, stepsCompleted, totalSteps, error, waitsFor, log }: Omit<RunRecord, 'text'>): string {
  const steps = log.map(({ name, status: state, message, durationMs }) => [
    `  ${state}`,
    durationMs === undefined ? '' : `${(durationMs / 1_000).toFixed(1)} s`,
    message === '' ? name : `${name}: ${message}`,
  ])
  return [
    `${printable(runbook)} on ${printable(project)}: ${status}, ${stepsCompleted} of ${totalSteps} steps  (execution ${run})`,
    ...(steps.length === 0 ? [] : [columns(steps, '')]),
    ...(error === undefined ? [] : [`Failed: ${printable(error)}`, `→ switchyard ops runbook resume --run ${run}`]),
    ...(waitsFor === undefined ? [] : [`Asks: ${printable(waitsFor)}`, `→ switchyard ops runbook resume --run ${run} --answer ANSWER`]),
  ].join('\n')
}

export const logOf = ({ log }: Pick<RunRow, 'log'>): LogEntry[] => JSON.parse(log) as LogEntry[]

/** @throws RECORD_UNKNOWN */
export function needRun(store: PluginStore, id: number): NamedRun {
  const row = store.prepare(`${SELECT_RUN} WHERE r.id = ?`).get<NamedRun>(id)
  if (row === undefined) throw recordUnknown('runbook execution', id)
  return row
}

/** @throws RECORD_UNKNOWN, RUN_STATE where it has ended or is none of this kind */
export function needRunning(store: PluginStore, id: number, doing: string, kind?: RunRow['kind']): NamedRun {
  const row = needRun(store, id)
  if (row.status !== 'running') throw runState(id, doing, row.status)
  if (kind !== undefined && row.kind !== kind)
    throw runState(id, doing, `one that ${row.kind === 'chain' ? 'a chain' : 'its runbook'} carries out`)
  return row
}

export function startRun(
  writes: Writes,
  {
    projectId,
    runbook,
    kind,
    totalSteps,
    frozen,
    nowMs,
  }: { projectId: number; runbook: string; kind: RunRow['kind']; totalSteps: number; frozen?: Frozen; nowMs: number },
): number {
  return writes.insert('ops_runbook_run', {
    project_id: projectId,
    runbook,
    kind,
    status: 'running',
    steps_completed: 0,
    total_steps: totalSteps,
    log: '[]',
    definition: frozen === undefined ? null : JSON.stringify(frozen),
    chain_id: null,
    error: null,
    started_ms: nowMs,
    completed_ms: null,
  })
}

/** Only what passed counts as completed. */
export function logged(row: RunRow, log: readonly LogEntry[]): Pick<RunRow, 'log' | 'steps_completed'> {
  const passed = log.filter(({ status }) => status === 'pass').length
  return { log: JSON.stringify(log), steps_completed: Math.min(passed, row.total_steps) }
}
