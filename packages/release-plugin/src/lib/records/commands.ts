import { command, type Undo } from '@switchyard/plugin-kit'
import { z } from 'zod'
import { projectField } from '../plan/input.ts'
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
  examples: [
    'record that release 1.4.0 was made',
    'add 2.0.0 to the release records',
    'note down that we released 0.3.1 by hand',
    'write down a past release of 1.2.0 with its tag',
    'keep a record of a release that was made elsewhere',
    'create a release record for 3.1.0',
    'enter version 1.0.0 into the release history',
    'put 2.1.0 on record',
    'register a release that another tool made',
  ],
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
  examples: [
    'show the record of release 1.4.0',
    'what was in version 1.2.0',
    'show details of release 2.0.0',
    'get the record of version 3.1.4',
    'which commit was release 0.9.0',
    'tell me about release record 7',
    'show the recorded changelog of version 1.0.0',
    'what is on record about release 2.3.0',
    'look at the entry of release 1.1.0',
  ],
  effect: 'read',
  input: z.object(which),
  output: releaseRecord,
  run: async (input, ctx) => (await load()).get(input, ctx),
})

const list = command({
  summary: 'List the recorded releases of a project, the highest version first',
  examples: [
    'list all releases',
    'show the release history',
    'which versions have we released so far',
    'what releases are there',
    'list the last 5 releases',
    'list the releases of the api project',
    'show all versions that were released',
    'list releases before 2.0.0',
    'page through the past releases',
  ],
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
  examples: [
    'what is the latest release',
    'which version did we release last',
    'show the current version',
    'latest release of this project',
    'what is our newest version',
    'show the last release with pre-releases',
    'highest released version',
    'what version are we on',
  ],
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
  examples: [
    'set the tag on record of release 1.4.0',
    'change the recorded changelog of version 2.0.0',
    'update the commit of release record 1.2.0',
    'correct the record of release 0.9.1',
    'edit what is on record for 1.1.0',
    'add the tag v3.0.0 to the record of 3.0.0',
    'fix the files listed in the record of release 1.5.0',
    'update release record 12',
  ],
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
  examples: [
    'export the releases to CHANGELOG.md',
    'write the changelog from the release records',
    'update CHANGELOG.md with all releases',
    'generate a changelog file from our releases',
    'merge the release history into the changelog',
    'save the release notes to docs/CHANGES.md',
    'bring the changelog file up to date',
    'publish the recorded releases as a changelog',
  ],
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
  examples: [
    'was the changelog of 1.4.0 edited after the export',
    'compare release 2.0.0 with the changelog file',
    'is the changelog in sync with the release records',
    'diff the record of release 1.2.0 against CHANGELOG.md',
    'did somebody change the notes of version 3.0.0 in the file',
    'is release 1.1.0 missing from the changelog',
    'check whether release 0.8.0 was exported',
    'difference between the recorded notes and the file for 2.1.0',
  ],
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
  examples: [
    'take back the last change to the release records',
    'undo the export of the changelog',
    'restore the release record as it was',
    'put the old changelog file back after the export',
    'revert the change to a release record',
    'undo recording that release',
    'bring back the release record from before the update',
    'forget the release record that was just created',
  ],
  effect: 'destroy',
  rare: true,
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
