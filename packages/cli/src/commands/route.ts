import { withoutSecrets } from '@switchyard/yard/config'
import { EXIT } from '../lib/exit-code.ts'
import type { Define } from '../lib/own-commands.ts'
import { renderDecision } from '../render/decision.ts'

export const define: Define = (command, session) => {
  command.argument('<request>', 'What you want done, in plain words')
  command.action(async (request: string) => {
    const decision = (await session.yard()).decide(request)
    session.answer({
      data: withoutSecrets(decision),
      text: (look) => renderDecision(decision, look),
      exit: decision.outcome === 'routed' ? EXIT.done : EXIT.noCommandFits,
    })
  })
}
