import { join } from 'node:path'
import type { Capabilities, Entry, Registered } from './entry.ts'
import type { ForeignItem, ForeignPlugin } from './foreign.ts'
import type { Source } from './sources.ts'

const NOTHING: Capabilities = { domains: [], contexts: [], patterns: [] }

/** A plugin of others, as the registry keeps it: found, named, and never run. */
export function registeredFromFiles(plugin: ForeignPlugin, source: Pick<Source, 'id' | 'folder'>, name = plugin.name): Registered {
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
    invoke: howToGet(plugin, source),
  }
  return {
    name,
    ...(version !== undefined && { version }),
    summary,
    capabilities: NOTHING,
    dependencies,
    origin: 'files',
    source: source.id,
    entries: [self, ...items.map((item) => entryOf(item, plugin, name))],
  }
}

/** Only a marketplace can be installed from; anything else Claude Code is started with, or in. */
function howToGet({ name, marketplace, path = '', isProject }: ForeignPlugin, { folder = '' }: Pick<Source, 'folder'>): string {
  if (marketplace !== undefined) return `In Claude Code: /plugin install ${name}@${marketplace}`
  return isProject === true ? `In Claude Code: start it in ${folder}` : `In Claude Code: start it with --plugin-dir ${join(folder, path)}`
}

function entryOf(item: ForeignItem, plugin: ForeignPlugin, registered: string): Entry {
  const { kind, name, within, summary, keywords, category = plugin.category, model, argumentHint, examples } = item
  const own = within === undefined ? name : `${within}:${name}`
  const typed = plugin.isProject === true ? own : `${plugin.name}:${own}`
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
