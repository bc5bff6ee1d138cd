import type { Define } from '../lib/own-commands.ts'
import { renderPlugins } from '../render/plugins.ts'

export const define: Define = (command, session) => {
  command.action(async () => {
    const [plugins, { readLives }] = await Promise.all([session.outlines(), import('@switchyard/yard/lives')])
    const names = plugins.map(({ name, commands }) => ({ name, commands: commands.map(({ id }) => id) }))
    const lives = readLives(session.dir, names)
    const data = plugins.map((plugin) => ({ ...plugin, ...lives?.get(plugin.name) }))
    session.answer({ data, text: (look) => renderPlugins(data, look) })
  })
}
