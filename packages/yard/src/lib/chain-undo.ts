import type { ChainDefinition, ChainReport, Chains } from '@switchyard/chain'
import { saidIn } from './chain-of.ts'
import { notUndoable } from './errors.ts'
import type { CommandInfo } from './yard.ts'

/** A step of a chain that calls a command. */
export interface CallingStep {
  readonly id: string
  readonly call: string
  readonly pivot?: boolean
}

/** All steps of a definition that call a command, in its order; those of other chains that it names are none of them. */
export function callsOf({ steps }: Pick<ChainDefinition, 'steps'>): readonly CallingStep[] {
  return [...callsIn(steps)]
}

/** Whether a chain is done, and something of it can be taken back. */
export const isUndoable = (report: ChainReport): boolean => whyNot(report) === undefined

/**
 * Takes a done chain back, last completed first, as a chain of its own that survives what chains survive, and returns its id. One that
 * was begun before goes on; steps that nothing says how to take back are left.
 * @throws CHAIN_UNKNOWN, NOT_UNDOABLE
 */
export async function undoChain(chains: Chains, id: string): Promise<string> {
  const report = chains.show(id)
  const { plugin } = report
  const why = whyNot(report)
  if (why !== undefined) throw notUndoable(id, why, nextOf(report))
  const earlier = undoOf(chains, id)
  if (earlier?.state === 'done') throw notUndoable(id, 'it must stand: it was taken back', `switchyard chain show ${earlier.id}`)
  if (earlier?.state === 'failed') await chains.retry(earlier.id)
  return chains.start(undoing(report), {}, { key: nameOf(id), ...(plugin !== undefined && { plugin }) })
}

/** Steps that may have changed what nothing says how to take back, and that an undo leaves; those of chains within it are not known. */
export function leftByUndo({ definition, steps }: ChainReport, commands: ReadonlyMap<string, CommandInfo>): readonly string[] {
  const calls = new Map(callsOf(definition).map(({ id, call }) => [id, call]))
  return steps
    .filter(({ path, state, undo }) => {
      const call = calls.get(path.replace(/^.*\//, '').replace(/\[\d+\]$/, ''))
      return state === 'done' && undo === undefined && call !== undefined && commands.get(call)?.definition.effect !== 'read'
    })
    .map(({ path }) => path)
}

/** What became of the taking back of a chain; undefined where nobody asked for it. */
export const undoOf = (chains: Pick<Chains, 'list'>, id: string): ReturnType<Chains['list']>[number] | undefined =>
  chains.list({ limit: 10_000 }).find(({ name }) => name === nameOf(id))

const nameOf = (id: string): string => `undo-${id}`

function undoing(report: ChainReport): ChainDefinition {
  const steps = standing(report).map(({ undo }, index) => ({ id: `back${index + 1}`, call: undo!.command, input: saidIn(undo!.input) }))
  return { name: nameOf(report.id), summary: `Take back ${report.id}`, saga: false, steps } as ChainDefinition
}

/** What can be taken back, last completed first. */
function standing({ steps }: ChainReport): ChainReport['steps'] {
  return steps.filter(({ undo, undoState }) => undo !== undefined && undoState === undefined).toReversed()
}

function whyNot(report: ChainReport): string | undefined {
  const { name, state, definition, done } = report
  if (state !== 'done') return `it must have been done: it is ${state.replace('_', ' ')}`
  if (name.startsWith('undo-c-')) return 'it must have done something: it took something back'
  const pivot = callsOf(definition).find((step) => step.pivot === true && done.includes(step.id))
  if (pivot !== undefined) return `there must be a way back: there is none behind "${pivot.id}"`
  return standing(report).length === 0 ? 'one of its steps must say how to take it back: none did' : undefined
}

const nextOf = ({ id, endedMs }: ChainReport): string => `switchyard chain ${endedMs === undefined ? 'cancel' : 'show'} ${id}`

function* callsIn(value: unknown): Generator<CallingStep> {
  if (typeof value !== 'object' || value === null) return
  if ('call' in value && 'id' in value) yield value as CallingStep
  for (const [key, inner] of Object.entries(value)) if (key !== 'input' && key !== 'undo') yield* callsIn(inner)
}
