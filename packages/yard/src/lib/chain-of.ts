import type { ChainDefinition } from '@switchyard/chain'
import { type Decided, type DecidedPart, stepName } from '@switchyard/router'

type Step = ChainDefinition['steps'][number]

/** What begins an expression in the texts of a chain. */
const OPEN = '$\u007b{'

/**
 * A decision as a chain: what has to wait for nothing runs side by side, the rest in the order it was asked for.
 * A failure takes back what was done, but where the request says what to do about it.
 */
export function chainOf({ request, parts }: Pick<Decided, 'request' | 'parts'>): ChainDefinition {
  const steps: Step[] = []
  for (let at = 0; at < parts.length; ) {
    let end = at + 1
    while (end < parts.length && parts[end]!.after.every((other) => other < at) && parts[end]!.when === parts[at]!.when) end++
    const side = parts.slice(at, end).map((part, i) => stepOf(part, at + i, parts))
    steps.push(side.length === 1 ? side[0]! : ({ id: `side${at + 1}`, parallel: side } as Step))
    at = end
  }
  return { name: 'request', summary: request.slice(0, 200), steps } as ChainDefinition
}

/** What a part gives its command: the values alone, without where they stood. */
export const inputOf = ({ args }: Pick<DecidedPart, 'args'>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(args).map(([name, { value }]) => [name, value]))

/** A text that means itself where a chain would read expressions, whatever is in it. */
export const literal = (text: string): string => text.replaceAll(OPEN, `${OPEN} '${OPEN}' }}`)

function stepOf({ command, args, when, after }: DecidedPart, index: number, parts: readonly DecidedPart[]): Step {
  const input = Object.fromEntries(
    Object.entries(args).map(([field, { value }]) => [field, isResult(value, after) ? value : saidIn(value)]),
  )
  return {
    id: stepName(index),
    call: command,
    ...(Object.keys(input).length > 0 && { input }),
    ...(when !== undefined && { when: `${OPEN} ${when} }}` }),
    ...(isFailureExpected(stepName(index), parts) && { onError: 'continue' as const }),
  } as Step
}

/** Whether a part is to be done also, or only, when this step fails; one that wants it done goes down with it. */
function isFailureExpected(step: string, parts: readonly DecidedPart[]): boolean {
  const state = `steps.${step}.state`
  return parts.some(({ when }) => when?.includes(state) === true && when !== `${state} == 'done'`)
}

/** Whether the router means a field of what an earlier part returned. */
function isResult(value: unknown, after: readonly number[]): boolean {
  const [, step] = (typeof value === 'string' && /^\$\{\{ steps\.(part\d+)\.output\.\S+ \}\}$/.exec(value)) || []
  return step !== undefined && after.some((other) => stepName(other) === step)
}

/** What somebody said, which is data: a chain that is given it reads no expressions in it. */
export function saidIn(value: unknown): unknown {
  if (typeof value === 'string') return literal(value)
  if (Array.isArray(value)) return value.map(saidIn)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, saidIn(one)]))
}
