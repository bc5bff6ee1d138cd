import { asSwitchyardError, SwitchyardError } from '@switchyard/contracts'
import type { Fit } from './fit.ts'

/** The next step where only the plugin's author can mend it. */
const REPORT = 'report this to the author of the plugin'

export const unknownCommand = (commandId: string): SwitchyardError =>
  new SwitchyardError('UNKNOWN_COMMAND', `Cannot run "${commandId}" as no plugin here has such a command`, {
    data: { command: commandId },
    next: 'switchyard plugins',
  })

export const budgetExceeded = (parts: readonly { readonly text: string; readonly command: string }[], fit: Fit): SwitchyardError => {
  const { limits, estimate, leftOut } = fit
  const rest = parts.filter((_, index) => !leftOut.includes(index)).map(({ text }) => text)
  const { budgetUsd, maxMinutes } = limits
  const allowed = [
    ...(budgetUsd === undefined ? [] : [`cost no more than $${budgetUsd}`]),
    ...(maxMinutes === undefined ? [] : [`take no longer than ${maxMinutes} min`]),
  ]
  const takes = [
    ...(budgetUsd === undefined ? [] : [`cost $${estimate.costUsd.toFixed(2)}`]),
    ...(maxMinutes === undefined ? [] : [`take ${Number((estimate.durationMs / 60_000).toPrecision(2))} min`]),
  ]
  return new SwitchyardError(
    'BUDGET_EXCEEDED',
    `Cannot do that as it must ${allowed.join(' and ')}: it is likely to ${takes.join(' and ')}`,
    {
      data: { ...fit, fits: rest },
      next:
        rest.length === 0
          ? 'allow more: no part of it is within that'
          : `leave something out: ${rest.map((text) => `"${text}"`).join(', ')} fits`,
    },
  )
}

export const duplicatePlugin = (name: string): SwitchyardError =>
  new SwitchyardError('MANIFEST_INVALID', `Cannot open the yard as every plugin needs a name of its own: "${name}" is there twice`, {
    data: { plugin: name },
    next: 'take one of the two out of plugins in switchyard.config.json',
  })

export const unmetDependencies = (problems: readonly { readonly plugin: string; readonly message: string }[]): SwitchyardError =>
  new SwitchyardError(
    'PLUGIN_DEPENDENCIES',
    `Cannot open the yard as what its plugins depend on must be there:\n${problems.map(({ message }) => `  ${message}`).join('\n')}`,
    { data: { problems }, next: 'add or update those plugins in switchyard.config.json' },
  )

export const sharedVersions = (name: string, versions: readonly string[]): SwitchyardError =>
  new SwitchyardError(
    'MANIFEST_INVALID',
    `Cannot open the yard as a plugin with tables or shared state can be there once only: "${name}" is there as ${versions.join(' and ')}`,
    { data: { plugin: name, versions }, next: 'take all but one out of plugins in switchyard.config.json' },
  )

export const reservedName = (name: string): SwitchyardError =>
  new SwitchyardError('MANIFEST_INVALID', `Cannot open the yard as a plugin needs a name that is free: "${name}" is Switchyard's own`, {
    data: { plugin: name },
    next: REPORT,
  })

export const invalidGuards = (plugin: string, mistakes: readonly Mistake[]): SwitchyardError =>
  new SwitchyardError(
    'MANIFEST_INVALID',
    `Cannot open the yard as the guard settings of plugin "${plugin}" must be right: ${listed(mistakes)}`,
    {
      data: { plugin, mistakes },
      next: REPORT,
    },
  )

export const invalidInput = (commandId: string, mistakes: readonly Mistake[]): SwitchyardError =>
  new SwitchyardError('VALIDATION', `Cannot run "${commandId}" as its input must fit: ${listed(mistakes)}`, {
    data: { command: commandId, mistakes },
    next: `switchyard ${commandId.replaceAll('.', ' ')} --help`,
  })

export const invalidOutput = (commandId: string, mistakes: readonly Mistake[]): SwitchyardError =>
  new SwitchyardError('HANDLER_ERROR', `Cannot return the result of "${commandId}" as it must fit its output schema: ${listed(mistakes)}`, {
    data: { command: commandId, mistakes },
    next: REPORT,
  })

export const invalidPlan = (commandId: string, mistakes: readonly Mistake[]): SwitchyardError =>
  new SwitchyardError('HANDLER_ERROR', `Cannot show what "${commandId}" would do as its plan must say so: ${listed(mistakes)}`, {
    data: { command: commandId, mistakes },
    next: REPORT,
  })

export const invalidEvent = (topic: string, plugin: string, mistakes: readonly Mistake[]): SwitchyardError =>
  new SwitchyardError('VALIDATION', `Cannot publish to "${topic}" as the payload of plugin "${plugin}" must fit: ${listed(mistakes)}`, {
    data: { topic, plugin, mistakes },
    next: REPORT,
  })

