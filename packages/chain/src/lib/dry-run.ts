import type { ChainsOptions, PlannedStep } from './chain.ts'
import type { FrozenChain } from './compiled.ts'

export async function planChain(
  _frozen: FrozenChain,
  _input: Readonly<Record<string, unknown>>,
  _options: ChainsOptions,
): Promise<readonly PlannedStep[]> {
  return []
}
