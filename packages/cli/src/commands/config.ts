import { configJsonSchema } from '@switchyard/yard/config'
import type { Define } from '../lib/own-commands.ts'
import { renderConfig } from '../render/config.ts'

export const define: Define = (command, session) => {
  command.option('--schema', 'Print the JSON schema of switchyard.config.json, for editors')
  command.action(async () => {
    if (command.opts<{ schema?: boolean }>().schema === true) {
      const schema = configJsonSchema()
      session.answer({ data: schema, text: JSON.stringify(schema, null, 2) })
      return
    }
    const { entries } = await session.config()
    session.answer({ data: entries, text: (look) => renderConfig(entries, look) })
  })
}
