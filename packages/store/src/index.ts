export { type OpenStoreOptions, openStore } from './lib/open-store.ts'
export type { CommitOptions, SqlParameters, SqlValue, Statement, Store, StoreReport } from './lib/store.ts'
