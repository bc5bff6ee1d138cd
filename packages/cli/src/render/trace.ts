import type { Run, RunState, Span } from '@switchyard/trace'
import {
  codeOf,
  costText,
  criticalPath,
  durationText,
  hasFlag,
  nameOf,
  type Stretch,
  type TraceData,
  type TraceTree,
  treeOf,
} from '@switchyard/trace-viewer'
import { type Look, paint, plain, wrap } from './look.ts'
import { renderTable } from './table.ts'

type Color = Parameters<typeof paint>[1]

const STATES: Readonly<Record<RunState, readonly [sign: string, color: Color]>> = {
  running: ['▸', 'cyan'],
  waiting: ['…', 'cyan'],
  done: ['✓', 'green'],
  failed: ['✗', 'red'],
  undone: ['↶', 'yellow'],
  interrupted: ['×', 'dim'],
  decided: ['◇', 'dim'],
  unclear: ['?', 'yellow'],
}

const ID_DIGITS = 8

/** Runs, newest first. */
export function renderRuns(runs: readonly Run[], look: Look): string {
  if (runs.length === 0) return 'No run is like that. Everything: switchyard trace list'
  const table = renderTable(
    ['run', 'state', 'began', 'took', 'what'],
    runs.map((run) => [run.traceId.slice(0, ID_DIGITS), stateText(run.state), timeText(run.startMs), tookText(run), whatText(run)]),
    look,
  )
  return `${table}\n\nTo look at one: switchyard trace show ${runs[0]!.traceId.slice(0, ID_DIGITS)}`
}

const stateText = (state: RunState): string => `${STATES[state][0]} ${state}`

/** What was asked, and behind it what went wrong, who approved and what it cost. */
function whatText({ name, error, approvedBy, costUsd }: Run): string {
  const notes = [
    ...(error === undefined ? [] : [error.type]),
    ...(approvedBy === undefined ? [] : [`by ${approvedBy}`]),
    ...(costUsd > 0 ? [costText(costUsd)] : []),
  ]
  return notes.length === 0 ? oneLine(name) : `${oneLine(name)} (${oneLine(notes.join(', '))})`
}

const isUnderWay = (state: RunState): boolean => state === 'running' || state === 'waiting'
const tookText = ({ state, startMs, endMs }: Run): string => (isUnderWay(state) ? '…' : durationText((endMs - startMs) * 1_000))
const oneLine = (text: string): string => plain(text).replaceAll(/\s+/g, ' ')

/** One run that began or changed, as a line. */
export function renderRunLine(run: Run, look: Look): string {
  const [sign, color] = STATES[run.state]
  const state = `${paint(look, color, sign)} ${run.state.padEnd('interrupted'.length)}`
  return `${timeText(run.startMs).slice(-8)}  ${run.traceId.slice(0, ID_DIGITS)}  ${state}  ${tookText(run).padStart(8)}  ${whatText(run)}`
}

/** One span that began or ended, as a line. */
export function renderSpanLine({ name, lane, startMs, durationMs, error, attributes }: Span, beganMs: number, look: Look): string {
  const sign =
    durationMs === undefined
      ? paint(look, 'cyan', attributes['switchyard.waits_for'] === 'person' ? '…' : '▸')
      : error !== undefined
        ? paint(look, 'red', '✗')
        : attributes['switchyard.op'] === 'undo' || attributes['switchyard.op'] === 'compensate'
          ? paint(look, 'yellow', '↶')
          : paint(look, 'green', '✓')
  const at = durationText(Math.max(0, startMs - beganMs) * 1_000).padStart(9)
  const took = (durationMs === undefined ? '' : durationText(durationMs * 1_000)).padStart(8)
  const code = error === undefined ? '' : `  ${paint(look, 'red', oneLine(error.type))}`
  return `${paint(look, 'dim', at)}  ${took}  ${sign} ${oneLine(name)}  ${paint(look, 'dim', oneLine(lane))}${code}`
}

export interface WaterfallOptions {
  /** Spans deeper than this are left out. */
  readonly depth?: number | undefined
  /** Of spans; the first ones. @default 200 */
  readonly limit?: number | undefined
}

const TIME_WIDTH = 9
const GAP = 2

/** A run as a tree with bars over time: what the whole waited for is thick, the rest thin. */
export function renderTrace(run: Run, data: TraceData, look: Look, { depth = Infinity, limit = 200 }: WaterfallOptions = {}): string {
  const tree = treeOf(data)
  const path = Map.groupBy(criticalPath(tree), ({ span }) => span)
  const shown = [...tree.order].filter((span) => tree.depth[span]! <= depth)
  const nameWidth = Math.max(20, Math.min(Math.floor(look.columns * 0.42), longestName(tree, shown.slice(0, limit))))
  const barWidth = Math.max(8, look.columns - nameWidth - TIME_WIDTH - 2 * GAP)
  const rows = shown.slice(0, limit).map((span) => {
    const name = nameCell(tree, span, nameWidth, look)
    const time = durationText(tree.endUs[span]! - tree.startUs[span]!).padStart(TIME_WIDTH)
    return `${name}${' '.repeat(GAP)}${bar(tree, span, path.get(span) ?? [], barWidth, look)}${' '.repeat(GAP)}${paint(look, 'dim', time)}`
  })
  const left = shown.length - rows.length
  return [
    ...head(run, look),
    '',
    ...rows,
    ...(left > 0 ? [paint(look, 'dim', `and ${left.toLocaleString('en')} more: --all`)] : []),
    '',
    ...legend(tree, look),
    ...foot(run, look),
  ].join('\n')
}

