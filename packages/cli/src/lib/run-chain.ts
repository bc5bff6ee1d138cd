import type { ChainDefinition, ChainReport, Chains, PlannedStep } from '@switchyard/chain'
import { isUndoable, leftByUndo, undoOf } from '@switchyard/yard'
import { renderRehearsal, renderStopped } from '../render/chain.ts'
import type { Look } from '../render/look.ts'
import { renderEnded } from '../render/parts.ts'
import { EXIT, type ExitCode } from './exit-code.ts'
import type { Reply, Session } from './session.ts'

/** How long a person who pressed Ctrl-C waits for a call that is under way; one that is cut off may have to be asked about. */
const DRAIN_MS = 2_000

/** Waits without letting the process end: what a chain waits for may be nothing but a timer. */
export async function alive<value>(work: Promise<value>): Promise<value> {
  const timer = setInterval(() => {}, 60_000)
  try {
    return await work
  } finally {
    clearInterval(timer)
  }
}

/**
 * Follows a chain that is at work here until it has ended or waits, and says what became of it. At Ctrl-C what is under way may still end,
 * and the rest is left for any process to go on with.
 */
export async function followChain(session: Session, chains: Chains, id: string, whenUndone: ExitCode = EXIT.failed): Promise<Reply> {
  const report = await alive(watchToRest(session, chains, id)).catch(async (error: unknown) => {
    if (!session.signal.aborted) throw error
    await alive(chains.close({ drainMs: DRAIN_MS }))
    return chains.show(id)
  })
  if (session.signal.aborted && report.endedMs === undefined) {
    const next = { resume: `switchyard chain resume ${id}`, cancel: `switchyard chain cancel ${id}` }
    return { data: { ...report, stopped: next }, text: (look) => renderStopped(report, next, look), exit: EXIT.interrupted }
  }
  if (!session.json && isUndoable(report)) {
    const left = leftByUndo(report, (await session.yard()).commands)
    const but = left.length === 0 ? '' : `, which leaves ${left.join(', ')}, as nothing says how`
    session.note(`To take it back: switchyard undo ${id}${but}`)
  }
  return { data: report, text: (look) => renderEnded(report, look), exit: exitOf(report, whenUndone) }
}

/** Follows a chain, wherever it is at work; Ctrl-C leaves it alone. */
export async function watchChain(session: Session, chains: Chains, id: string): Promise<Reply> {
  const report = await alive(watchToRest(session, chains, id)).catch((error: unknown) => {
    if (!session.signal.aborted) throw error
    return chains.show(id)
  })
  return { data: report, text: (look) => renderEnded(report, look), exit: exitOf(report, EXIT.failed) }
}

async function watchToRest(session: Session, chains: Chains, id: string): Promise<ChainReport> {
  const controller = new AbortController()
  const tell = async (): Promise<void> => {
    for await (const { steps, state } of chains.watch(id, { signal: controller.signal })) {
      const current = steps.findLast((step) => step.state === 'started' || step.undoState === 'started')
      session.progress({ message: current === undefined ? state : `${state}: ${current.path}` })
    }
  }
  const told = tell()
  try {
    return await chains.wait(id, { signal: session.signal })
  } finally {
    controller.abort()
    await told
  }
}

function exitOf({ state }: ChainReport, whenUndone: ExitCode): ExitCode {
  if (state === 'done') return EXIT.done
  if (state === 'waiting' || state === 'uncertain') return EXIT.needsApproval
  return state === 'undone' || state === 'cancelled' ? whenUndone : EXIT.failed
}

/** What each step would do; nothing is done. */
export function rehearsalReply(steps: readonly PlannedStep[], exit: ExitCode): Reply {
  return { data: { steps }, text: (look) => renderRehearsal(steps, look, exit === EXIT.needsApproval), exit }
}

/** What a person has to do before these steps run: the strictest of what their commands want. */
export async function approvalFor(session: Session, steps: readonly PlannedStep[]): Promise<'run' | 'ask' | 'type'> {
  const { commands } = await session.yard()
  const { config } = await session.config()
  const effects = new Set(steps.flatMap(({ does }) => commands.get(does.replace(/^calls /, ''))?.definition.effect ?? []))
  const rules = [...effects].map((effect) => (effect === 'read' ? 'run' : config.approval[effect]))
  return rules.includes('type') ? 'type' : rules.includes('ask') ? 'ask' : 'run'
}

/** A chain that goes on once a person says so. */
export interface AskingChain {
  readonly id: string
  readonly chain: string
  readonly state: ChainReport['state']
  readonly createdAt: string
  readonly asks: string
}

/** The chains that wait for a person, newest first. */
export function askingChains(chains: Chains): readonly AskingChain[] {
  return chains.list({ unfinished: true }).flatMap(({ id, name, state, startedMs }) => {
    const asks = chains.show(id).waitsFor.find(({ question }) => question !== undefined)?.question
    return asks === undefined ? [] : [{ id, chain: name, state, createdAt: new Date(startedMs).toISOString(), asks }]
  })
}

/** A chain that is done and can be taken back. */
export interface UndoableChain {
  readonly id: string
  readonly chain: string
  readonly state: 'done'
  readonly undoable: true
  readonly createdAt: string
  readonly did: string
}

/** A person's chains that are done and can still be taken back, newest first. */
export function undoableChains(chains: Chains): readonly UndoableChain[] {
  return chains.list().flatMap(({ id, name, state, plugin, startedMs }) => {
    if (state !== 'done' || plugin !== undefined || undoOf(chains, id)?.state === 'done') return []
    const report = chains.show(id)
    if (!isUndoable(report)) return []
    const did = report.definition.summary ?? name
    return [{ id, chain: name, state, undoable: true as const, createdAt: new Date(startedMs).toISOString(), did }]
  })
}

/** Whether a chain that waits may go on: naming it is enough, but what is removed for good behind it is shown and wants its name, where a person sits. */
export async function approvesChain(session: Session, chains: Chains, id: string): Promise<boolean> {
  const { terminal } = session.host
  if (terminal === undefined) return true
  const { definition, input, plugin, neverStarted } = chains.show(id)
  const all = await chains.plan(definition, input, plugin === undefined ? {} : { plugin })
  const steps = all.filter(({ path }) => neverStarted.includes(path))
  return (await approvalFor(session, steps)) !== 'type' || (await approvedChain(session, definition, steps))
}

/** Asks once for all that would be changed; a chain that only reads needs no word. */
export async function approvedChain(
  session: Session,
  definition: ChainDefinition,
  steps: readonly PlannedStep[],
  shown = (look: Look): string => renderRehearsal(steps, look, false),
): Promise<boolean> {
  const rule = await approvalFor(session, steps)
  if (rule === 'run') return true
  const { terminal } = session.host
  if (terminal === undefined) return false
  const { confirmed, typed } = await import('./prompt.ts')
  session.note(shown)
  if (rule === 'type') return typed(definition.name, `Type ${definition.name} to go on`, terminal, session.signal)
  return confirmed(`Run ${definition.name}?`, terminal, session.signal)
}
