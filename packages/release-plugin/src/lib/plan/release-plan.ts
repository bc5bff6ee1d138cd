import { createHash } from 'node:crypto'
import { z } from 'zod'

/**
 * What a release will do, whole: `release.plan` makes it and writes nothing, `release.cut` does it and decides nothing.
 * It is plain data, so that it can be kept, shown, approved, and compared with what is found when it is done.
 */
export type ReleasePlan = z.output<typeof releasePlan>
/** One thing that gets a version of its own: the project, or in a monorepo with independent versions one package of it. */
export type PlannedRelease = z.output<typeof plannedRelease>
/** One file as it must be found, and as it will be. */
export type FileEdit = z.output<typeof fileEdit>
/** One thing to do for the world outside, after commit and tag and before the push. */
export type PublishStep = z.output<typeof publishStep>
/** One commit, and what it asks for. */
export type Reason = z.output<typeof reason>
/** One answer to "may this be released?". */
export type ReadinessCheck = z.output<typeof readinessCheck>

/** How far a version moves. `none`: nothing since the last release asks for one. */
const BUMPS = ['major', 'minor', 'patch', 'prerelease', 'none'] as const
export type Bump = (typeof BUMPS)[number]

const fileEdit = z.object({
  path: z.string().describe('Relative to the root of the repository, with slashes'),
  before: z.string().nullable().describe('SHA-256 of the bytes that must be found, as hex; null where no file may be'),
  after: z.string().describe('The whole text that it will hold, UTF-8'),
  diff: z.string().describe('Unified, for people'),
})

const reason = z.object({
  commit: z.string().describe('Full id'),
  subject: z.string().describe('First line, with control characters shown as escapes'),
  type: z.string().nullable().describe('Of the Conventional Commit, such as feat; null where it is none'),
  scope: z.string().nullable(),
  breaking: z.boolean(),
  author: z.string(),
  asks: z.enum(BUMPS),
  why: z.string().describe('One sentence: why it asks for that'),
})

const npmStep = z.object({
  kind: z.literal('npm'),
  id: z.string().describe('Stable in one plan, such as npm:@scope/name'),
  path: z.string().describe('Folder of the package relative to the root of the repository; "." is the root'),
  name: z.string(),
  version: z.string(),
  distTag: z.string().describe('latest, or the pre-release channel'),
  access: z.enum(['public', 'restricted']).optional(),
  provenance: z.boolean(),
  registry: z.string().optional(),
})

const forgeStep = z.object({
  kind: z.enum(['github', 'gitea']),
  id: z.string(),
  url: z.string().describe('Root of the API, such as https://api.github.com'),
  repository: z.string().describe('owner/name'),
  tag: z.string(),
  title: z.string(),
  notes: z.string().describe('Markdown'),
  prerelease: z.boolean(),
  draft: z.boolean(),
})

const commandStep = z.object({
  kind: z.literal('command'),
  id: z.string(),
  path: z.string().describe('Folder that it runs in, relative to the root of the repository'),
  argv: z.array(z.string()).min(1).describe('Program and arguments; no shell reads them'),
  undo: z.array(z.string()).min(1).optional().describe('Program and arguments that take it back; absent where nothing does'),
})

const publishStep = z.discriminatedUnion('kind', [npmStep, forgeStep, commandStep])

const readinessCheck = z.object({
  id: z.string().describe('Of the policy table, such as health.score'),
  title: z.string().describe('What is true where it passes'),
  status: z.enum(['pass', 'warn', 'fail', 'unknown']).describe('fail alone stops a release'),
  found: z.string().describe('What is the case'),
  mend: z.string().optional().describe('What to do; absent where it passes'),
})

const plannedRelease = z.object({
  name: z.string().describe('Of the package or project'),
  path: z.string().describe('Its folder relative to the root of the repository; "." is the root'),
  from: z.string().nullable().describe('The last released version; null before the first'),
  to: z.string(),
  bump: z.enum(BUMPS),
  channel: z.string().nullable().describe('Pre-release channel, such as beta; null for a release proper'),
  isLatest: z.boolean().describe('Whether no higher version is tagged, as one is when an older line gets a fix'),
  since: z.object({ tag: z.string(), commit: z.string() }).nullable().describe('The last release; null before the first'),
  tag: z.object({ name: z.string(), message: z.string() }).describe('Annotated; lines of the message may begin with "#"'),
  packages: z
    .array(z.object({ name: z.string(), path: z.string(), from: z.string(), to: z.string(), private: z.boolean() }))
    .describe('What takes this version: itself, and in a monorepo with fixed versions every workspace'),
  changelog: z.object({ path: z.string(), section: z.string().describe('Markdown below the heading of this version') }),
  reasons: z.array(reason).describe('Newest first; the first 200 of what asks for a bump, then the rest'),
  commits: z.int().min(0).describe('How many there are since the last release'),
})

export const releasePlan = z.object({
  format: z.literal(1),
  id: z.string().describe('SHA-256 of all but `text`, so that what was approved is what is done'),
  root: z.string().describe('Root of the repository, absolute'),
  path: z.string().describe('Folder of the project relative to the root; "." is the root'),
  date: z.string().describe('YYYY-MM-DD, as the changelog says it'),
  mode: z.enum(['single', 'fixed', 'independent']),
  head: z.string().describe('The commit it was planned on'),
  branch: z.string().nullable().describe('null where HEAD is detached'),
  remote: z.string().nullable().describe('Name of the remote that a push goes to; null where there is none'),
  version: z.object({ from: z.string().nullable(), to: z.string() }).nullable().describe('Of the first release; null where there is none'),
  releases: z.array(plannedRelease).describe('Empty where nothing is to be released'),
  files: z.array(fileEdit).describe('All edits, changelogs among them; none is named twice'),
  commit: z.object({ message: z.string() }),
  tests: z
    .object({ path: z.string(), argv: z.array(z.string()).min(1) })
    .nullable()
    .describe('What must succeed before anything is done'),
  publish: z.array(publishStep).describe('In this order'),
  readiness: z.object({ ready: z.boolean(), checks: z.array(readinessCheck) }),
  warnings: z.array(z.string()),
  text: z.string().describe('The plan for people, 80 columns wide'),
})

/** The id of a plan: equal for equal plans. */
export function planId({ id: _id, text: _text, ...rest }: ReleasePlan): string {
  return createHash('sha256').update(JSON.stringify(rest)).digest('hex')
}
