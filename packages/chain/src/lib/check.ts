import type { ChainsOptions, CheckResult } from './chain.ts'
import { type ChainDefinition, chainSchema } from './definition.ts'

export function checkChain(definition: ChainDefinition | string, _options: ChainsOptions): CheckResult {
  const result = chainSchema.safeParse(definition)
  if (result.success) return { problems: [], definition: result.data, missingCommands: [] }
  return {
    problems: result.error.issues.map(({ message, path }) => ({
      severity: 'error',
      code: 'SHAPE',
      message,
      path: path as (string | number)[],
    })),
    missingCommands: [],
  }
}
