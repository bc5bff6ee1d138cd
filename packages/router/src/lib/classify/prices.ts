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

/** What models of a family cost for a million tokens, in US dollars, as of a day. */
export const TOKEN_PRICES: {
  readonly asOf: string
  readonly perMillion: Readonly<Record<string, { readonly inputUsd: number; readonly outputUsd: number }>>
} = {
  asOf: '2025-11-24',
  perMillion: {
    haiku: { inputUsd: 1, outputUsd: 5 },
    sonnet: { inputUsd: 3, outputUsd: 15 },
    opus: { inputUsd: 5, outputUsd: 25 },
  },
}
