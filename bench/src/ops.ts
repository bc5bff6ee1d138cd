import type { BenchCase } from './lib/bench.ts'
import { healthCases } from './ops/health.ts'
import { issueCases } from './ops/issues.ts'
import { logSearchCases } from './ops/log-search.ts'

/** What the ops plugin promises, a file of cases for each of its capabilities. */
export const opsCases: readonly BenchCase[] = [...healthCases, ...issueCases, ...logSearchCases]
