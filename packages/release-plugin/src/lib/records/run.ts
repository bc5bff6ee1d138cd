import { resolve } from 'node:path'
import type { Context, Plan } from '@switchyard/plugin-kit'
import { createTwoFilesPatch } from 'diff'
import { sha256 } from '../cut/files.ts'
import { exportChanged, noRecords, recordUnknown } from '../errors.ts'
import { versionSortKey } from '../versions/sort-key.ts'
import { type ExportState, exportState, fileInside, mergeRecords, readText, replaceFile, restoreFile } from './export.ts'
import { assertUnchanged, createRecord, findRecord, needRecord, projectKey, putRecord, recordMark, recordOf } from './record.ts'
import { type ChangedRecord, type Exported, type RecordRow, type ReleaseRecord, recordRow, type Written } from './schema.ts'

type Ctx = Pick<Context, 'store' | 'workspace' | 'clock'>
type Of = { project: string; package?: string | undefined }
type Which = Of & { version?: string | undefined; id?: number | undefined }
type Fields = {
  changelog?: string | undefined
  files?: readonly string[] | undefined
  tag?: string | undefined
  commit?: string | undefined
}
type FileBefore = { project: string; file: string; before: string | null; after: string }

export async function create(
  {
    project,
    package: name = '',
    version,
    bump,
    changelog = '',
    files = [],
    tag,
    commit,
  }: Of & Fields & { version: string; bump?: RecordRow['type'] | undefined },
  { store, workspace, clock }: Ctx,
): Promise<Written> {
  const key = { project: projectKey(workspace, project), package: name, version }
  const record = { ...key, type: bump, changelog, files, tag: tag ?? null, commit: commit ?? null }
  const row = await store.commit(() => createRecord(store, record, clock.now()), { durable: true })
  return { release: recordOf(row), before: null, after: recordMark(row) }
}

export const get = (input: Which, ctx: Ctx): ReleaseRecord => recordOf(named(input, ctx))

export function list(
  { project, package: name, limit, before }: Of & { limit: number; before?: string | undefined },
  { store, workspace }: Ctx,
): { releases: ReleaseRecord[]; next?: string } {
  // Several packages may have one version: where a page ended among them, the next one goes on by name.
  const [version, after] = before?.split(' ') ?? []
  const below = version === undefined ? '~~~' : versionSortKey(version)
  const rows = store
    .prepare(
      `SELECT * FROM release_record
       WHERE project = ? AND (? IS NULL OR package = ?) AND (sort_key < ? OR (sort_key = ? AND package > ?))
       ORDER BY sort_key DESC, package LIMIT ?`,
    )
    .all<RecordRow>(projectKey(workspace, project), name ?? null, name ?? null, below, below, after ?? '\u{10ffff}', limit + 1)
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  return {
    releases: shown.map(recordOf),
    ...(rows.length > limit && last !== undefined && { next: `${last.version} ${last.package}`.trim() }),
  }
}

export function latest({ project, package: name, prereleases }: Of & { prereleases: boolean }, { store, workspace }: Ctx): ReleaseRecord {
  const key = projectKey(workspace, project)
  const row = store
    .prepare(
      `SELECT * FROM release_record WHERE project = ? AND (? IS NULL OR package = ?) AND (? = 1 OR sort_key LIKE '%~')
       ORDER BY sort_key DESC LIMIT 1`,
    )
    .get<RecordRow>(key, name ?? null, name ?? null, prereleases ? 1 : 0)
  if (row === undefined) throw recordUnknown(`of ${name ?? key}`)
  return recordOf(row)
}

export function planUpdate(input: Which, ctx: Ctx): Plan {
  const { version } = named(input, ctx)
  return {
    summary: `Change the record of release ${version}`,
    steps: [{ does: 'change', target: `release ${version} of ${input.package ?? input.project}` }],
  }
}

