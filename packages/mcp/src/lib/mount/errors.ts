import { SwitchyardError } from '@switchyard/contracts'

export const serverDown = (name: string, reason: string, cause?: unknown, next = `switchyard registry show ${name}`): SwitchyardError =>
  new SwitchyardError('PLUGIN_DOWN', `Cannot reach "${name}" as its MCP server must run: ${reason}`, {
    data: { plugin: name },
    ...(cause !== undefined && { cause }),
    next,
  })

export const toolFailed = (name: string, tool: string, text: string, next?: string): SwitchyardError =>
  new SwitchyardError('TOOL_FAILED', `Cannot finish "${tool}" of "${name}" as its server says: ${text === '' ? 'it failed' : text}`, {
    data: { plugin: name, tool },
    ...(next !== undefined && { next }),
  })

/** No PLUGIN_DOWN, which is tried again: what the tool did before is not known. */
export const serverLeft = (name: string, tool: string, said: string): SwitchyardError =>
  new SwitchyardError('TOOL_FAILED', `Cannot finish "${tool}" of "${name}" as its server must stay until it answers: it ended${said}`, {
    data: { plugin: name, tool },
    next: 'look whether it was done: nobody can tell from here',
  })

export const noTools = (name: string): SwitchyardError =>
  new SwitchyardError('REGISTRY_SOURCE', `Cannot add "${name}" as an MCP server must have tools: it lists none`, { data: { plugin: name } })
