import type { Define } from '../lib/own-commands.ts'
import { renderValue } from '../render/value.ts'

export const define: Define = (command, session) => {
  command.argument('<plan>', 'A plan that is done; switchyard plans lists them')
  command.action(async (planId: string) => {
    const yard = await session.yard()
    const result = await yard.undo(planId, { signal: session.signal, onProgress: session.progress })
    session.answer({ data: result, text: (look) => renderValue(result, look) })
  })
}
