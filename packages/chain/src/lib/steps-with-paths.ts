import type { Problem } from './chain.ts'
import { childrenOf, type Step } from './definition.ts'

export type Path = readonly (string | number)[]

/** Takes what a check finds; `offset` counts characters into the text at the path. */
export type Report = (severity: Problem['severity'], code: string, path: Path, message: string, offset?: number) => void

/** Every step with its way from the root, in the order in which they would run. */
export function* stepsWithPaths(
  steps: readonly Step[],
  path: Path,
  insideRace = false,
): Generator<{ readonly step: Step; readonly path: Path; readonly insideRace: boolean }> {
  for (const [index, step] of steps.entries()) {
    const at = [...path, index]
    yield { step, path: at, insideRace }
    const races = insideRace || ('parallel' in step && (step.mode === 'race' || step.mode === 'quorum'))
    for (const [key, inner] of childrenOf(step)) yield* stepsWithPaths(inner, [...at, key], races)
  }
}
