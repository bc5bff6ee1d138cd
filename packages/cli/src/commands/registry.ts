import { EXIT } from '../lib/exit-code.ts'
import type { Define } from '../lib/own-commands.ts'
import { addCommonFlags } from '../lib/program.ts'
import { type Added, type AddOptions, addSource, removeSource, updateSource } from '../lib/registry-sources.ts'
import { renderAdded, renderRegistered, renderSource, renderSources } from '../render/registry.ts'

export const define: Define = (command, session) => {
  command.usage('COMMAND...').helpCommand(false)
  const add = (name: string, summary: string) => addCommonFlags(command.command(name).description(summary))

  add('add', 'Read the plugins of a folder or a git address, or mount an MCP server')
    .usage('FOLDER | GIT-URL | --mcp NAME -- COMMAND...')
    .argument('[words...]', 'A folder, a git address, or with --mcp how the server is started')
    .option('--name <name>', 'What it is called here; else by its own name')
    .option('--mcp <name>', 'Mount an MCP server under this name; its tools become commands')
    .option('--env <variable...>', 'Variables of your environment that the server is given, by name')
    .action(async (words: readonly string[], options: AddOptions) => {
      const added = await addSource(session, words, options)
      session.answer({ data: added, text: (look) => renderAdded(added, look) })
    })

  add('list', 'List the plugins that are known, and where they come from').action(async () => {
    const registry = (await session.yard()).registry()
    const { plugins, problems } = registry.snapshot()
    const data = {
      plugins: [...plugins.values()].map(({ entries, ...plugin }) => ({
        ...plugin,
        health: registry.health(plugin.name),
        figures: registry.figures(plugin.name),
        offers: entries.length - 1,
      })),
      sources: registry.sources().map(({ problems: found, ...source }) => ({ ...source, problems: found.length })),
      problems,
    }
    session.answer({ data, text: (look) => renderSources(data, look) })
  })

  add('show', 'Show a plugin with what it offers, or a source with what could not be used')
    .argument('<name>', 'Of a plugin or a source')
    .action(async (name: string) => {
      const registry = (await session.yard()).registry()
      const source = registry.sources().find(({ id }) => id === name)
      const plugins = [...registry.snapshot().plugins.values()].filter((plugin) => plugin.source === name)
      if (source !== undefined && !plugins.some((plugin) => plugin.name === name)) {
        session.answer({ data: { ...source, plugins }, text: (look) => renderSource(source, plugins, look) })
        return
      }
      const plugin = registry.plugin(name)
      const data = { ...plugin, health: registry.health(name), figures: registry.figures(name), problems: source?.problems ?? [] }
      session.answer({ data, text: (look) => renderRegistered(data, look) })
    })

  add('remove', 'Forget a source and all that was read of it')
    .argument('<source>', 'As the list calls it')
    .action(async (id: string) => {
      const source = await removeSource(session, id)
      session.answer({ data: source, text: `Forgotten: ${source.id}, which came from ${source.location}` })
    })

  add('update', 'Read a source anew; all of them where none is named')
    .argument('[source]', 'As the list calls it')
    .action(async (id: string | undefined) => {
      const ids =
        id === undefined
          ? (await session.yard())
              .registry()
              .sources()
              .map((source) => source.id)
          : [id]
      const updated: Added[] = []
      const failed: { id: string; message: string }[] = []
      for (const one of ids) {
        try {
          updated.push(await updateSource(session, one))
        } catch (error) {
          if (id !== undefined) throw error
          failed.push({ id: one, message: error instanceof Error ? error.message : String(error) })
        }
      }
      const lines = failed.map((one) => `${one.id}: ${one.message}`)
      session.answer({
        data: { updated, failed },
        text: (look) => [...updated.map((one) => renderAdded(one, look)), ...lines].join('\n') || 'Nothing was added yet',
        exit: failed.length > 0 ? EXIT.failed : EXIT.done,
      })
    })
}
