import { SwitchyardError } from '@switchyard/contracts'

export const unknownTool = (name: string, known: readonly string[]): SwitchyardError =>
  new SwitchyardError('UNKNOWN_COMMAND', `Cannot call "${name}" as no tool here has that name`, {
    data: { tool: name },
    next: `one of: ${known.join(', ')}`,
  })

export const unknownMore = (command: string, known: readonly string[]): SwitchyardError =>
  new SwitchyardError('UNKNOWN_COMMAND', `Cannot run "${command}" as it must be one of the commands that are grouped here`, {
    data: { command },
    next: `one of: ${known.join(', ')}`,
  })

export const wrongArguments = (tool: string, message: string): SwitchyardError =>
  new SwitchyardError('VALIDATION', `Cannot call "${tool}" as its arguments must fit: ${message}`, { data: { tool } })

export const foreignPlan = (plan: string, command: string, source: string): SwitchyardError =>
  new SwitchyardError('PLAN_UNKNOWN', `Cannot use "${plan}" as it must be a plan of ${source}: it is one of "${command}"`, {
    data: { plan, command },
  })

export const planUnknown = (plan: string): SwitchyardError =>
  new SwitchyardError('PLAN_UNKNOWN', `Cannot find the plan "${plan}" as it must have been made in this workspace`, { data: { plan } })

export const noSuchResource = (uri: string): SwitchyardError =>
  new SwitchyardError('NOT_FOUND', `Cannot read "${uri}" as it must be one of the resources here`, { data: { uri } })

export const noSuchSpan = (span: string, run: string): SwitchyardError =>
  new SwitchyardError('NOT_FOUND', `Cannot show the span "${span}" as it must be one of the run "${run}"`, {
    data: { span, run },
    next: `director_trace_show {"id":"${run}"} lists them`,
  })

export const noSuchPrompt = (name: string): SwitchyardError =>
  new SwitchyardError('NOT_FOUND', `Cannot get "${name}" as it must be one of the prompts here`, { data: { prompt: name } })

export const promptNeeds = (name: string, missing: readonly string[]): SwitchyardError =>
  new SwitchyardError('VALIDATION', `Cannot get "${name}" as it needs ${missing.join(' and ')}`, { data: { prompt: name, missing } })

export const wrongCursor = (cursor: string): SwitchyardError =>
  new SwitchyardError('VALIDATION', `Cannot list from "${cursor}" as it must be a cursor that a list returned`, { data: { cursor } })

export const wrongReference = (reference: string): SwitchyardError =>
  new SwitchyardError('NOT_FOUND', `Cannot complete for "${reference}" as it must be a prompt or a resource's form that is listed`, {
    data: { reference },
  })

export const needsAnswer = (question: string): SwitchyardError =>
  new SwitchyardError('NEEDS_ANSWER', `Cannot go on as a person must answer: ${question}`, {
    data: { question },
    next: 'ask the person, then run it in a terminal, or from a client that can ask (MCP elicitation)',
  })

export const noPort = (port: number, reason: string): SwitchyardError =>
  new SwitchyardError('USAGE', `Cannot listen on port ${port} as it must be free: ${reason}`, {
    data: { port },
    next: 'take another port: switchyard mcp --http 0 finds one',
  })

export const planUsed = (plan: string, state: string): SwitchyardError =>
  new SwitchyardError('PLAN_USED', `Cannot use "${plan}" as a plan runs once and must be waiting: it is ${state}`, {
    data: { plan, state },
  })

export const notUndoable = (plan: string): SwitchyardError =>
  new SwitchyardError('NOT_UNDOABLE', `Cannot undo "${plan}" as it must be a plan of a command: it is one of the director's own`, {
    data: { plan },
    next: 'director_chain_list shows the chain that it began; chain.cancel takes back what that did',
  })

export const wantsAnswer = (chain: string, question: string, how: string): SwitchyardError =>
  new SwitchyardError('NEEDS_ANSWER', `Cannot go on with "${chain}" as a person must answer: ${question}`, {
    data: { chain, question },
    next: `put it to the person, then ${how}`,
  })
