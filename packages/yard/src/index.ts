export { configJsonSchema, defaultConfig, type YardConfig } from './lib/config.ts'
export type { Finding } from './lib/doctor.ts'
export { DATA_FOLDER, openYard } from './lib/open-yard.ts'
export type { CommandInfo, Decision, DecisionPart, PlannedRun, RunOptions, Yard, YardOptions } from './lib/yard.ts'
