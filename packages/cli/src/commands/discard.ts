import type { Define } from '../lib/own-commands.ts'

export const define: Define = (command, session) => {
  command.argument('<plan>', 'A plan that waits; switchyard plans lists them')
  command.action(async (planId: string) => {
    const yard = await session.yard()
    yard.discard(planId)
    session.answer({ data: { discarded: planId }, text: `${planId} is discarded; nothing was done` })
  })
}