export const undeclaredTopic = (topic: string, plugin: string): SwitchyardError =>
  new SwitchyardError('FORBIDDEN', `Cannot publish to "${topic}" as plugin "${plugin}" must list it in publishes`, {
    data: { topic, plugin },
    next: REPORT,
  })

export const nothingToPlan = (commandId: string): SwitchyardError =>
  new SwitchyardError('NOTHING_TO_PLAN', `Cannot plan "${commandId}" as it must change something: it only reads`, {
    data: { command: commandId },
    next: `switchyard ${commandId.replaceAll('.', ' ')}`,
  })

export const planUnknown = (planId: string): SwitchyardError =>
  new SwitchyardError('PLAN_UNKNOWN', `Cannot find the plan "${planId}" as it must have been made in this workspace`, {
    data: { plan: planId },
    next: 'switchyard plans',
  })

export const planStale = (planId: string, freshId: string): SwitchyardError =>
  new SwitchyardError(
    'PLAN_STALE',
    `Cannot run "${planId}" as it must still be what would happen: things changed, and "${freshId}" says what would happen now`,
    {
      data: { plan: planId, fresh: freshId },
      next: `switchyard plans, then switchyard approve ${freshId}`,
    },
  )

export const handlerFailed = (commandId: string, error: unknown): SwitchyardError => {
  const { message } = asSwitchyardError(error)
  return new SwitchyardError('HANDLER_ERROR', `Cannot finish "${commandId}" as its own code failed: ${message}`, {
    data: { command: commandId },
    cause: error,
    next: REPORT,
  })
}

export const readOnly = (method: string, source: string): SwitchyardError =>
  new SwitchyardError(
    'READ_ONLY',
    `Cannot call "${method}" as what only reads, or only plans, must call nothing that changes something: "${source}" did`,
    {
      data: { method, source },
    },
  )

export const planUsed = (planId: string, state: string): SwitchyardError =>
  new SwitchyardError('PLAN_USED', `Cannot approve "${planId}" as a plan runs once and must be waiting: it is ${state}`, {
    data: { plan: planId, state },
    next:
      state === 'interrupted' ? 'look at how far it came, then ask for it again: the new plan says what is left to do' : 'switchyard plans',
  })

export const notDiscardable = (planId: string, state: string): SwitchyardError =>
  new SwitchyardError('PLAN_USED', `Cannot discard "${planId}" as it must be waiting: it is ${state}`, {
    data: { plan: planId, state },
    next: 'switchyard plans',
  })

export const notUndoable = (planId: string, why: string, next = 'switchyard plans'): SwitchyardError =>
  new SwitchyardError('NOT_UNDOABLE', `Cannot undo "${planId}" as ${why}`, { data: { plan: planId }, next })

export const unknownImport = (plugin: string, namespace: string, owner: string): SwitchyardError =>
  new SwitchyardError('MANIFEST_INVALID', `Cannot load plugin "${plugin}" as "${owner}" must export "${namespace}" to it: it does not`, {
    data: { plugin, namespace, owner },
    next: `update "${owner}" or "${plugin}", so that they fit together; or take "${plugin}" out of plugins in switchyard.config.json`,
  })

export const unknownCaller = (source: string): SwitchyardError =>
  new SwitchyardError('FORBIDDEN', `Cannot run chains for "${source}" as it must be a plugin of this workspace: it is not`, {
    data: { source },
    next: 'switchyard plugins',
  })

export const notProposable = (command: string, source: string): SwitchyardError =>
  new SwitchyardError(
    'FORBIDDEN',
    `Cannot keep a plan of "${command}" for "${source}" as that must be a plugin which may call it: it may not`,
    {
      data: { command, source },
      next: `name the plugin of "${command}" in touches.plugins of "${source}"`,
    },
  )

export const unknownChain = (name: string, rule: string): SwitchyardError =>
  new SwitchyardError('CHAIN_UNKNOWN', `Cannot find the chain "${name}" as ${rule}: there is none`, {
    data: { chain: name },
    next: 'switchyard chain list',
  })

export const nothingAsked = (chain: string, state: string): SwitchyardError =>
  new SwitchyardError('NOT_WAITING', `Cannot answer the chain "${chain}" as it must wait for a person: it is ${state}`, {
    data: { chain, state },
    next: `switchyard chain show ${chain}`,
  })

export const needsAnswer = (question: string): SwitchyardError =>
  new SwitchyardError('NEEDS_ANSWER', `Cannot go on as a person must answer: ${question}`, {
    data: { question },
    next: 'run it again in a terminal',
  })

export const unknownTrace = (id: string): SwitchyardError =>
  new SwitchyardError('TRACE_UNKNOWN', `Cannot bundle the run "${id}" as it must have been traced in this workspace`, {
    data: { trace: id },
    next: 'switchyard trace list',
  })

/** What does not fit a schema, and where. */
export interface Mistake {
  readonly path: string
  readonly message: string
}

function listed(mistakes: readonly Mistake[]): string {
  return mistakes.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('; ')
}
