import { createHash } from 'node:crypto'
import { relative, resolve, sep } from 'node:path'
import type { PluginStore } from '@switchyard/plugin-kit'
import semver from 'semver'
import { recordChanged, recordExists, recordUnknown, versionInvalid } from '../errors.ts'
import { bumpBetween } from '../versions/next-version.ts'
import { versionSortKey } from '../versions/sort-key.ts'
import { type RecordRow, type ReleaseRecord, recordRow } from './schema.ts'

export function recordOf(row: RecordRow): ReleaseRecord {
  return {
    id: row.id,
    project: row.project,
    package: row.package === '' ? null : row.package,
    version: row.version,
    type: row.type,
    changelog: row.changelog,
    files: JSON.parse(row.files_bumped) as string[],
    tag: row.git_tag,
    commit: row.commit_sha,
    createdAt: new Date(row.created_ms).toISOString(),
    exportedAt: row.published_ms === null ? null : new Date(row.published_ms).toISOString(),
    file: row.file_path,
    state: row.published_ms !== null ? 'exported' : row.git_tag !== null ? 'tagged' : 'untagged',
  }
}

/** How a project is called in the records: stays the same when the workspace is moved. */
export function projectKey(workspace: string, project: string): string {
  const path = relative(workspace, resolve(workspace, project)).split(sep).join('/')
  return path === '' ? '.' : path
}

export interface RecordKey {
  readonly project: string
  readonly package: string
  readonly version: string
}

export function findRecord(store: PluginStore, key: number | RecordKey): RecordRow | undefined {
  if (typeof key === 'number') return store.prepare('SELECT * FROM release_record WHERE id = ?').get<RecordRow>(key)
  return store
    .prepare('SELECT * FROM release_record WHERE project = ? AND package = ? AND version = ?')
    .get<RecordRow>(key.project, key.package, key.version)
}

/** @throws RELEASE_UNKNOWN */
export function needRecord(store: PluginStore, key: number | RecordKey): RecordRow {
  const row = findRecord(store, key)
  if (row === undefined) throw recordUnknown(typeof key === 'number' ? `with id ${key}` : `${key.version} of ${key.package || key.project}`)
  return row
}

export interface NewRecord extends RecordKey {
  /** Absent: as far as the version is from the highest one below it. */
  readonly type?: RecordRow['type'] | undefined
  readonly changelog: string
  readonly files: readonly string[]
  readonly tag: string | null
  readonly commit: string | null
}

/** Inside a transaction. @throws VERSION_INVALID, RELEASE_EXISTS */
export function createRecord(store: PluginStore, record: NewRecord, nowMs: number): RecordRow {
  const { project, package: name, version } = record
  if (semver.valid(version) !== version.split('+')[0]) throw versionInvalid(version, 'a semantic version, such as 1.2.3')
  if (findRecord(store, record) !== undefined) throw recordExists(version, name || project)
  const type = record.type ?? typeAfter(highestBelow(store, record), version)
  const { lastInsertRowid } = store
    .prepare(
      `INSERT INTO release_record (project, package, version, sort_key, type, changelog, files_bumped, git_tag, commit_sha, created_ms)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    .run(
      project,
      name,
      version,
      versionSortKey(version),
      type,
      record.changelog,
      JSON.stringify(record.files),
      record.tag,
      record.commit,
      nowMs,
    )
  return needRecord(store, lastInsertRowid)
}

function highestBelow(store: PluginStore, { project, package: name, version }: RecordKey): string | undefined {
  return store
    .prepare('SELECT version FROM release_record WHERE project = ? AND package = ? AND sort_key < ? ORDER BY sort_key DESC LIMIT 1')
    .get<{ version: string }>(project, name, versionSortKey(version))?.version
}

function typeAfter(before: string | undefined, version: string): RecordRow['type'] {
  if (semver.prerelease(version) !== null) return 'prerelease'
  const bump = bumpBetween(before ?? '0.0.0', version)
  return bump === 'none' ? 'patch' : bump
}

/** Puts a row there as it is given, whatever stood there; null takes it away. */
export function putRecord(store: PluginStore, id: number, row: RecordRow | null): void {
  store.prepare('DELETE FROM release_record WHERE id = ?').run(id)
  if (row === null) return
  store
    .prepare(
      `INSERT INTO release_record (id, project, package, version, sort_key, type, changelog, files_bumped, git_tag, commit_sha, created_ms, published_ms, file_path)
       VALUES (:id, :project, :package, :version, :sort_key, :type, :changelog, :files_bumped, :git_tag, :commit_sha, :created_ms, :published_ms, :file_path)`,
    )
    .run({ ...row })
}

/** A short sign of what a row says, to see whether it was changed since. */
export function recordMark(row: RecordRow | undefined): string {
  return row === undefined
    ? ''
    : createHash('sha256')
        .update(JSON.stringify(recordRow.parse(row)))
        .digest('hex')
        .slice(0, 32)
}

/** @throws RELEASE_CHANGED */
export function assertUnchanged(row: RecordRow | undefined, mark: string, id: number): void {
  if (recordMark(row) !== mark) throw recordChanged(id)
}
