import type { ChainDefinition } from '@switchyard/chain'
import { type Decided, type DecidedPart, stepName } from '@switchyard/router'

type Step = ChainDefinition['steps'][number]

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

function stepOf({ command, args, when }: DecidedPart, index: number, parts: readonly DecidedPart[]): Step {
  const name = stepName(index)
  const input = Object.fromEntries(Object.entries(args).map(([field, { value }]) => [field, value]))
  const isAskedAbout = parts.some((part) => part.when?.includes(`steps.${name}.state`) === true)
  return {
    id: name,
    call: command,
    ...(Object.keys(input).length > 0 && { input }),
    ...(when !== undefined && { when: `\${{ ${when} }}` }),
    ...(isAskedAbout && { onError: 'continue' as const }),
  } as Step
}
