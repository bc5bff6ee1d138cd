export { commentedConfig, withPlugin } from './lib/config-edit.ts'