export async function update({ changelog, files, tag, commit, ...which }: Which & Fields, ctx: Ctx): Promise<Written> {
  const { store } = ctx
  return store.commit(
    () => {
      const before = named(which, ctx)
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
}

export function planExport(input: Of & { file: string }, ctx: Ctx): Plan {
  const { path, rows, text, merged } = exporting(input, ctx)
  const detail = createTwoFilesPatch(input.file, input.file, text ?? '', merged)
  return {
    summary: `Write ${rows.length} release${rows.length === 1 ? '' : 's'} into ${input.file}`,
    steps: [{ does: text === undefined ? 'create' : 'change', target: path, detail }],
  }
}

export async function exportRecords(input: Of & { file: string }, ctx: Ctx): Promise<Exported> {
  const { project, file } = input
  const { store, clock } = ctx
  const { path, rows, text, merged } = exporting(input, ctx)
  const changed = merged !== text
  const before = text === undefined ? null : sha256(text)
  const keep = 'INSERT OR IGNORE INTO release_file_before (sha256, text) VALUES (?, ?)'
  // Kept first, so that there is a way back even if nothing after it comes to pass.
  if (changed && text !== undefined && before !== null) await store.commit(() => store.prepare(keep).run(before, text), { durable: true })
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
}

export function diff(input: Which, ctx: Ctx): { version: string; status: ExportState; file: string | null; diff: string } {
  const row = named(input, ctx)
  const { state, written } = exportState(resolve(ctx.workspace, row.project), row)
  const patch = createTwoFilesPatch('record', row.file_path ?? '', `${row.changelog.trim()}\n`, `${written ?? ''}\n`)
  return { version: row.version, status: state, file: row.file_path, diff: state === 'modified' ? patch.replace(/^=+\n/, '') : '' }
}

type Back = { records: readonly ChangedRecord[]; file?: FileBefore | undefined }

export function planRestore({ records, file }: Back, { workspace }: Ctx): Plan {
  const steps = records.map(({ id, before }) => ({
    does: before === null ? ('remove' as const) : ('change' as const),
    target: `release record ${id}`,
  }))
  if (file === undefined) return { summary: 'Put a release record back as it was', steps }
  const target = fileInside(resolve(workspace, file.project), file.file)
  return { summary: `Put ${file.file} back as it was`, steps: [{ does: file.before === null ? 'remove' : 'change', target }, ...steps] }
}

export async function restore({ records, file }: Back, { store, workspace }: Ctx): Promise<{ restored: string[] }> {
  const restored: string[] = []
  if (file !== undefined && file.before !== file.after) {
    const kept = store.prepare('SELECT text FROM release_file_before WHERE sha256 = ?').get<{ text: string }>(file.before ?? '')
    if (file.before !== null && kept === undefined) throw exportChanged(file.file)
    restoreFile(fileInside(resolve(workspace, file.project), file.file), file.after, kept?.text)
    restored.push(file.file)
  }
  await store.commit(
    () => {
      for (const { id, before, after } of records) {
        assertUnchanged(findRecord(store, id), after, id)
        putRecord(store, id, before)
      }
      if (file !== undefined) store.prepare('DELETE FROM release_file_before WHERE sha256 = ?').run(file.before ?? '')
    },
    { durable: true },
  )
  return { restored: [...restored, ...records.map(({ id }) => `release record ${id}`)] }
}

/** The record that an input names by id or version; the highest version where it names neither. */
function named({ project, package: name = '', version, id }: Which, { store, workspace }: Ctx): RecordRow {
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
  { project, package: name = '', file }: Of & { file: string },
  { store, workspace }: Ctx,
): { path: string; rows: RecordRow[]; text: string | undefined; merged: string } {
  const key = projectKey(workspace, project)
  const rows = store
    .prepare('SELECT * FROM release_record WHERE project = ? AND package = ? ORDER BY sort_key DESC')
    .all<RecordRow>(key, name)
  if (rows.length === 0) throw noRecords(name || key)
  const path = fileInside(resolve(workspace, project), file)
  const text = readText(path)
  return { path, rows, text, merged: mergeRecords(text, rows) }
}
