import type { StateChange } from '@switchyard/plugin-kit'
import type { HistoryChange, HistoryRecord, NamespaceSummary, StateConflict } from '@switchyard/state'
import { type Look, plain } from './look.ts'
import { renderTable } from './table.ts'

export function renderNamespaces(namespaces: readonly NamespaceSummary[], look: Look): string {
  if (namespaces.length === 0) return 'Nothing is shared yet'
  const rows = namespaces.map(({ namespace, access, shared, bytes, fields }) => [
    namespace,
    shared ? `${access}, shared` : access,
    `${bytes} B`,
    Object.entries(fields)
      .map(([field, kind]) => `${field} (${kind})`)
      .join(', '),
  ])
  return renderTable(['namespace', 'access', 'size', 'fields'], rows, look)
}

export function renderHistory(records: readonly HistoryRecord[], look: Look): string {
  if (records.length === 0) return 'Nothing was recorded'
  const rows = records.map(({ atMs, who, namespace, kind, changes, reason, conflict, correlationId }) => [
    timeText(atMs),
    who,
    namespace,
    correlationId?.slice(0, 8) ?? '-',
    conflict === undefined ? (reason === undefined ? changes.map(changeText).join(', ') : `${kind}: ${reason}`) : conflictText(conflict),
  ])
  return renderTable(['when', 'who', 'where', 'why', 'what'], rows, look)
}

export function renderConflicts(records: readonly { atMs: number; namespace: string; conflict: StateConflict }[], look: Look): string {
  if (records.length === 0) return 'No write was overwritten unseen'
  return renderTable(
    ['when', 'where', 'what'],
    records.map(({ atMs, namespace, conflict }) => [timeText(atMs), namespace, conflictText(conflict)]),
    look,
  )
}

export function renderChange({ field, key, value, writer }: StateChange): string {
  const place = key === undefined ? field : `${field}.${key}`
  return plain(`${place} = ${value === undefined ? 'nothing' : JSON.stringify(value)} by ${writer}`)
}

function conflictText({ field, key, winner, loser }: StateConflict): string {
  const place = key === undefined ? field : `${field}.${key}`
  return `${place}: ${JSON.stringify(winner.value)} by ${winner.writer} won over ${JSON.stringify(loser.value)} by ${loser.writer}`
}

function changeText({ field, key, op, value }: HistoryChange): string {
  const place = key === undefined ? field : `${field}.${key}`
  return value === undefined ? `${op} ${place}` : `${op} ${place} ${JSON.stringify(value)}`
}

function timeText(ms: number): string {
  return new Date(ms).toISOString().replace('T', ' ').slice(0, 19)
}
