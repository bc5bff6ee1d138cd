import type { PluginStore } from '@switchyard/plugin-kit'
import { redact } from '@switchyard/plugin-kit/redact'
import { incidentClosed, incidentUnknown } from '../errors.ts'
import type { EntryKind, Severity } from './kinds.ts'

export interface IncidentEntry {
  readonly atMs: number
  readonly kind: EntryKind
  readonly text: string
}

export interface Incident {
  readonly id: number
  readonly service: string | undefined
  readonly title: string
  readonly severity: Severity
  readonly status: 'open' | 'resolved'
  readonly openedMs: number
  readonly resolvedMs: number | undefined
  readonly cause: string | undefined
  readonly evidence: readonly string[]
}

interface IncidentRow {
  id: number
  service: string | null
  title: string
  severity: Severity
  status: Incident['status']
  opened_ms: number
  resolved_ms: number | null
  cause: string | null
  evidence: string
}

const incidentOf = ({ service, opened_ms, resolved_ms, cause, evidence, ...row }: IncidentRow): Incident => ({
  ...row,
  service: service ?? undefined,
  openedMs: opened_ms,
  resolvedMs: resolved_ms ?? undefined,
  cause: cause ?? undefined,
  evidence: JSON.parse(evidence) as string[],
})

export interface NewIncident {
  readonly title: string
  readonly severity: Severity
  readonly service?: string | undefined
  readonly cause?: string | undefined
  readonly evidence: readonly string[]
  /** What is known to have happened before it was opened. */
  readonly entries: readonly IncidentEntry[]
}

/** Opens an incident with all that is known of it, in one transaction; secrets are blanked out. */
export function openIncident(
  store: PluginStore,
  { title, severity, service, cause, evidence, entries }: NewIncident,
  nowMs: number,
): number {
  return store.transact(() => {
    const id = store
      .prepare("INSERT INTO ops_incident (service, title, severity, status, opened_ms, cause, evidence) VALUES (?, ?, ?, 'open', ?, ?, ?)")
      .run(
        service ?? null,
        redact(title),
        severity,
        nowMs,
        cause === undefined ? null : redact(cause),
        JSON.stringify(evidence.map(redact)),
      ).lastInsertRowid
    for (const entry of entries) addEntry(store, id, entry)
    addEntry(store, id, { atMs: nowMs, kind: 'opened', text: title })
    return id
  })
}

function addEntry(store: PluginStore, incident: number, { atMs, kind, text }: IncidentEntry): void {
  store
    .prepare('INSERT INTO ops_incident_entry (incident_id, at_ms, kind, text) VALUES (?, ?, ?, ?)')
    .run(incident, atMs, kind, redact(text).slice(0, 4_000))
}

/** @throws INCIDENT_UNKNOWN */
export function incidentById(store: PluginStore, id: number): Incident {
  const row = store.prepare('SELECT * FROM ops_incident WHERE id = ?').get<IncidentRow>(id)
  if (row === undefined) throw incidentUnknown(String(id))
  return incidentOf(row)
}

/** Oldest first. */
export function entriesOf(store: PluginStore, id: number): readonly IncidentEntry[] {
  return store
    .prepare('SELECT at_ms, kind, text FROM ops_incident_entry WHERE incident_id = ? ORDER BY at_ms, id LIMIT 2000')
    .all<{ at_ms: number; kind: IncidentEntry['kind']; text: string }>(id)
    .map(({ at_ms, kind, text }) => ({ atMs: at_ms, kind, text }))
}

/** Newest first. */
export function listIncidents(
  store: PluginStore,
  { status, service, limit }: { status?: Incident['status'] | undefined; service?: string | undefined; limit: number },
): readonly Incident[] {
  return store
    .prepare('SELECT * FROM ops_incident WHERE (?1 IS NULL OR status = ?1) AND (?2 IS NULL OR service = ?2) ORDER BY id DESC LIMIT ?3')
    .all<IncidentRow>(status ?? null, service ?? null, limit)
    .map(incidentOf)
}

/** @throws INCIDENT_UNKNOWN, INCIDENT_RESOLVED */
export function assertOpen(store: PluginStore, id: number): Incident {
  const incident = incidentById(store, id)
  if (incident.status === 'resolved') throw incidentClosed(String(id))
  return incident
}

export function addNote(store: PluginStore, id: number, text: string, nowMs: number): void {
  store.transact(() => {
    assertOpen(store, id)
    addEntry(store, id, { atMs: nowMs, kind: 'note', text })
  })
}

export function resolveIncident(
  store: PluginStore,
  id: number,
  { cause, text }: { cause?: string | undefined; text: string },
  nowMs: number,
): Incident {
  return store.transact(() => {
    assertOpen(store, id)
    store
      .prepare("UPDATE ops_incident SET status = 'resolved', resolved_ms = ?, cause = coalesce(?, cause) WHERE id = ?")
      .run(nowMs, cause === undefined ? null : redact(cause), id)
    addEntry(store, id, { atMs: nowMs, kind: 'resolved', text })
    return incidentById(store, id)
  })
}

/** What was done about a service belongs to every incident of it that is open. */
export function noteAction(store: PluginStore, service: string, text: string, nowMs: number): void {
  store.transact(() => {
    for (const { id } of listIncidents(store, { status: 'open', service, limit: 100 }))
      addEntry(store, id, { atMs: nowMs, kind: 'action', text })
  })
}
