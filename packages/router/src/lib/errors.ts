import { SwitchyardError } from '@switchyard/contracts'

export const candidateTwice = (id: string): SwitchyardError =>
  new SwitchyardError('ROUTER_CANDIDATE_TWICE', `Cannot train the router as ids must be unique: "${id}" stands for two commands`, {
    data: { id },
    next: 'remove one of the plugins that bring this command',
  })

export const tooManyCandidates = (count: number, most: number): SwitchyardError =>
  new SwitchyardError('ROUTER_TOO_MANY', `Cannot train the router as it takes at most ${most} commands: there are ${count}`, {
    data: { count, most },
  })

export const modelInvalid = (why: string, cause?: unknown): SwitchyardError =>
  new SwitchyardError('ROUTER_MODEL_INVALID', `Cannot read the router's model as it must be whole and of this version: ${why}`, {
    cause,
    next: 'train it again from the candidates',
  })

export const setInvalid = (problems: readonly string[]): SwitchyardError =>
  new SwitchyardError('ROUTER_SET_INVALID', `Cannot measure the set as it must be {name, intents, test}: ${problems.join('; ')}`, {
    data: { problems },
    next: 'docs/guide/route.md shows a set',
  })
