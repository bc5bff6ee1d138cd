export type { CommitOptions, SqlParameters, SqlValue, Statement } from '@switchyard/contracts'
export { type Clock, isSwitchyardError, printable, SwitchyardError } from '@switchyard/contracts'
export { type ChainData, type ChainLine, type ChainOutcome, type ChainRehearsal, type ChainRequest, chains } from './lib/chains.ts'
export { type Command, command, type Plan, type PlanStep, type Resource, type Undo } from './lib/command.ts'
export type { CallOptions, Context, Log, Progress, PublishOptions, Question } from './lib/context.ts'
export { type Proposal, type ProposedPlan, plans } from './lib/plans.ts'
export {
  type Agent,
  type CommandRef,
  type Commands,
  commandOf,
  definePlugin,
  type LabelledRequest,
  type Plugin,
  type PluginDefinition,
  type Prompt,
  type PromptArgument,
} from './lib/plugin.ts'
export { registryChanges } from './lib/registry-changes.ts'
export { routingDecision } from './lib/routing-decision.ts'
export {
  type CompareOptions,
  crdt,
  defineState,
  type PluginState,
  type StateChange,
  type StateCounter,
  type StateDefinition,
  type StateDefinitionOptions,
  type StateField,
  type StateFields,
  type StateHandles,
  type StateKind,
  type StateList,
  type StateLock,
  type StateLockOptions,
  type StateMap,
  type StateRegister,
  type StateSet,
  type StateText,
  type StateUpDownCounter,
  type StateValueOptions,
  type StateWriteOptions,
  type Versioned,
} from './lib/state.ts'
export type { PluginStore } from './lib/store.ts'
export { defineTopic, type ListenContext, type Listener, on, type PayloadOf, type Topic } from './lib/topic.ts'
