import { SEQUENCES } from './document.ts'
import type { FieldView } from './field-view.ts'
import { freezeDeep } from './plain-json.ts'
import type { Replica } from './replica.ts'

/** What can be read of a field, as plain data; of one key of a map or one element of a set, where `key` is given. */
export function readField(replica: Replica, view: FieldView, key: string | undefined, nowMs: number): unknown {
  const { kind } = view.field
  switch (kind) {
    case 'counter':
    case 'up-down-counter':
      return view.total
    case 'register':
      return view.winner('', () => nowMs)?.value
    case 'map':
      if (key !== undefined) return view.winner(key, () => nowMs)?.value
      return Object.fromEntries([...view.live(nowMs)].map(([key, { value }]) => [key, value]))
    case 'set':
      if (key !== undefined) return view.cell(key) !== undefined ? JSON.parse(key) : undefined
      return [...view.cells.keys()].map((element) => JSON.parse(element) as unknown)
    case 'list':
      return freezeDeep(replica.document(SEQUENCES).list(view.name).toArray())
    case 'text':
      return replica.document(SEQUENCES).text(view.name).toString()
  }
}
