import { command, type Undo } from '@switchyard/plugin-kit'
import { z } from 'zod'
import { projectField } from '../plan/input.ts'
import { RECORD_EXAMPLES } from './examples.ts'
import { changedRecord, exported, RECORD_TYPES, type RecordRow, releaseRecord, written } from './schema.ts'

const packageField = z.string().min(1).optional().describe('Name of the package, where packages have versions of their own')
const versionField = z.string().min(1).describe('Such as 1.4.0')
const which = {
  project: projectField,
  package: packageField,
  version: versionField.optional(),
  id: z.int().min(1).optional().describe('Instead of the version'),
}

/** What does the work is loaded by who asks for it: a definition alone must cost little. */
const load = () => import('./run.ts')

/** The way back of a command that wrote one record. */
function recordUndo({ release, before, after }: { release: { id: number }; before: RecordRow | null; after: string }): Undo {
  return { command: 'release.restore', input: { records: [{ id: release.id, before, after }] } }
}

const create = command({
  summary: 'Record a release that was made: its version, changelog, files, tag and commit',
  examples: RECORD_EXAMPLES.create,
  effect: 'write',
  input: z.object({
    project: projectField,
    package: packageField,
    version: versionField,
    bump: z.enum(RECORD_TYPES).optional().describe('How far the version moved; absent: compared with the release before it'),
    changelog: z.string().max(1_000_000).default('').describe('Markdown'),
    files: z.array(z.string().min(1)).default([]).describe('Files whose version was changed'),
    tag: z.string().min(1).optional(),
    commit: z
      .string()
      .regex(/^[0-9a-f]{7,64}$/i, 'must be the id of a commit')
      .optional(),
  }),
  output: written,
  plan: ({ version, project, package: name }) => ({
    summary: `Record release ${version} of ${name ?? project}`,
    steps: [{ does: 'create', target: `release ${version} of ${name ?? project}` }],
  }),
  undo: recordUndo,
  run: async (input, ctx) => (await load()).create(input, ctx),
})

const get = command({
  summary: 'Show one recorded release: its changelog, tag, commit and files',
  examples: RECORD_EXAMPLES.get,
  effect: 'read',
  input: z.object(which),
  output: releaseRecord,
  run: async (input, ctx) => (await load()).get(input, ctx),
})

const list = command({
  summary: 'List the recorded releases of a project, the highest version first',
  examples: RECORD_EXAMPLES.list,
  effect: 'read',
  input: z.object({
    project: projectField,
    package: packageField,
    limit: z.int().min(1).max(1_000).default(20),
    before: versionField.optional().describe('Only versions below this one, or what follows a page: its "next"'),
  }),
  output: z.object({ releases: z.array(releaseRecord), next: z.string().optional().describe('Give it as "before" for what follows') }),
  run: async (input, ctx) => (await load()).list(input, ctx),
})

const latest = command({
  summary: 'Show the latest recorded release: the highest version, not the newest date',
  examples: RECORD_EXAMPLES.latest,
  effect: 'read',
  input: z.object({
    project: projectField,
    package: packageField,
    prereleases: z.boolean().default(false).describe('Pre-releases count too'),
  }),
  output: releaseRecord,
  run: async (input, ctx) => (await load()).latest(input, ctx),
})

const update = command({
  summary: 'Change what is recorded of a release: its changelog, tag, commit or files',
  examples: RECORD_EXAMPLES.update,
  effect: 'write',
  input: z.object({
    ...which,
    changelog: z.string().max(1_000_000).optional(),
    files: z.array(z.string().min(1)).optional(),
    tag: z.string().min(1).optional(),
    commit: z
      .string()
      .regex(/^[0-9a-f]{7,64}$/i, 'must be the id of a commit')
      .optional(),
  }),
  output: written,
  plan: async (input, ctx) => (await load()).planUpdate(input, ctx),
  undo: recordUndo,
  run: async (input, ctx) => (await load()).update(input, ctx),
})

const exportRecords = command({
  summary: 'Write the recorded releases into the changelog file; what people wrote there stays',
  examples: RECORD_EXAMPLES.export,
  effect: 'write',
  input: z.object({
    project: projectField,
    package: packageField,
    file: z.string().min(1).default('CHANGELOG.md').describe('Inside the project'),
  }),
  output: exported,
  plan: async (input, ctx) => (await load()).planExport(input, ctx),
  undo: ({ project, file, changed, before, after, records }) =>
    changed || records.length > 0 ? { command: 'release.restore', input: { records, file: { project, file, before, after } } } : undefined,
  run: async (input, ctx) => (await load()).exportRecords(input, ctx),
})

const diff = command({
  summary: 'Compare a recorded release with what the changelog file says of it',
  examples: RECORD_EXAMPLES.diff,
  effect: 'read',
  input: z.object(which),
  output: z.object({
    version: z.string(),
    status: z.enum(['not-exported', 'in-sync', 'modified', 'missing']),
    file: z.string().nullable(),
    diff: z.string().describe('From the record to the file; empty where they are the same'),
  }),
  run: async (input, ctx) => (await load()).diff(input, ctx),
})

const restore = command({
  summary: 'Take back what a command did to the release records, as long as nobody changed them since',
  description: 'The way back of release.create, release.update and release.export, which give its input. It is of little use by hand.',
  examples: [],
  internal: true,
  effect: 'destroy',
  input: z.object({
    records: z.array(changedRecord),
    file: z
      .object({ project: projectField, file: z.string(), before: z.string().nullable(), after: z.string() })
      .optional()
      .describe('What the records were exported to'),
  }),
  output: z.object({ restored: z.array(z.string()) }),
  plan: async (input, ctx) => (await load()).planRestore(input, ctx),
  run: async (input, ctx) => (await load()).restore(input, ctx),
})

export const recordCommands = { create, get, list, latest, update, export: exportRecords, diff, restore }
