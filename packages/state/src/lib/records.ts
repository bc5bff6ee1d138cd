import type { StateDefinition } from '@switchyard/plugin-kit'
import type { HistoryChange, StateConflict } from './api.ts'
import { SEQUENCES } from './document.ts'
import type { Frame } from './frame.ts'
import { digest, type NewRecord } from './history.ts'
import type { Replica, Step } from './replica.ts'
import { versionOf } from './slot.ts'
import type { RemoteChange } from './touched.ts'

/** What a frame of this node did, step by step. */
export function recordOf({ namespace }: StateDefinition, frame: Frame, steps: readonly Step[]): NewRecord {
  const changes = steps.map(
    ({ field, key, op, value, before, slot }): HistoryChange => ({
      field,
      ...(key !== '' && { key }),
      op,
      // A set's element is its key already.
      ...(value !== undefined && op !== 'add' && { value }),
      ...(slot !== undefined && { version: versionOf(slot), after: digest(slot.value) }),
      ...(slot?.expiresMs !== undefined && { expiresMs: slot.expiresMs }),
      ...(before !== undefined && { before: digest(before.value) }),
    }),
  )
  return changeRecord(namespace, frame, changes)
}

/** What a frame of another node did: of that only the outcome is known, which is what can be read now. */
export function remoteRecordOf({ definition, views }: Replica, frame: Frame, touched: readonly RemoteChange[]): NewRecord {
  const changes = touched.map(({ field, key }): HistoryChange => {
    const { kind } = definition.fields[field]!
    const view = views.get(field)
    if (view?.isCounter) return { field, op: 'set', value: view.total }
    const slot = view?.cell(key)
    const isKeyed = kind === 'register' || kind === 'map' || kind === 'set'
    const op = isKeyed ? (slot === undefined ? 'delete' : kind === 'set' ? 'add' : 'set') : 'insert'
    return {
      field,
      ...(key !== '' && { key }),
      op,
      ...(slot !== undefined && op !== 'add' && { value: slot.value }),
      ...(slot !== undefined && { version: versionOf(slot), after: digest(slot.value) }),
      ...(slot?.expiresMs !== undefined && { expiresMs: slot.expiresMs }),
    }
  })
  return changeRecord(definition.namespace, frame, changes)
}

/** Counters as they are by now: what this node added since then is in records before this one. */
export function recount(record: NewRecord, views: Replica['views']): NewRecord {
  const changes = record.changes?.map((change) => {
    const view = views.get(change.field)
    return view?.isCounter ? { ...change, value: view.total } : change
  })
  return { ...record, ...(changes !== undefined && { changes }) }
}

/** Kept once a store, whichever of its processes sees the conflict first. */
export function conflictRecordOf(conflict: StateConflict, node: string, atMs: number): NewRecord {
  const { namespace, field, key = '', winner, loser } = conflict
  const once = ['conflict', namespace, field, key, ...[winner.version, loser.version].sort()].join('|')
  return { kind: 'conflict', namespace, atMs, who: loser.writer, node, conflict, once }
}

function changeRecord(
  namespace: string,
  { writer, node, atMs, correlationId, parts }: Frame,
  changes: readonly HistoryChange[],
): NewRecord {
  const edits = parts.find(({ shard }) => shard === SEQUENCES)?.update
  return { kind: 'change', namespace, atMs, who: writer, node, correlationId, changes, edits }
}
