import type { ChainReport, StepReport } from './chain.ts'
import { staticPath } from './compiled.ts'
import { type ChainDefinition, childrenOf, kindOf, type Step } from './definition.ts'

/** How a step stands, for a picture of its chain. */
export type Mark = 'done' | 'failed' | 'undone' | 'undo-failed' | 'running' | 'waiting' | 'skipped' | 'aborted' | 'open'

/** One line of a picture: a step, or a heading of a branch. */
export interface GraphLine {
  readonly depth: number
  /** What stands before the text to show how it hangs on the line above. */
  readonly branch: string
  readonly id: string
  readonly text: string
  readonly mark: Mark
  /** Turns of the loops around it, where there are several. */
  readonly turns?: number
  readonly note?: string
  /** From its first start to its last end, waiting included; absent while it has not ended. */
  readonly tookMs?: number
}

const TITLES: Readonly<Record<string, string>> = { otherwise: 'otherwise', fallback: 'fallback' }

/** A chain as an indented graph, with states where a report gives them. */
export function drawChain(definition: ChainDefinition, report?: ChainReport): readonly GraphLine[] {
  const lines: GraphLine[] = []
  const byPath = new Map<string, StepReport[]>()
  for (const step of report?.steps ?? []) {
    const path = staticPath(step.path)
    byPath.set(path, [...(byPath.get(path) ?? []), step])
  }
  draw(definition.steps, '', '')
  for (const [path, steps] of byPath) if (path.includes('/') && !lines.some(({ id }) => id === path)) push(path, path, '', steps)
  return lines

  function draw(steps: readonly Step[], indent: string, prefix: string): void {
    for (const [index, step] of steps.entries()) {
      const isLast = index === steps.length - 1
      const path = `${prefix}${step.id}`
      const at = lines.length
      push(path, describe(step), `${indent}${isLast ? '└─ ' : '├─ '}`, byPath.get(path) ?? [])
      const inner = `${indent}${isLast ? '   ' : '│  '}`
      const loops = 'forEach' in step || 'repeat' in step
      for (const [key, children] of childrenOf(step)) {
        const title = TITLES[key]
        if (title !== undefined) lines.push({ depth: inner.length / 3, branch: inner, id: '', text: `${title}:`, mark: 'open' })
        draw(children, inner, loops && title === undefined ? `${path}/` : prefix)
      }
      if ('chain' in step)
        for (const [sub, reports] of byPath) if (sub.startsWith(`${path}/`)) push(sub, sub.slice(path.length + 1), `${inner}· `, reports)
      if (lines[at]!.mark === 'open') lines[at] = { ...lines[at]!, mark: markOfAll(lines.slice(at + 1)) }
    }
  }

  function push(path: string, text: string, branch: string, reports: readonly StepReport[]): void {
    const ends = reports.flatMap(({ endedMs }) => endedMs ?? [])
    const note = reports.find(({ error }) => error !== undefined)?.error?.message
    lines.push({
      depth: Math.floor(branch.length / 3),
      branch,
      id: path,
      text,
      mark: markOf(reports),
      ...(reports.length > 1 && { turns: reports.length }),
      ...(note !== undefined && { note }),
      ...(ends.length > 0 &&
        ends.length === reports.length && { tookMs: Math.max(...ends) - Math.min(...reports.map(({ startedMs }) => startedMs)) }),
    })
  }
}

const ORDER: readonly Mark[] = ['undo-failed', 'failed', 'running', 'waiting', 'undone', 'aborted', 'done', 'skipped']

/** A group stands as what is in it does, once there is nothing in it of which nobody knows. */
function markOfAll(inside: readonly GraphLine[]): Mark {
  const marks = inside.filter(({ id }) => id !== '').map(({ mark }) => mark)
  return marks.includes('open') ? 'open' : (ORDER.find((mark) => marks.includes(mark)) ?? 'open')
}

function markOf(reports: readonly StepReport[]): Mark {
  const marks = reports.map(({ state, undoState }): Mark => {
    if (undoState !== undefined) return undoState === 'done' ? 'undone' : undoState === 'failed' ? 'undo-failed' : 'running'
    if (state === 'started') return 'running'
    if (state === 'uncertain') return 'waiting'
    return state === 'cancelled' ? 'aborted' : state
  })
  return ORDER.find((mark) => marks.includes(mark)) ?? 'open'
}

