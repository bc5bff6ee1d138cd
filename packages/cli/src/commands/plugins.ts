import type { Define } from '../lib/own-commands.ts'
import { renderPlugins } from '../render/plugins.ts'

export const define: Define = (command, session) => {
  command.action(async () => {
    const plugins = await session.outlines()
    session.answer({ data: plugins, text: (look) => renderPlugins(plugins, look) })
  })
}
