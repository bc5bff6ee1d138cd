import { withoutSecrets } from '@switchyard/yard/config'
import type { Define } from '../lib/own-commands.ts'
import { askingChains, undoableChains } from '../lib/run-chain.ts'
import { renderPlanList } from '../render/plan.ts'

export const define: Define = (command, session) => {
  command.action(async () => {
    const yard = await session.yard()
    const plans = yard.plans()
    const opened = await yard.chains()
    const chains = [...askingChains(opened), ...undoableChains(opened)]
    session.answer({
      data: [...plans.map((plan) => ({ ...plan, input: withoutSecrets(plan.input) })), ...chains],
      text: (look) => renderPlanList(plans, chains, look),
    })
  })
}
