import {
  type ChainDefinition,
  type ChainReport,
  type ChainSummary,
  type CheckResult,
  type Cost,
  drawChain,
  type Mark,
  type PlannedStep,
  type RunLimits,
} from '@switchyard/chain'
import { type Look, paint, plain, wrap } from './look.ts'
import { renderTable } from './table.ts'
import { renderValue } from './value.ts'

const MARKS: Readonly<Record<Mark, readonly [sign: string, color: Parameters<typeof paint>[1]]>> = {
  done: ['✓', 'green'],
  failed: ['✗', 'red'],
  undone: ['↶', 'yellow'],
  'undo-failed': ['‼', 'red'],
  running: ['▸', 'cyan'],
  waiting: ['…', 'cyan'],
  skipped: ['-', 'dim'],
  aborted: ['×', 'dim'],
  open: ['·', 'dim'],
}

/** What took less is not worth a word. */
const SHOWN_MS = 1_000

/** A chain as a graph, with what became of it where a report says so, and how it stands in other words than those of the report. */
export function renderChain(definition: ChainDefinition, report: ChainReport | undefined, look: Look, state?: string): string {
  const drawn = drawChain(definition, report)
  const told = new Set<string>()
  const lines = drawn.map(({ branch, text, mark, turns, note, tookMs = 0 }) => {
    const [sign, color] = MARKS[mark]
    const took = tookMs < SHOWN_MS ? '' : paint(look, 'dim', `  ${tookText(tookMs)}`)
    const name = `${paint(look, color, sign)} ${paint(look, 'dim', branch)}${plain(text)}${turns === undefined ? '' : ` ×${turns}`}${took}`
    // What it waits for is said below, and what went wrong in several steps beside the first.
    if (note === undefined || mark === 'waiting' || told.has(note)) return name
    told.add(note)
    return [name, ...wrap(plain(note), look.columns - 6).map((line) => `      ${paint(look, 'red', line)}`)].join('\n')
  })
  if (report === undefined) return [paint(look, 'bold', definition.name), ...lines].join('\n')
  const whose = report.plugin === undefined ? '' : ` of ${report.plugin}`
  const head = `${paint(look, 'bold', report.id)}  ${definition.name}${whose}  ${paint(look, colorOf(report.state), state ?? report.state.replace('_', ' '))}`
  const isTold = report.error !== undefined && told.has(report.error.message)
  return [head, ...lines, ...outcome(report, isTold, look)].join('\n')
}

/** A chain that was stopped before its end: in which step, what was done by then, and how to go on or back. */
export function renderStopped(report: ChainReport, { resume, cancel }: { resume: string; cancel: string }, look: Look): string {
  const { definition, steps, done, neverStarted } = report
  const current = steps.filter((step) => step.state === 'started' || step.undoState === 'started').map(({ path }) => path)
  const [next] = neverStarted
  const where = current.length > 0 ? `in ${current.join(', ')}` : next === undefined ? 'before its end' : `before ${next}`
  return [
    renderChain(definition, report, look, 'stopped'),
    '',
    ...wrap(`Stopped ${where}. Done: ${done.length === 0 ? 'nothing' : done.join(', ')}.`, look.columns),
    `To go on:        ${paint(look, 'cyan', resume)}`,
    `To take it back: ${paint(look, 'cyan', cancel)}`,
  ].join('\n')
}

/** What became of it; `isTold` when its error stands beside a step already. */
function outcome(report: ChainReport, isTold: boolean, look: Look): string[] {
  const lines: string[] = []
  if (report.error !== undefined) lines.push('')
  if (report.error !== undefined && !isTold)
    lines.push(...wrap(plain(report.error.message), look.columns).map((line) => paint(look, 'red', line)))
  const list = (title: string, paths: readonly string[]): void => {
    if (paths.length > 0) lines.push(...wrap(`${title}: ${paths.join(', ')}`, look.columns))
  }
  if (report.error !== undefined) {
    list('Done', report.done)
    list('Undone', report.undone)
    for (const { path, why } of report.notUndone)
      lines.push(...wrap(`NOT undone: ${path}, as ${plain(why)}`, look.columns).map((line) => paint(look, 'yellow', line)))
    list('Never started', report.neverStarted)
  }
  list('Degraded', report.degraded)
  if (report.error !== undefined) for (const next of nextOf(report)) lines.push(`${paint(look, 'cyan', '→')} ${plain(next)}`)
  if (report.limits !== undefined && report.spent !== undefined) lines.push('', spentText(report.spent, report.limits))
  for (const { path, question, event, dueMs } of report.waitsFor) {
    const until = dueMs === undefined ? '' : `, until ${new Date(dueMs).toISOString().slice(0, 16).replace('T', ' ')}`
    lines.push(
      '',
      ...wrap(
        `${path} waits${question === undefined ? (event === undefined ? '' : ` for ${event}`) : `: ${plain(question)}`}${until}`,
        look.columns,
      ),
    )
    if (question !== undefined)
      lines.push(
        paint(
          look,
          'cyan',
          report.state === 'uncertain'
            ? `  switchyard chain resume --settle ${report.id} --step ${path} --as ran|not-run|failed`
            : `  switchyard chain approve ${report.id} --step ${path}`,
        ),
      )
  }
  if (report.state === 'failed' || report.state === 'compensation_failed')
    lines.push('', `To go on: ${paint(look, 'cyan', `switchyard chain retry ${report.id}`)}`)
  if (report.state === 'done' && report.output !== undefined && report.output !== null) lines.push('', renderValue(report.output, look))
  return lines
}

