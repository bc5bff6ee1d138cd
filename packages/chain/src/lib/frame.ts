import type { WireError } from '@switchyard/contracts'
import type { CompiledChain } from './compiled.ts'
import type { Scope } from './expression.ts'
import { NOTHING, type Output } from './output.ts'
import type { Run } from './run.ts'

/** What became of a step, or of several as one. */
export type Outcome =
  | { readonly state: 'done'; readonly output: Output; readonly degraded?: true }
  | { readonly state: 'skipped' }
  | { readonly state: 'failed'; readonly error: WireError /** Goes on all the same. */; readonly ignored?: true }
  | { readonly state: 'cancelled' }

/** Where references are looked up: one chain, or one turn of a loop in it. */
export interface Frame {
  readonly chain: CompiledChain
  /** Before the ids of its steps in paths. */
  readonly prefix: string
  readonly input: Readonly<Record<string, unknown>>
  readonly outcomes: Map<string, Outcome>
  /** Around a loop's turn. */
  readonly outer?: Frame
  readonly item?: unknown
  readonly index?: number
}

export function chainFrame(chain: CompiledChain, prefix: string, input: Readonly<Record<string, unknown>>): Frame {
  return { chain, prefix, input, outcomes: new Map() }
}

/** One turn of a loop, which sees what is around it. */
export function turnFrame(outer: Frame, loopId: string, index: number, item: unknown): Frame {
  const { chain, prefix, input } = outer
  return { chain, prefix: `${prefix}${loopId}[${index}]/`, input, outcomes: new Map(), outer, item, index }
}

/** The names that an expression in a frame can use; `extra` adds some for one place. */
export function scopeOf(frame: Frame, run: Pick<Run, 'id' | 'startedMs'>, extra?: Readonly<Record<string, unknown>>): Scope {
  return {
    value(root) {
      if (extra !== undefined && Object.hasOwn(extra, root)) return extra[root]
      if (root === 'input') return frame.input
      if (root === 'chain') return { id: run.id, name: frame.chain.definition.name, startedMs: run.startedMs }
      if (root !== 'item' && root !== 'index') return null
      for (let turn: Frame | undefined = frame; turn !== undefined; turn = turn.outer)
        if (turn.index !== undefined) return root === 'item' ? turn.item : turn.index
      return null
    },
    step(id) {
      for (let around: Frame | undefined = frame; around !== undefined; around = around.outer) {
        const outcome = around.outcomes.get(id)
        if (outcome !== undefined) return visible(outcome)
      }
      return null
    },
  }
}

function visible(outcome: Outcome): Readonly<Record<string, unknown>> {
  const { code, message } = outcome.state === 'failed' ? outcome.error : {}
  return {
    state: outcome.state,
    error: code === undefined ? null : { code, message },
    degraded: outcome.state === 'done' && outcome.degraded === true,
    get output() {
      return outcome.state === 'done' ? outcome.output.value : null
    },
  }
}

/** The output of an outcome; null unless it is done. */
export const outputIn = (outcome: Outcome): Output => (outcome.state === 'done' ? outcome.output : NOTHING)
