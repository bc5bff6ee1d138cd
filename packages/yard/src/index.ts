export { chainOf, inputOf } from './lib/chain-of.ts'
export { callsOf, isUndoable, leftByUndo, undoChain, undoOf } from './lib/chain-undo.ts'
export { configJsonSchema, defaultConfig, type YardConfig } from './lib/config.ts'
export { DATA_FOLDER } from './lib/data-folder.ts'
export type { Changed, LikelyEstimate, Replayed } from './lib/decide.ts'
export { withApproval } from './lib/director.ts'
export type { Finding } from './lib/doctor.ts'
export type { Elsewhere } from './lib/elsewhere.ts'
export { budgetExceeded } from './lib/errors.ts'
export { type Fit, runLimits } from './lib/fit.ts'
export { openYard } from './lib/open-yard.ts'
export { planOfSteps } from './lib/rehearsed.ts'
export { isLearnedFrom, learnRouter } from './lib/router-knowledge.ts'
export type { Member, Team } from './lib/team.ts'
export type { Asked, Asking } from './lib/traces.ts'
export type {
  Alternative,
  Answered,
  AskedByChain,
  AskOptions,
  ChainTalk,
  CommandInfo,
  Decision,
  DecisionPart,
  Director,
  FollowOptions,
  PlannedRun,
  RunOptions,
  Yard,
  YardOptions,
} from './lib/yard.ts'
