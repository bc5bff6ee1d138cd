export { ruleReference } from './lib/validate/reference.ts'
