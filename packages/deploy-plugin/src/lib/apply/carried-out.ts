import type { Context, Plan } from '@switchyard/plugin-kit'
import type { Planned } from './carry-out.ts'
import { type RunView, viewOf } from './view.ts'

/** How a command is planned, done and taken back whose whole work is one run. */
export const carriedOut = <input extends { readonly confirm?: string | undefined }>(
  planFor: (input: input, ctx: Context) => Promise<Planned>,
) => ({
  async plan(input: input, ctx: Context): Promise<Plan> {
    const [{ planText }, { plan }] = await Promise.all([import('./plan-text.ts'), planFor(input, ctx)])
    return planText(plan)
  },
  undo: ({ run, project, env }: RunView) => ({ command: 'deploy.undo', input: { run, project, env } }),
  async run(input: input, ctx: Context): Promise<RunView> {
    const { carryOut } = await import('./carry-out.ts')
    return viewOf(await carryOut(input.confirm, ctx, () => planFor(input, ctx)))
  },
})
