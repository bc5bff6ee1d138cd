import type { Define } from '../lib/own-commands.ts'
import { renderPlugins } from '../render/plugins.ts'

export const define: Define = (command, session) => {
  command.action(async () => {
    // Every schema is used once here, so zod would compile them for nothing.
    const { config } = await import('zod')
    config({ jitless: true })
    const plugins = await session.plugins()
    session.answer({
      data: plugins.map(({ name, version, summary, commands }) => ({
        name,
        version,
        summary,
        commands: Object.entries(commands).map(([id, { summary: about, effect, examples }]) => ({
          id: `${name}.${id}`,
          summary: about,
          effect,
          examples,
        })),
      })),
      text: (look) => renderPlugins(plugins, look),
    })
  })
}
