import { z } from 'zod'
import type { Cut } from './journal.ts'
import { renderCut } from './render-cut.ts'

/** A cut as commands tell of it: without the plan's texts. */
const cutFacts = z.object({
  cut: z.string().describe('Names it to release.status, undo, resume and publish'),
  state: z.enum(['open', 'done', 'undone']).describe('open: under way, or ended half-way; resume completes it, undo takes it back'),
  project: z.string().describe('Root of the repository, absolute'),
  version: z.string().nullable().describe('Of the first release'),
  releases: z.array(z.object({ name: z.string(), version: z.string(), tag: z.string() })),
  begun: z.string().describe('ISO 8601'),
  branch: z.string().nullable(),
  commit: z.string().nullable().describe('null before it is made'),
  files: z.array(z.string()),
  pushed: z.enum(['no', 'maybe', 'yes']),
  published: z.array(z.object({ step: z.string(), state: z.enum(['no', 'maybe', 'yes']), url: z.string().nullable() })),
  next: z.string().nullable().describe('What to type next; null where nothing is left to do'),
})
export type CutFacts = z.output<typeof cutFacts>

export const cutView = cutFacts.extend({ text: z.string().describe('The same for people') })
export type CutView = z.output<typeof cutView>

export function viewOf({ id, state, plan, startedMs, commit, push, pushed, published }: Cut): CutView {
  const facts: CutFacts = {
    cut: id,
    state,
    project: plan.root,
    version: plan.releases[0]?.to ?? null,
    releases: plan.releases.map(({ name, to, tag }) => ({ name, version: to, tag: tag.name })),
    begun: new Date(startedMs).toISOString(),
    branch: plan.branch,
    commit: commit ?? null,
    files: plan.files.map(({ path }) => path),
    pushed,
    published: plan.publish.map((step) => ({
      step: step.id,
      state: published[step.id]?.state ?? 'no',
      url: published[step.id]?.url ?? null,
    })),
    next: nextOf(state, push, pushed, plan.remote),
  }
  return { ...facts, text: renderCut(facts) }
}

function nextOf(state: Cut['state'], push: boolean, pushed: Cut['pushed'], remote: string | null): string | null {
  if (state === 'open') return 'switchyard release resume, or switchyard release undo'
  if (state === 'done' && !push && pushed === 'no' && remote !== null) return 'switchyard release publish'
  return null
}
