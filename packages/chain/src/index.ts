export { type ChainBuilder, defineChain, type Given, type Reference } from './lib/builder.ts'
export type {
  CallOptions,
  ChainEvent,
  ChainReport,
  ChainSpan,
  ChainState,
  ChainSummary,
  Chains,
  ChainsOptions,
  CheckResult,
  CommandFacts,
  Cost,
  DeadLetter,
  ListOptions,
  NotUndone,
  OwnerOptions,
  PlannedStep,
  Problem,
  RunLimits,
  StartOptions,
  StepReport,
  StepState,
  UndoState,
  Verdict,
  WaitOptions,
  WaitReport,
  WorstCase,
} from './lib/chain.ts'
export { createChains } from './lib/create-chains.ts'
export type { ChainDefinition, Duration, InputField, Step } from './lib/definition.ts'
export { drawChain, type GraphLine, type Mark, mermaidOf } from './lib/graph.ts'
export { libraryNames, libraryText, parseChain } from './lib/library.ts'
export { chainReference } from './lib/reference.ts'
