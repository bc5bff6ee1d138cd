import type { Define } from '../lib/own-commands.ts'
import { renderValue } from '../render/value.ts'

export const define: Define = (command, session) => {
  command.argument('<plan>', 'Such as p-4kq7w2m; switchyard plans lists them')
  command.action(async (planId: string) => {
    const yard = await session.yard()
    const result = await yard.approve(planId, { signal: session.signal, onProgress: session.progress })
    const undoable = yard.plans().find(({ id }) => id === planId)?.undoable === true
    if (undoable && !session.json) session.note(`To take it back: switchyard undo ${planId}`)
    session.answer({ data: result, text: (look) => renderValue(result, look) })
  })
}
