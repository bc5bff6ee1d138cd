import { SwitchyardError } from '@switchyard/contracts'
import type { ChainState, Cost, Problem, RunLimits } from './chain.ts'

export const invalidChain = (name: string, problems: readonly Problem[]): SwitchyardError =>
  new SwitchyardError(
    'CHAIN_INVALID',
    `Cannot run the chain "${name}" as it must be right:\n${problems.map((problem) => `  ${placeOf(problem)}${problem.message}`).join('\n')}`,
    { data: { chain: name, problems }, next: 'switchyard chain check FILE' },
  )

function placeOf({ line, column, path }: Problem): string {
  if (line !== undefined) return `${line}:${column}: `
  return path.length === 0 ? '' : `${path.join('.')}: `
}

export const invalidInput = (name: string, mistakes: readonly string[]): SwitchyardError =>
  new SwitchyardError('CHAIN_INPUT', `Cannot run the chain "${name}" as its input must fit: ${mistakes.join('; ')}`, {
    data: { chain: name, mistakes },
  })

export const unknownChain = (name: string, found: string): SwitchyardError =>
  new SwitchyardError('CHAIN_UNKNOWN', `Cannot find the chain "${name}" as it must be known here: ${found}`, {
    data: { chain: name },
    next: 'switchyard chain list',
  })

export const chainEnded = (id: string, state: ChainState): SwitchyardError =>
  new SwitchyardError('CHAIN_ENDED', `Cannot cancel "${id}" as it must not have ended: it is ${state}`, {
    data: { chain: id, state },
    next: `switchyard chain show ${id}`,
  })

export const notRetryable = (id: string, found: string, next: string): SwitchyardError =>
  new SwitchyardError('NOT_RETRYABLE', `Cannot retry "${id}" as something of it must stand that can go on: ${found}`, {
    data: { chain: id },
    next,
  })

export const notWaiting = (id: string, found: string): SwitchyardError =>
  new SwitchyardError('NOT_WAITING', `Cannot answer "${id}" as one of its steps must wait for that: ${found}`, {
    data: { chain: id },
    next: `switchyard chain show ${id}`,
  })

export const changes = (name: string, command: string): SwitchyardError =>
  new SwitchyardError(
    'READ_ONLY',
    `Cannot run the chain "${name}" for a command that reads as all its steps must only read: "${command}" changes something`,
    {
      data: { chain: name, command },
    },
  )

export const notApproved = (id: string, path: string, plugin: string): SwitchyardError =>
  new SwitchyardError('FORBIDDEN', `Cannot answer "${path}" as a person must approve it: plugin "${plugin}" is none`, {
    data: { chain: id, step: path, plugin },
    next: `switchyard chain approve ${id} --step ${path}`,
  })

export const wrongAnswer = (path: string, rule: string, found: unknown): SwitchyardError =>
  new SwitchyardError('CHAIN_ANSWER', `Cannot answer "${path}" as ${rule}: it is ${JSON.stringify(found)}`, { data: { step: path } })

export const timedOut = (what: string, timeoutMs: number): SwitchyardError =>
  new SwitchyardError('TIMEOUT', `Cannot finish "${what}" as it must end within ${timeoutMs} ms: it did not`, {
    data: { step: what, timeoutMs },
  })

export const cancelled = (what: string): SwitchyardError =>
  new SwitchyardError('CANCELLED', `Cannot finish "${what}" as it must be wanted: it was cancelled`, { data: { step: what } })

export const cancelledByPerson = (id: string): SwitchyardError =>
  new SwitchyardError('CHAIN_CANCELLED', `Cannot finish "${id}" as it must be wanted: a person cancelled it`, { data: { chain: id } })

export const uncertain = (path: string): SwitchyardError =>
  new SwitchyardError('STEP_UNCERTAIN', `Cannot tell whether "${path}" ran as its process must have lived to say so: it died`, {
    data: { step: path },
  })

export const refused = (path: string, by: string | undefined): SwitchyardError =>
  new SwitchyardError(
    'REFUSED',
    `Cannot go on after "${path}" as it must be approved: ${by ?? 'it'} ${by === undefined ? 'was refused' : 'refused'}`,
    {
      data: { step: path, by },
    },
  )

interface Over {
  readonly over: keyof Cost
  readonly limits: RunLimits
  readonly spent: Cost
  readonly estimate: Cost
}

/** A step is not begun; what was done stands. */
export const overLimit = (id: string, path: string, found: Over): SwitchyardError => {
  const { over, limits, spent, estimate } = found
  const why =
    over === 'costUsd'
      ? `cost no more than ${usdText(limits.budgetUsd!)}: ${usdText(spent.costUsd)} is spent, and this is likely to cost ${usdText(estimate.costUsd)}`
      : `take no longer than ${timeText(limits.maxMs!)}: ${timeText(spent.durationMs)} are over, and this is likely to take ${timeText(estimate.durationMs)}`
  return new SwitchyardError('BUDGET_EXCEEDED', `Cannot begin "${path}" as the whole must ${why}`, {
    data: { step: path, limits, spent, estimate },
    next: `switchyard chain approve ${id} to go on, with as much again, or switchyard chain cancel ${id} to take back what was done`,
  })
}

const usdText = (usd: number): string => `$${usd.toFixed(usd > 0 && usd < 0.1 ? 4 : 2)}`

function timeText(ms: number): string {
  if (ms < 1_000) return `${Math.ceil(ms)} ms`
  return ms < 120_000 ? `${Math.ceil(ms / 1_000)} s` : `${Math.ceil(ms / 60_000)} min`
}

export const missingCommand = (command: string): SwitchyardError =>
  new SwitchyardError('UNKNOWN_COMMAND', `Cannot run "${command}" as no plugin here has such a command`, {
    data: { command },
    next: 'switchyard plugins',
  })

export const mayNotCall = (command: string, plugin: string | undefined): SwitchyardError =>
  new SwitchyardError('FORBIDDEN', `Cannot call "${command}" in a chain as ${callerText(plugin)} must be allowed to: it is not`, {
    data: { command, plugin },
  })

/** Who calls, for people. */
export const callerText = (plugin: string | undefined): string => (plugin === undefined ? 'a person' : `plugin "${plugin}"`)

export const badStep = (path: string, rule: string): SwitchyardError =>
  new SwitchyardError('STEP_INPUT', `Cannot run "${path}" as ${rule}`, { data: { step: path } })

export const tooLarge = (characters: number): SwitchyardError =>
  new SwitchyardError('STEP_INPUT', `Cannot make a value as it must have at most ${characters} characters as JSON: it has more`)

export const notEnough = (path: string, wanted: number, found: number): SwitchyardError =>
  new SwitchyardError('NO_QUORUM', `Cannot finish "${path}" as ${wanted} of its steps must succeed: ${found} can`, {
    data: { step: path, wanted, found },
  })

export const tooManyRounds = (path: string, max: number): SwitchyardError =>
  new SwitchyardError('TOO_MANY_ROUNDS', `Cannot finish "${path}" as it must come true within ${max} rounds: it did not`, {
    data: { step: path, max },
  })

export const closed = (): SwitchyardError =>
  new SwitchyardError('CHAINS_CLOSED', 'Cannot go on with chains as they must be open: they were closed')
