export { livesOf, type PluginLife, type PluginNames } from './lib/lives.ts'
