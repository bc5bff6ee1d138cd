export { isSwitchyardError, SwitchyardError } from '@switchyard/contracts'
export { type Command, command, type Plan, type PlanStep, type Undo } from './lib/command.ts'
export type { CallOptions, Context, Log, Progress, PublishOptions, Question } from './lib/context.ts'
export {
  type Agent,
  type CommandRef,
  type Commands,
  commandOf,
  definePlugin,
  type Plugin,
  type PluginDefinition,
} from './lib/plugin.ts'
export { defineTopic, type ListenContext, type Listener, on, type PayloadOf, type Topic } from './lib/topic.ts'
