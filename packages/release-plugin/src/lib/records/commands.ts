import { resolve } from 'node:path'
import { type Context, command } from '@switchyard/plugin-kit'
import { createTwoFilesPatch } from 'diff'
import { z } from 'zod'
import { sha256 } from '../cut/files.ts'
import { noRecords, recordUnknown } from '../errors.ts'
import { projectField } from '../plan/input.ts'
import { versionSortKey } from '../versions/sort-key.ts'
import { exportState, fileInside, mergeRecords, readText, replaceFile } from './export.ts'
import {
  createRecord,
  needRecord,
  projectKey,
  putRecord,
  RECORD_TYPES,
  type RecordRow,
  recordMark,
  recordOf,
  recordRow,
  releaseRecord,
} from './record.ts'
import { recordUndo, restore } from './restore.ts'

const packageField = z.string().min(1).optional().describe('Name of the package, where packages have versions of their own')
const versionField = z.string().min(1).describe('Such as 1.4.0')
const which = {
  project: projectField,
  package: packageField,
  version: versionField.optional(),
  id: z.int().min(1).optional().describe('Instead of the version'),
}

/** A record before it was changed, so that the change can be taken back. */
const written = z.object({ release: releaseRecord, before: recordRow.nullable(), after: z.string() })

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
  async run({ project, package: name = '', version, bump, changelog, files, tag, commit }, { store, workspace, clock }) {
    const record = {
      project: projectKey(workspace, project),
      package: name,
      version,
      type: bump,
      changelog,
      files,
      tag: tag ?? null,
      commit: commit ?? null,
    }
    const row = await store.commit(() => createRecord(store, record, clock.now()), { durable: true })
    return { release: recordOf(row), before: null, after: recordMark(row) }
  },
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
  run: (input, ctx) => recordOf(named(input, ctx)),
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
    before: versionField.optional().describe('Only versions below this one; where the last page ended'),
  }),
  output: z.object({ releases: z.array(releaseRecord), next: z.string().optional().describe('Give it as "before" for what follows') }),
  run({ project, package: name, limit, before }, { store, workspace }) {
    const below = before === undefined ? '~~~' : versionSortKey(before)
    const rows = store
      .prepare(
        `SELECT * FROM release_record WHERE project = ? AND (? IS NULL OR package = ?) AND sort_key < ?
         ORDER BY sort_key DESC, package LIMIT ?`,
      )
      .all<RecordRow>(projectKey(workspace, project), name ?? null, name ?? null, below, limit + 1)
    const shown = rows.slice(0, limit)
    const last = shown.at(-1)
    return { releases: shown.map(recordOf), ...(rows.length > limit && last !== undefined && { next: last.version }) }
  },
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
  run({ project, package: name, prereleases }, { store, workspace }) {
    const key = projectKey(workspace, project)
    const row = store
      .prepare(
        `SELECT * FROM release_record WHERE project = ? AND (? IS NULL OR package = ?) AND (? = 1 OR sort_key LIKE '%~')
         ORDER BY sort_key DESC LIMIT 1`,
      )
      .get<RecordRow>(key, name ?? null, name ?? null, prereleases ? 1 : 0)
    if (row === undefined) throw recordUnknown(`of ${name ?? key}`)
    return recordOf(row)
  },
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
  plan(input, ctx) {
    const { version } = named(input, ctx)
    return {
      summary: `Change the record of release ${version}`,
      steps: [{ does: 'change', target: `release ${version} of ${input.package ?? input.project}` }],
    }
  },
  undo: recordUndo,
  async run({ changelog, files, tag, commit, ...input }, ctx) {
    const { store } = ctx
    return store.commit(
      () => {
        const before = named(input, ctx)
        putRecord(store, before.id, {
          ...before,
          ...(changelog !== undefined && { changelog }),
          ...(files !== undefined && { files_bumped: JSON.stringify(files) }),
          ...(tag !== undefined && { git_tag: tag }),
          ...(commit !== undefined && { commit_sha: commit }),
        })
        const row = needRecord(store, before.id)
        return { release: recordOf(row), before: recordRow.parse(before), after: recordMark(row) }
      },
      { durable: true },
    )
  },
})

