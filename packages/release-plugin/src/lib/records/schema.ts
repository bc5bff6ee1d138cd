import { z } from 'zod'

export const RECORD_TYPES = ['major', 'minor', 'patch', 'prerelease'] as const

/** One release that was made, as commands tell of it. */
export const releaseRecord = z.object({
  id: z.int(),
  project: z.string().describe('Folder, relative to the workspace; "." is the workspace itself'),
  package: z.string().nullable().describe('Where packages of one project have versions of their own'),
  version: z.string(),
  type: z.enum(RECORD_TYPES),
  changelog: z.string().describe('Markdown'),
  files: z.array(z.string()).describe('Files whose version was changed'),
  tag: z.string().nullable(),
  commit: z.string().nullable(),
  createdAt: z.string(),
  exportedAt: z.string().nullable(),
  file: z.string().nullable().describe('Where it was exported to, relative to the project'),
  state: z.enum(['untagged', 'tagged', 'exported']),
})
export type ReleaseRecord = z.output<typeof releaseRecord>

/** The row as it is kept. */
export const recordRow = z.object({
  id: z.int(),
  project: z.string(),
  package: z.string(),
  version: z.string(),
  sort_key: z.string(),
  type: z.enum(RECORD_TYPES),
  changelog: z.string(),
  files_bumped: z.string(),
  git_tag: z.string().nullable(),
  commit_sha: z.string().nullable(),
  created_ms: z.int(),
  published_ms: z.int().nullable(),
  file_path: z.string().nullable(),
})
export type RecordRow = z.output<typeof recordRow>

/** A record before it was changed, so that the change can be taken back. */
export const written = z.object({ release: releaseRecord, before: recordRow.nullable(), after: z.string() })

/** A record as it was, and a sign of what it was left as. */
export const changedRecord = z.object({ id: z.int(), before: recordRow.nullable(), after: z.string() })

export const exported = z.object({
  project: z.string(),
  file: z.string().describe('Relative to the project'),
  releases: z.int().describe('How many are in it now'),
  changed: z.boolean().describe('false where it said all of it already'),
  before: z.string().nullable().describe('SHA-256 of what the file said; null where there was none'),
  after: z.string().describe('SHA-256 of what it says now'),
  records: z.array(changedRecord).describe('The records that were marked as exported'),
})

export type Written = z.output<typeof written>
export type ChangedRecord = z.output<typeof changedRecord>
export type Exported = z.output<typeof exported>