/** What may help against its errors, each once. */
function nextOf({ error, steps }: ChainReport): ReadonlySet<string> {
  return new Set([error, ...steps.map((step) => step.error)].flatMap((one) => one?.next ?? []))
}

function colorOf(state: ChainReport['state']): 'green' | 'red' | 'yellow' | 'cyan' {
  if (state === 'done') return 'green'
  if (state === 'failed' || state === 'compensation_failed') return 'red'
  return state === 'undone' || state === 'cancelled' ? 'yellow' : 'cyan'
}

export function renderChainList(chains: readonly ChainSummary[], look: Look): string {
  if (chains.length === 0) return 'No chains yet. To run one: switchyard chain run full-health'
  return renderTable(
    ['chain', 'state', 'started', 'name', 'error'],
    chains.map(({ id, state, isStopped, startedMs, name, error }) => [
      id,
      isStopped === true ? `stopped, was ${state}` : state.replace('_', ' '),
      new Date(startedMs).toISOString().slice(0, 16).replace('T', ' '),
      name,
      plain(error?.message ?? ''),
    ]),
    look,
  )
}

export function renderCheck(name: string, { problems, worstCase, missingCommands }: CheckResult, look: Look): string {
  const lines = problems.map(({ severity, line, column, message, code }) => {
    const place = line === undefined ? '' : `${name}:${line}:${column} `
    return `${paint(look, severity === 'error' ? 'red' : 'yellow', severity)} ${place}${plain(message)} ${paint(look, 'dim', code)}`
  })
  if (missingCommands.length > 0) lines.push(`It becomes runnable with the plugins that bring: ${missingCommands.join(', ')}`)
  if (worstCase !== undefined)
    lines.push(
      `At worst: ${worstCase.durationMs === undefined ? 'no limit to how long it takes' : timeText(worstCase.durationMs)}${costText(worstCase.costUsd)}`,
    )
  return problems.length === 0 ? [`${paint(look, 'green', '✓')} ${name} is right`, ...lines].join('\n') : lines.join('\n')
}

function tookText(ms: number): string {
  return ms < 60_000 ? `${(ms / 1_000).toFixed(1)} s` : timeText(ms)
}

function timeText(ms: number): string {
  if (ms < 120_000) return `${Math.ceil(ms / 1_000)} s`
  if (ms < 7_200_000) return `${Math.ceil(ms / 60_000)} min`
  return ms < 172_800_000 ? `${Math.ceil(ms / 3_600_000)} h` : `${Math.ceil(ms / 86_400_000)} days`
}

/** Of what it may: "Spent: $0.90 of $1.00, 40 s of 10 min". */
function spentText({ costUsd, durationMs }: Cost, { budgetUsd, maxMs }: RunLimits): string {
  const cost = budgetUsd === undefined ? [] : [`$${costUsd.toFixed(2)} of $${budgetUsd.toFixed(2)}`]
  const time = maxMs === undefined ? [] : [`${timeText(durationMs)} of ${timeText(maxMs)}`]
  return `Spent: ${[...cost, ...time].join(', ')}`
}

function costText(costUsd: number | undefined): string {
  if (costUsd === undefined) return ', and no limit to what it costs'
  return costUsd === 0 ? '' : `, and $${costUsd.toFixed(costUsd < 0.1 ? 4 : 2)}`
}

/** What each step would do; `kept` says how to do it. */
export function renderRehearsal(steps: readonly PlannedStep[], look: Look, kept: boolean): string {
  const lines = steps.flatMap(({ path, does, plan, needs, when, onlyAfter, error }) => {
    const only = [...(when === undefined ? [] : [plain(when)]), ...(onlyAfter === undefined ? [] : [`${onlyAfter} fails`])]
    const head = `${paint(look, 'bold', path)}  ${plain(does)}${only.map((one) => `, only if ${one}`).join('')}`
    if (error !== undefined) return [head, `  ${paint(look, 'red', plain(error.message))}`]
    if (needs !== undefined) return [head, `  ${paint(look, 'dim', `known once there is ${needs.join(', ')}`)}`]
    return plan === undefined ? [head] : [head, ...wrap(plain(plan.summary), look.columns - 2).map((line) => `  ${line}`)]
  })
  return [...lines, ...(kept ? ['', 'Nothing was done. To do it: run it again with --yes'] : [])].join('\n')
}
