import type { BenchCase } from '../lib/bench.ts'
import { crossProcessCases } from './cross-process.ts'
import { durableCases } from './durable.ts'
import { inProcessCases } from './in-process.ts'
import { loadCases } from './load.ts'
import { startCases } from './start.ts'

/** Everything that the bus is measured by. */
export const busCases: readonly BenchCase[] = [...inProcessCases, ...crossProcessCases, ...durableCases, ...startCases, ...loadCases]