function describe(step: Step): string {
  const condition = step.when === undefined ? '' : ` when ${step.when.replace(/^\$\{\{\s*|\s*\}\}$/g, '')}`
  return `${step.id}: ${summaryOf(step)}${condition}`.replaceAll(/\s+/g, ' ')
}

function summaryOf(step: Step): string {
  if ('call' in step) return `${step.call}${step.pivot === true ? ' (pivot)' : ''}`
  if ('chain' in step) return `chain ${step.chain}`
  if ('ask' in step) return `ask "${step.ask}"`
  if ('wait' in step)
    return `wait ${typeof step.wait === 'string' ? step.wait : 'event' in step.wait ? `for ${step.wait.event}` : `until ${step.wait.until}`}`
  if ('parallel' in step)
    return `parallel${step.mode === undefined ? '' : ` ${step.mode}${step.quorum === undefined ? '' : ` ${step.quorum}`}`}`
  if ('forEach' in step) return 'for each'
  if ('repeat' in step) return `repeat at most ${step.max} times`
  return kindOf(step) === 'value' ? 'value' : 'steps'
}

const CLASSES: Readonly<Partial<Record<Mark, string>>> = {
  done: 'fill:#d3f9d8,stroke:#2b8a3e',
  failed: 'fill:#ffe3e3,stroke:#c92a2a',
  undone: 'fill:#fff3bf,stroke:#e67700',
  'undo-failed': 'fill:#ffc9c9,stroke:#c92a2a,stroke-width:3px',
  running: 'fill:#d0ebff,stroke:#1971c2',
  waiting: 'fill:#e5dbff,stroke:#6741d9',
  skipped: 'fill:#f1f3f5,stroke:#adb5bd,stroke-dasharray:4',
  aborted: 'fill:#f1f3f5,stroke:#868e96',
}

/** A chain as a Mermaid flowchart, coloured where a report gives states. */
export function mermaidOf(definition: ChainDefinition, report?: ChainReport): string {
  const marks = new Map(drawChain(definition, report).map(({ id, mark }) => [id, mark]))
  const lines = ['flowchart TD', '  start((start))']
  const used = new Set<Mark>()
  const last = flow(definition.steps, ['start'], '')
  lines.push('  finish((end))', ...last.map((from) => `  ${from} --> finish`))
  for (const mark of used) if (CLASSES[mark] !== undefined) lines.push(`  classDef ${classOf(mark)} ${CLASSES[mark]}`)
  return `${lines.join('\n')}\n`

  /** Draws steps after those that come before, and returns those that come last. */
  function flow(steps: readonly Step[], before: readonly string[], prefix: string, label?: string): readonly string[] {
    let ends = before
    let arrow = label === undefined ? '-->' : `-->|${label}|`
    for (const step of steps) {
      const path = `${prefix}${step.id}`
      const node = `n_${path.replaceAll(/[^A-Za-z0-9]/g, '_')}`
      const mark = marks.get(path) ?? 'open'
      used.add(mark)
      const text = describe(step).replaceAll('"', '#quot;')
      const shape = step.when !== undefined && 'otherwise' in step ? `{"${text}"}` : 'ask' in step ? `[/"${text}"/]` : `["${text}"]`
      lines.push(`  ${node}${shape}${mark === 'open' ? '' : `:::${classOf(mark)}`}`, ...ends.map((from) => `  ${from} ${arrow} ${node}`))
      arrow = '-->'
      ends = after(step, node, prefix)
    }
    return ends
  }

  function after(step: Step, node: string, prefix: string): readonly string[] {
    const ends: string[] = []
    if ('parallel' in step) ends.push(...step.parallel.flatMap((child) => flow([child], [node], prefix)))
    else if ('steps' in step) {
      ends.push(...flow(step.steps, [node], prefix, step.otherwise === undefined ? undefined : 'yes'))
      if (step.otherwise !== undefined) ends.push(...flow(step.otherwise, [node], prefix, 'no'))
    } else if ('forEach' in step || 'repeat' in step) {
      const inner = flow('forEach' in step ? step.do : step.repeat, [node], `${prefix}${step.id}/`, 'each')
      lines.push(...inner.map((from) => `  ${from} -.->|again| ${node}`))
      ends.push(...inner)
    } else ends.push(node)
    if (step.fallback !== undefined) ends.push(...flow(step.fallback, [node], prefix, 'on failure'))
    return ends
  }
}

const classOf = (mark: Mark): string => mark.replaceAll('-', '')