function head(run: Run, look: Look): string[] {
  const { traceId, name, state, startMs, error, command, approvedBy, costUsd, waitedMs, spans, retries, chainId } = run
  const [sign, color] = STATES[state]
  const facts = [
    `${paint(look, color, `${sign} ${state}`)}${error === undefined ? '' : ` ${paint(look, 'red', oneLine(error.type))}`}`,
    isUnderWay(state) ? 'not ended' : tookText(run),
    timeText(startMs),
    ...(command === undefined || command === name ? [] : [oneLine(command)]),
    ...(approvedBy === undefined ? [] : [`approved by ${oneLine(approvedBy)}`]),
    ...(waitedMs > 0 ? [`waited ${durationText(waitedMs * 1_000)} for a person`] : []),
    ...(costUsd > 0 ? [costText(costUsd)] : []),
    ...(retries > 0 ? [`${retries} tried again`] : []),
    `${spans.toLocaleString('en')} span${spans === 1 ? '' : 's'}`,
    ...(chainId === undefined ? [] : [oneLine(chainId)]),
  ]
  return [paint(look, 'bold', oneLine(name)), ...joined(facts, look), paint(look, 'dim', traceId)]
}

/** Facts beside one another as far as there is room; colours take none. */
function joined(facts: readonly string[], { columns }: Look): string[] {
  const lines: string[] = []
  let width = 0
  for (const fact of facts) {
    const length = plain(fact).length
    if (lines.length > 0 && width + 3 + length <= columns) {
      lines[lines.length - 1] += ` · ${fact}`
      width += 3 + length
    } else {
      lines.push(fact)
      width = length
    }
  }
  return lines
}

function foot(run: Run, look: Look): string[] {
  const { traceId, error } = run
  const id = traceId.slice(0, ID_DIGITS)
  const lines: string[] = []
  if (error?.message !== undefined && error.message !== '')
    lines.push('', ...wrap(oneLine(error.message), look.columns).map((line) => paint(look, 'red', line)))
  return [...lines, '', `On a page, with inputs, decision and logs: ${paint(look, 'cyan', `switchyard trace view ${id}`)}`]
}

const signsOf = (tree: TraceTree, span: number): readonly [sign: string, color: Color] => {
  if (hasFlag(tree, span, 'failed')) return ['✗', 'red']
  if (hasFlag(tree, span, 'person')) return ['…', 'cyan']
  if (hasFlag(tree, span, 'undo')) return ['↶', 'yellow']
  if (hasFlag(tree, span, 'open')) return ['▸', 'cyan']
  return [' ', 'dim']
}

/** Deeper than this nothing is moved further in, so that names keep room. */
const MAX_INDENT = 8

function nameText(tree: TraceTree, span: number): string {
  const code = codeOf(tree, span)
  const again = hasFlag(tree, span, 'retry') ? ' ↻' : ''
  return `${oneLine(nameOf(tree, span))}${again}${code === undefined ? '' : ` ${oneLine(code)}`}`
}

const indentOf = (tree: TraceTree, span: number): number => 2 * Math.min(tree.depth[span]!, MAX_INDENT)

function longestName(tree: TraceTree, spans: readonly number[]): number {
  return spans.reduce((longest, span) => Math.max(longest, indentOf(tree, span) + 2 + nameText(tree, span).length), 0)
}

function nameCell(tree: TraceTree, span: number, width: number, look: Look): string {
  const [sign, color] = signsOf(tree, span)
  const indent = ' '.repeat(indentOf(tree, span))
  const text = nameText(tree, span)
  const room = width - indent.length - 2
  const cut = text.length > room ? `${text.slice(0, room - 1)}…` : text.padEnd(room)
  return `${indent}${paint(look, color, sign)} ${cut}`
}

function bar(tree: TraceTree, span: number, path: readonly Stretch[], width: number, look: Look): string {
  const scale = width / tree.totalUs
  const cell = (us: number): number => Math.min(width - 1, Math.max(0, Math.floor(us * scale)))
  const from = cell(tree.startUs[span]!)
  const to = Math.max(from, Math.min(width - 1, Math.ceil(tree.endUs[span]! * scale) - 1))
  const cells: string[] = new Array(to - from + 1).fill(hasFlag(tree, span, 'person') ? '┄' : hasFlag(tree, span, 'undo') ? '╌' : '─')
  for (const { fromUs, toUs } of path) {
    const last = Math.max(cell(fromUs), Math.ceil(toUs * scale) - 1)
    for (let at = cell(fromUs); at <= Math.min(last, to); at++)
      cells[at - from] = hasFlag(tree, span, 'person') ? '┅' : hasFlag(tree, span, 'undo') ? '╍' : '━'
  }
  const [, color] = signsOf(tree, span)
  const text = cells.join('')
  return `${' '.repeat(from)}${color === 'dim' ? text : paint(look, color, text)}${' '.repeat(width - 1 - to)}`
}

/** Only of what can be seen above. */
function legend(tree: TraceTree, look: Look): string[] {
  const has = (flag: Parameters<typeof hasFlag>[2]): boolean => tree.order.some((span) => hasFlag(tree, span, flag))
  const parts = [
    '━ the whole waited for it',
    '─ it did not',
    ...(has('person') ? ['┅ waits for a person'] : []),
    ...(has('undo') ? ['╍ takes back'] : []),
    ...(has('retry') ? ['↻ tried again'] : []),
    ...(has('open') ? ['▸ still runs'] : []),
  ]
  return joined(parts, look).map((line) => paint(look, 'dim', line))
}

function timeText(ms: number): string {
  return new Date(ms).toISOString().replace('T', ' ').slice(0, 19)
}
