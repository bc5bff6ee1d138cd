import { z } from 'zod'
import { runText } from './render.ts'
import type { Run } from './run.ts'

/** A run as commands tell of it. */
export const runView = z.object({
  run: z.int().describe('Names it to deploy.resume, undo and history'),
  project: z.string().describe("The project's folder, absolute"),
  stack: z.string(),
  env: z.string(),
  target: z.string(),
  state: z.enum(['open', 'done', 'returned']).describe('open: under way, or ended half-way; returned: what ran before runs again'),
  services: z.array(
    z.object({
      service: z.string(),
      from: z.string().nullable().describe('The release that served before'),
      to: z.string().nullable(),
      slot: z.enum(['blue', 'green']),
      port: z.int().nullable().describe("Of the host's loopback"),
      wellForMs: z.number().nullable(),
      cut: z.int().describe('Requests that were cut off as their time was over'),
    }),
  ),
  same: z.array(z.string()).describe('Services that stayed as they were'),
  text: z.string(),
})
export type RunView = z.output<typeof runView>

export function viewOf(run: Run): RunView {
  const { plan, facts } = run
  return {
    run: run.run,
    project: run.project,
    stack: plan.stack,
    env: plan.env,
    target: plan.target,
    state: run.state,
    services: plan.services.map(({ service, from, to }) => ({
      service,
      from: from?.release ?? null,
      to: facts[service]?.release ?? to.release ?? null,
      slot: to.slot,
      port: facts[service]?.ports?.[to.slot] ?? null,
      wellForMs: facts[service]?.gate?.wellForMs ?? null,
      cut: facts[service]?.cut ?? 0,
    })),
    same: [...plan.same],
    text: runText(run),
  }
}
