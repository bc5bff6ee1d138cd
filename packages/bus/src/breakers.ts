export { type BreakerRecord, readBreakers } from './lib/breaker-table.ts'
