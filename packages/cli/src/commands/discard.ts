import { EXIT } from '../lib/exit-code.ts'
import type { Define } from '../lib/own-commands.ts'
import { followChain } from '../lib/run-chain.ts'

export const define: Define = (command, session) => {
  command.argument('<plan>', 'A plan or chain that waits; switchyard plans lists them')
  command.action(async (planId: string) => {
    const yard = await session.yard()
    if (planId.startsWith('c-')) {
      const chains = await yard.chains()
      await chains.cancel(planId)
      session.answer(await followChain(session, chains, planId, EXIT.done))
      return
    }
    yard.discard(planId)
    session.answer({ data: { discarded: planId }, text: `${planId} is discarded; nothing was done` })
  })
}
