import { undoChain } from '@switchyard/yard'
import type { Define } from '../lib/own-commands.ts'
import { followChain } from '../lib/run-chain.ts'
import { renderValue } from '../render/value.ts'

export const define: Define = (command, session) => {
  command.argument('<plan>', 'A plan that is done, or a chain, such as c-4kq7w2m; switchyard plans lists them')
  command.action(async (planId: string) => {
    const yard = await session.yard()
    if (planId.startsWith('c-')) {
      const chains = await yard.chains()
      session.answer(await followChain(session, chains, await undoChain(chains, planId)))
      return
    }
    const result = await yard.undo(planId, { signal: session.signal, onProgress: session.progress })
    session.answer({ data: result, text: (look) => renderValue(result, look) })
  })
}