const exported = z.object({
  project: z.string(),
  file: z.string().describe('Relative to the project'),
  releases: z.int().describe('How many are in it now'),
  changed: z.boolean().describe('false where it said all of it already'),
  before: z.string().nullable().describe('SHA-256 of what the file said; null where there was none'),
  after: z.string().describe('SHA-256 of what it says now'),
  records: z.array(z.object({ id: z.int(), before: recordRow, after: z.string() })).describe('The records that were marked as exported'),
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
  plan({ project, package: name, file }, ctx) {
    const { path, rows, text, merged } = exporting(project, name, file, ctx)
    return {
      summary: `Write ${rows.length} release${rows.length === 1 ? '' : 's'} into ${file}`,
      steps: [
        { does: text === undefined ? 'create' : 'change', target: path, detail: createTwoFilesPatch(file, file, text ?? '', merged) },
      ],
    }
  },
  undo: ({ project, file, changed, before, after, records }) =>
    changed || records.length > 0 ? { command: 'release.restore', input: { records, file: { project, file, before, after } } } : undefined,
  async run({ project, package: name, file }, ctx) {
    const { store, clock } = ctx
    const { path, rows, text, merged } = exporting(project, name, file, ctx)
    const changed = merged !== text
    const before = text === undefined ? null : sha256(text)
    // Kept first, so that there is a way back even if nothing after it comes to pass.
    if (changed && text !== undefined && before !== null)
      await store.commit(() => store.prepare('INSERT OR IGNORE INTO release_file_before (sha256, text) VALUES (?, ?)').run(before, text), {
        durable: true,
      })
    if (changed) replaceFile(path, merged)
    const records = await store.commit(
      () =>
        rows.flatMap(({ id }) => {
          const row = needRecord(store, id)
          if (row.file_path === file && row.published_ms !== null) return []
          putRecord(store, id, { ...row, file_path: file, published_ms: clock.now() })
          return [{ id, before: recordRow.parse(row), after: recordMark(needRecord(store, id)) }]
        }),
      { durable: true },
    )
    return { project, file, releases: rows.length, changed, before, after: sha256(merged), records }
  },
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
  run(input, ctx) {
    const row = named(input, ctx)
    const { state, written } = exportState(resolve(ctx.workspace, row.project), row)
    const patch =
      state === 'modified' ? createTwoFilesPatch('record', row.file_path ?? '', `${row.changelog.trim()}\n`, `${written ?? ''}\n`) : ''
    return { version: row.version, status: state, file: row.file_path, diff: patch.replace(/^=+\n/, '') }
  },
})

export const recordCommands = { create, get, list, latest, update, export: exportRecords, diff, restore }

/** The record that an input names by id or version; the highest version where it names neither. */
function named(
  {
    project,
    package: name = '',
    version,
    id,
  }: { project: string; package?: string | undefined; version?: string | undefined; id?: number | undefined },
  { store, workspace }: Pick<Context, 'store' | 'workspace'>,
): RecordRow {
  if (id !== undefined) return needRecord(store, id)
  const key = projectKey(workspace, project)
  if (version !== undefined) return needRecord(store, { project: key, package: name, version: version.replace(/^v(?=\d)/, '') })
  const row = store
    .prepare('SELECT * FROM release_record WHERE project = ? AND package = ? ORDER BY sort_key DESC LIMIT 1')
    .get<RecordRow>(key, name)
  if (row === undefined) throw recordUnknown(`of ${name || key}`)
  return row
}

function exporting(
  project: string,
  name: string | undefined,
  file: string,
  { store, workspace }: Pick<Context, 'store' | 'workspace'>,
): { path: string; rows: RecordRow[]; text: string | undefined; merged: string } {
  const key = projectKey(workspace, project)
  const rows = store
    .prepare('SELECT * FROM release_record WHERE project = ? AND package = ? ORDER BY sort_key DESC')
    .all<RecordRow>(key, name ?? '')
  if (rows.length === 0) throw noRecords(name ?? key)
  const path = fileInside(resolve(workspace, project), file)
  const text = readText(path)
  return { path, rows, text, merged: mergeRecords(text, rows) }
}
