import { withoutSecrets } from '@switchyard/yard/config'
import type { Define } from '../lib/own-commands.ts'
import { renderPlanList } from '../render/plan.ts'

export const define: Define = (command, session) => {
  command.action(async () => {
    const plans = (await session.yard()).plans()
    session.answer({
      data: plans.map((plan) => ({ ...plan, input: withoutSecrets(plan.input) })),
      text: (look) => renderPlanList(plans, look),
    })
  })
}
