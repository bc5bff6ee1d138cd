import { SwitchyardError } from '@switchyard/contracts'

export const serverDown = (name: string, reason: string, cause?: unknown): SwitchyardError =>
  new SwitchyardError('PLUGIN_DOWN', `Cannot reach "${name}" as its MCP server must run: ${reason}`, {
    data: { plugin: name },
    ...(cause !== undefined && { cause }),
    next: `switchyard registry show ${name}`,
  })

export const toolFailed = (name: string, tool: string, text: string): SwitchyardError =>
  new SwitchyardError('TOOL_FAILED', `Cannot finish "${tool}" of "${name}" as its server says: ${text === '' ? 'it failed' : text}`, {
    data: { plugin: name, tool },
  })

export const noTools = (name: string): SwitchyardError =>
  new SwitchyardError('REGISTRY_SOURCE', `Cannot add "${name}" as an MCP server must have tools: it lists none`, { data: { plugin: name } })
