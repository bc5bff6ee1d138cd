import type { WireError } from '@switchyard/contracts'
import type { ChainReport, ChainSummary, RunLimits, StepReport } from './chain.ts'
import type { CompiledStep, FrozenChain } from './compiled.ts'
import { everyStep, staticPath } from './compiled.ts'
import type { RunRow, StepRecord } from './journal.ts'
import { questionOver } from './over-limit.ts'
import { isHeld, spentOf } from './spending.ts'
import { readTrace } from './trace.ts'
import { isLeft, pivotOf } from './undo-step.ts'
import type { Question } from './wait-step.ts'

/** A chain in one line, from its row. */
export function summaryOf(row: RunRow): ChainSummary {
  return {
    id: row.id,
    name: row.name,
    state: row.state,
    ...(row.owner === null && (row.state === 'running' || row.state === 'undoing') && { isStopped: true as const }),
    ...(row.plugin !== null && { plugin: row.plugin }),
    startedMs: row.started_ms,
    ...(row.ended_ms !== null && { endedMs: row.ended_ms }),
    ...(row.due_ms !== null && { dueMs: row.due_ms }),
    ...(row.error !== null && { error: JSON.parse(row.error) as WireError }),
  }
}

/** In order of completion; those that have not completed by name. */
function byTime(a: StepRecord, b: StepRecord): number {
  const apart = (a.seq ?? Number.MAX_SAFE_INTEGER) - (b.seq ?? Number.MAX_SAFE_INTEGER)
  return apart === 0 ? (a.path < b.path ? -1 : 1) : apart
}

/** Everything that the journal says of a chain. */
export function reportOf(row: RunRow, frozen: FrozenChain, all: readonly StepRecord[]): ChainReport {
  const records = all.filter(({ path }) => !path.includes('~')).sort(byTime)
  const hasFailed = row.error !== null && row.ended_ms !== null && row.state !== 'cancelled'
  const mustBeUndone = hasFailed && frozen.root.definition.saga !== false
  const pivot = pivotOf({ frozen, records: new Map(records.map((record) => [record.path, record])) })
  const left = mustBeUndone ? records.filter((record) => isLeft(record)) : []
  const leftPaths = new Set(left.map(({ path }) => path))
  const present = new Set(records.map(({ path }) => path))
  const held = new Set(records.filter(isHeld).map(({ path }) => path))
  // Of a group that was to be tried again, and was not any more.
  const takenBack = all
    .filter(({ path }) => path.endsWith('~undone') && !present.has(path.slice(0, -'~undone'.length)))
    .sort(byTime)
    .map(({ path }) => path.slice(0, -'~undone'.length))
  const known = new Set([...present, ...takenBack].filter((path) => !held.has(path)).map(staticPath))
  const skipped = records.filter(({ state }) => state === 'skipped').map(({ path }) => path)
  const stands = records.filter(({ state, undoState, path }) => state === 'done' && undoState !== 'done' && !leftPaths.has(path))
  return {
    ...summaryOf(row),
    definition: frozen.root.definition,
    input: JSON.parse(row.input) as Record<string, unknown>,
    ...(row.output !== null && { output: JSON.parse(row.output) as unknown }),
    steps: records.map(stepReport),
    done: stands.map(({ path }) => path),
    undone: [
      ...takenBack,
      ...records
        .filter(({ undoState }) => undoState === 'done')
        .sort((a, b) => (a.undoSeq ?? 0) - (b.undoSeq ?? 0))
        .map(({ path }) => path),
    ],
    notUndone: left.map((record) => ({ path: record.path, why: whyLeft(record, pivot) })),
    failed: records
      .filter(({ state, undoState, path }) => (state === 'failed' || state === 'cancelled') && undoState !== 'done' && !leftPaths.has(path))
      .map(({ path }) => path),
    neverStarted: leavesOf(frozen).filter((path) => !known.has(path) && !isSkipped(path, new Set(skipped.map(staticPath)), frozen)),
    skipped,
    degraded: records
      .filter(({ path, state }) => state === 'failed' && stepAt(frozen, path)?.step.onError === 'fallback')
      .map(({ path }) => path),
    waitsFor:
      row.ended_ms === null
        ? records.filter(({ state }) => state === 'waiting' || state === 'uncertain').map((record) => waitOf(record, frozen))
        : [],
    ...(row.limits !== null && spentOf(JSON.parse(row.limits) as RunLimits, all)),
    traceId: readTrace(row.trace).traceId,
  }
}

const stepAt = (frozen: FrozenChain, path: string): CompiledStep | undefined => frozen.byPath.get(staticPath(path))

function whyLeft({ undoState, undo, mayHaveRun, undoError }: StepRecord, pivot: string | undefined): string {
  if (pivot !== undefined) return `it cannot be, once "${pivot}" is done`
  if (undoState === 'failed') return `taking it back failed: ${undoError?.message ?? 'no reason was given'}`
  if (mayHaveRun) return 'it may have had effects, nobody knows'
  return undo === null ? 'nothing says how' : 'it was not tried'
}

function stepReport(record: StepRecord): StepReport {
  const { path, state, attempts, startedMs } = record
  return {
    path,
    state,
    attempts,
    startedMs,
    ...(record.input !== null && { input: JSON.parse(record.input) as unknown }),
    ...(record.output !== null && { output: JSON.parse(record.output) as unknown }),
    ...(record.error !== null && { error: record.error }),
    ...(record.mayHaveRun && { mayHaveRun: true }),
    ...(record.undo !== null && record.undo !== 'none' && { undo: record.undo }),
    ...(record.undoState !== null && { undoState: record.undoState }),
    ...(record.undoError !== null && { undoError: record.undoError }),
    ...(record.endedMs !== null && { endedMs: record.endedMs }),
    ...(record.dueMs !== null && { dueMs: record.dueMs }),
  }
}

function waitOf(record: StepRecord, frozen: FrozenChain): ChainReport['waitsFor'][number] {
  const { path, input, topic, dueMs, state, error } = record
  if (isHeld(record)) return { path, question: questionOver(frozen.root, record), answer: 'approval' }
  const asked = state === 'waiting' && topic === null && input !== null ? (JSON.parse(input) as Question) : undefined
  const question = state === 'uncertain' ? error?.message : asked?.text
  return {
    path,
    ...(question !== undefined && { question }),
    ...(asked !== undefined && { answer: asked.answer }),
    ...(asked?.choices !== undefined && asked.answer !== 'approval' && { choices: asked.choices }),
    ...(topic !== null && { event: topic }),
    ...(dueMs !== null && { dueMs }),
  }
}

const LEAVES: ReadonlySet<string> = new Set(['call', 'wait', 'ask'])

/** Paths of all leaves, without loop counts, in the order of the definition. */
function leavesOf(frozen: FrozenChain): readonly string[] {
  return [...frozen.byPath].filter(([, { kind }]) => LEAVES.has(kind)).map(([path]) => path)
}

/** Whether something that it is part of was skipped. */
function isSkipped(path: string, skipped: ReadonlySet<string>, frozen: FrozenChain): boolean {
  for (const holder of skipped) {
    const compiled = frozen.byPath.get(holder)
    if (compiled === undefined) continue
    const prefix = holder.slice(0, holder.length - compiled.step.id.length)
    if (path.startsWith(`${holder}/`)) return true
    for (const inner of everyStep([compiled.step]))
      if (path === `${prefix}${inner.id}` || path.startsWith(`${prefix}${inner.id}/`)) return true
  }
  return false
}
