export { type OpenStoreOptions, openStore } from './lib/open-store.ts'
export { hostIdentity, processExists } from './lib/processes.ts'
export type { CommitOptions, SqlParameters, SqlValue, Statement, Store, StoreReport } from './lib/store.ts'
