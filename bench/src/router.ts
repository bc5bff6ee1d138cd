import type { BenchCase } from './lib/bench.ts'
import { registryCases } from './registry.ts'

/** From plain words to what does them: what is found first. */
export const routerCases: readonly BenchCase[] = [...registryCases]
