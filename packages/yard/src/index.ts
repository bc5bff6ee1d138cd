export type { Finding } from './lib/doctor.ts'
export type { CommandInfo, Decision, DecisionPart, PlannedRun, RunOptions, Yard, YardOptions } from './lib/yard.ts'
