import type { Capabilities, Entry, Registered } from './entry.ts'
import type { ForeignItem, ForeignPlugin } from './foreign.ts'

const NOTHING: Capabilities = { domains: [], contexts: [], patterns: [] }

/** A plugin of others, as the registry keeps it: found, named, and never run. */
export function registeredFromFiles(plugin: ForeignPlugin, source: string, name = plugin.name): Registered {
  const { summary, version, keywords, category, dependencies, items } = plugin
  const about = category === undefined ? {} : { category }
  const self: Entry = {
    id: name,
    kind: 'plugin',
    plugin: name,
    name,
    summary,
    keywords,
    examples: [],
    ...about,
    invoke: `In Claude Code: /plugin install ${plugin.name}@${source}`,
  }
  return {
    name,
    ...(version !== undefined && { version }),
    summary,
    capabilities: NOTHING,
    dependencies,
    origin: 'files',
    source,
    entries: [self, ...items.map((item) => entryOf(item, plugin, name))],
  }
}

function entryOf(item: ForeignItem, plugin: ForeignPlugin, registered: string): Entry {
  const { kind, name, summary, keywords, category = plugin.category, model, argumentHint, examples } = item
  return {
    id: `${registered}${kind === 'agent' ? '::' : ':'}${name}`,
    kind,
    plugin: registered,
    name,
    summary,
    keywords,
    examples,
    ...(category !== undefined && { category }),
    ...(model !== undefined && { model }),
    invoke:
      kind === 'agent'
        ? `In Claude Code: use the ${plugin.name}:${name} agent`
        : `In Claude Code: /${plugin.name}:${name}${argumentHint === undefined ? '' : ` ${argumentHint}`}`,
  }
}
