import { applyCases } from './deploy/apply.ts'
import { checkCases } from './deploy/check.ts'
import { validateCases } from './deploy/validate.ts'
import type { BenchCase } from './lib/bench.ts'

/** What the deploy plugin promises, a file of cases for each of its capabilities. */
export const deployCases: readonly BenchCase[] = [...validateCases, ...checkCases, ...applyCases]
