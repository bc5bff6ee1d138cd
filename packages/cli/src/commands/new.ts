import type { Define } from '../lib/own-commands.ts'
import { scaffoldPlugin } from '../lib/scaffold.ts'
import { renderScaffold } from '../render/scaffold.ts'

export const define: Define = (command, session) => {
  command.usage('plugin NAME').helpCommand(false)
  const plugin = command
    .command('plugin')
    .summary('A plugin in TypeScript with its own test')
    .description('Write a plugin in TypeScript with its own test')
  plugin.argument('<name>', 'Such as greeter or team-chat').action(async (name: string) => {
    const others = await session.plugins()
    const made = scaffoldPlugin(
      session.dir,
      name,
      others.map((other) => other.name),
    )
    session.answer({ data: made, text: (look) => renderScaffold(made, look) })
  })
}
