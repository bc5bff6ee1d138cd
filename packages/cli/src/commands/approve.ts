import { approves, noteUndo } from '../lib/approval.ts'
import { EXIT } from '../lib/exit-code.ts'
import { personAt } from '../lib/host.ts'
import type { Define } from '../lib/own-commands.ts'
import { approvesChain, followChain } from '../lib/run-chain.ts'
import { renderValue } from '../render/value.ts'

export const define: Define = (command, session) => {
  command.argument('<plan>', 'Such as p-4kq7w2m; switchyard plans lists them. Or a chain that waits, such as c-4kq7w2m')
  command.option('--yes', 'Type no name, even where something is removed for good')
  command.action(async (planId: string, { yes = false }: { yes?: boolean }) => {
    const yard = await session.yard()
    const declined = { data: { needsApproval: planId }, text: 'Nothing was done', exit: EXIT.needsApproval }
    if (planId.startsWith('c-')) {
      const chains = await yard.chains()
      if (!yes && !(await approvesChain(session, chains, planId))) return session.answer(declined)
      await chains.answer(planId, { value: true, by: personAt(session.host) })
      session.answer(await followChain(session, chains, planId))
      return
    }
    const kept = yard.plans().find(({ id }) => id === planId)
    if (kept !== undefined && !yes && !(await approves(session, kept))) {
      return session.answer(declined)
    }
    const result = await yard.approve(planId, { signal: session.signal, onProgress: session.progress, by: personAt(session.host) })
    if (!session.json) noteUndo(session, yard, [planId])
    session.answer({ data: result, text: (look) => renderValue(result, look) })
  })
}
