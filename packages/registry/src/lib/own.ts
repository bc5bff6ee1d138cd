import type { Plugin } from '@switchyard/plugin-kit'
import type { Entry, Registered } from './entry.ts'
import { cleanText } from './text.ts'

/** A plugin that runs on the bus, as the registry keeps it; `definePlugin` has checked it. */
export function registeredOf(plugin: Plugin, mount?: { readonly source: string }): Registered {
  const { name, version, summary, capabilities = {}, agents = [], commands } = plugin
  const { domains = [], contexts = [], patterns = [] } = capabilities
  const keywords = [...domains, ...contexts, ...patterns]
  const self: Entry = { id: name, kind: 'plugin', plugin: name, name, summary, keywords, examples: [], invoke: `switchyard ${name} --help` }
  return {
    name,
    version,
    summary,
    capabilities: { domains, contexts, patterns },
    // What it may call is no need: it does without where that is not here.
    dependencies: [],
    origin: mount === undefined ? 'own' : 'mcp',
    ...(mount !== undefined && { source: mount.source }),
    entries: [
      self,
      ...Object.entries(commands)
        .filter(([, { internal }]) => internal !== true)
        .map(([id, command]): Entry => {
          const examples = command.examples.map((example) => cleanText(example, 200))
          const invoke = `switchyard ${name} ${id.replaceAll('.', ' ')}`
          return {
            id: `${name}.${id}`,
            kind: 'command',
            plugin: name,
            name: id,
            summary: cleanText(command.summary),
            keywords,
            examples,
            invoke,
          }
        }),
      ...agents.map((agent): Entry => {
        const invoke = `In Claude Code: use the ${name}:${agent.name} agent`
        return {
          id: `${name}::${agent.name}`,
          kind: 'agent',
          plugin: name,
          name: agent.name,
          summary: agent.summary,
          keywords,
          examples: [],
          invoke,
        }
      }),
    ],
  }
}
