import type { Complexity } from './classify.ts'

/** What a minute of each model costs, as of a day; a workspace may have its own table. */
export interface PriceTable {
  readonly asOf: string
  readonly models: Readonly<Record<string, number>>
  /** Which model a task of each complexity gets. */
  readonly choice: Readonly<Record<Complexity, string>>
  /** What a result costs that is in a cache. */
  readonly cachedUsd: number
}

export const PRICES: PriceTable = {
  asOf: '2026-11-01',
  models: { haiku: 0.001, sonnet: 0.005, opus: 0.01 },
  choice: { simple: 'haiku', moderate: 'sonnet', complex: 'opus' },
  cachedUsd: 0.01,
}
