export { checkReference } from './lib/health/reference.ts'
