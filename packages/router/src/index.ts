export type { Argument, ArgumentValue } from './lib/arguments/fill.ts'
export type { Candidate, SlotValues } from './lib/candidate.ts'
export { type Assignment, type Fitted, fitBudget, type Limits, type Saving } from './lib/classify/budget.ts'
export { type Classification, type Complexity, classify, type Task } from './lib/classify/classify.ts'
export { type Collaboration, collaborate, type Phase } from './lib/classify/collaborate.ts'
export { matchPlugins, type PluginHealth, type PluginMatch, type PluginProfile } from './lib/classify/match.ts'
export { PRICES, type PriceTable, TOKEN_PRICES } from './lib/classify/prices.ts'
export { MODEL_VERSION, parseRouter, serializeRouter } from './lib/codec.ts'
export { type CommandDescription, type CommandFacts, factsOf } from './lib/decision/command-facts.ts'
export { type Decided, type DecidedPart, type DecideOptions, decide, type Offered } from './lib/decision/decide.ts'
export type { Doubt } from './lib/decision/doubts.ts'
export {
  type DecisionEvaluation,
  type EvaluateOptions,
  evaluateDecisions,
  type LabelledRequest,
  type Miss,
} from './lib/decision/evaluate-decisions.ts'
export {
  type CommandFigures,
  type DecisionExplanation,
  type Estimate,
  estimateOf,
  explainDecision,
  type PartExplanation,
} from './lib/decision/explain-decision.ts'
export { spoken, stepName } from './lib/decision/when.ts'
export { type Evaluation, evaluateRouter, type LabelledSet, measureRouter, parseLabelledSet } from './lib/evaluate.ts'
export { type Evidence, type Explanation, explain } from './lib/explain.ts'
export { type RouterModel, withNames } from './lib/model.ts'
export { route } from './lib/route.ts'
export type { Outcome, Ranked, Reason, Routed, RouteOptions } from './lib/routed.ts'
export { type TrainOptions, trainRouter } from './lib/train.ts'
