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
  const { kind, name, within, summary, keywords, category = plugin.category, model, argumentHint, examples } = item
  const own = within === undefined ? name : `${within}:${name}`
  const typed = `${plugin.name}:${own}`
  return {
    id: `${registered}${kind === 'agent' ? '::' : ':'}${own}`,
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
        ? `In Claude Code: use the ${typed} agent`
        : `In Claude Code: /${typed}${argumentHint === undefined ? '' : ` ${argumentHint}`}`,
  }
}
