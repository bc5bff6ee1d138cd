import type { Plugin } from '@switchyard/plugin-kit'
import type { Entry, Registered } from './entry.ts'
import { cleanText } from './text.ts'

/** A plugin that runs on the bus, as the registry keeps it; `definePlugin` has checked it. */
export function registeredOf(plugin: Plugin, mount?: { readonly source: string }): Registered {
  const { name, version, summary, capabilities = {}, dependencies = {}, agents = [], commands } = plugin
  const { domains = [], contexts = [], patterns = [] } = capabilities
  const keywords = [...domains, ...contexts, ...patterns]
  const [current] = name.split('@')
  const isOlder = current !== name
  const invoke = isOlder ? `Only by plugins that depend on ${current} ${version}` : `switchyard ${name} --help`
  const self: Entry = { id: name, kind: 'plugin', plugin: name, name, summary, keywords, examples: [], invoke }
  return {
    name,
    version,
    ...(isOlder && { versionOf: current! }),
    summary,
    capabilities: { domains, contexts, patterns },
    // What it may call is no need: it does without where that is not here. What it depends on is one.
    dependencies: Object.entries(dependencies).map(([other, range]) => ({ name: other, range })),
    origin: mount === undefined ? 'own' : 'mcp',
    ...(mount !== undefined && { source: mount.source }),
    entries: [
      self,
      ...Object.entries(commands)
        .filter(([, { internal }]) => internal !== true && !isOlder)
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
