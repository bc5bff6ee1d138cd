import { z } from 'zod'

/** What a rehearsal came to, and everything that a release would leave. */
const rehearsalFacts = z.object({
  ok: z.boolean().describe('Whether the release would have been made'),
  error: z.object({ code: z.string(), message: z.string(), next: z.string().nullable() }).nullable().describe('What stopped it'),
  plan: z.string().describe('Id of the plan that was rehearsed'),
  version: z.string().nullable(),
  steps: z.array(z.object({ id: z.string(), says: z.string(), noWayBack: z.string().nullable() })),
  files: z.array(z.object({ path: z.string(), added: z.int(), removed: z.int(), diff: z.string() })),
  commits: z.array(z.object({ id: z.string(), author: z.string(), message: z.string() })),
  tags: z.array(z.object({ name: z.string(), isAnnotated: z.boolean(), message: z.string() })),
  pushed: z.array(z.string()).describe('Refs that arrived in the stand-in for the remote'),
  artifacts: z
    .array(z.object({ name: z.string(), version: z.string(), tag: z.string(), bytes: z.int() }))
    .describe('Packages that arrived in the stand-in for the registry'),
  forge: z.array(z.object({ repository: z.string(), tag: z.string(), title: z.string(), draft: z.boolean(), prerelease: z.boolean() })),
  notes: z.array(z.string()).describe('What the rehearsal leaves out'),
})
export type RehearsalFacts = z.output<typeof rehearsalFacts>

export const rehearsal = rehearsalFacts.extend({ text: z.string().describe('The same for people') })
export type Rehearsal = z.output<typeof rehearsal>
