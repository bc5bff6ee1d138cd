import type { StateField } from '@switchyard/plugin-kit'
import { ContentAny, ContentDeleted, ContentFormat, ContentString, decodeUpdate, type GC, getItem, getState, Item, type Skip } from 'yjs'
import { SEQUENCES, SLOTS, type StateDocument } from './document.ts'
import { canonicalJson } from './plain-json.ts'
import { createRoots } from './roots.ts'
import { fieldOf, keyOf } from './slot.ts'
import { isStamp } from './stamp.ts'

type Fields = Readonly<Record<string, StateField>>

const SLOT_NAME = /^[A-Za-z]\w*:[\s\S]*@[a-z0-9]+(~[a-z0-9]+)?$/

/**
 * Looks through an update before it is merged, as a merged one cannot be taken back: undefined when it is sound, otherwise
 * what is wrong with it.
 */
export function inspectUpdate(update: Uint8Array, document: StateDocument, fields: Fields): string | undefined {
  let structs: (Item | GC | Skip)[]
  try {
    structs = decodeUpdate(update).structs
  } catch {
    return 'its bytes are no update'
  }
  const names = new Map<string, string>()
  const rootOf = document.shard === SEQUENCES ? createRoots(structs, document) : undefined
  for (const struct of structs) {
    if (!(struct instanceof Item)) continue
    const problem =
      rootOf !== undefined ? sequenceProblem(struct, rootOf(struct), fields) : slotProblem(struct, nameOf(struct, names, document), fields)
    if (problem !== undefined) return problem
  }
  return undefined
}

/** Only the first item of a key says which key it is; later ones name the item that they follow. */
function nameOf(item: Item, names: Map<string, string>, { doc }: StateDocument): string | undefined {
  let name = item.parentSub ?? undefined
  if (name === undefined && item.origin !== null) {
    const { client, clock } = item.origin
    name = names.get(`${client}:${clock}`)
    if (name === undefined && clock < getState(doc.store, client)) name = getItem(doc.store, item.origin).parentSub ?? undefined
  }
  if (name !== undefined) names.set(`${item.id.client}:${item.id.clock + item.length - 1}`, name)
  return name
}

function slotProblem(item: Item, name: string | undefined, fields: Fields): string | undefined {
  const parent: unknown = item.parent
  if (typeof parent === 'string' && parent !== SLOTS) return 'it has a root that is none of ours'
  if (item.content instanceof ContentDeleted) return undefined
  if (!(item.content instanceof ContentAny) || item.content.arr.length !== 1) return 'it holds something that is no slot'
  // Without a name it follows an item that is gone, and yjs drops it.
  if (name === undefined) return undefined
  if (!SLOT_NAME.test(name)) return 'it has a slot without a proper name'
  const raw: unknown = item.content.arr[0]
  if (!Array.isArray(raw) || !isStamp(raw[1])) return 'it has a slot without a stamp'
  const field = Object.hasOwn(fields, fieldOf(name)) ? fields[fieldOf(name)] : undefined
  if (field === undefined) return `it writes the unknown field "${fieldOf(name)}"`
  return fits(field, name, raw[0]) ? undefined : `a value does not fit the field "${fieldOf(name)}"`
}

function fits({ kind, schema }: StateField, name: string, value: unknown): boolean {
  switch (kind) {
    case 'counter':
    case 'up-down-counter':
      return isSteps(value) && (kind === 'up-down-counter' || value[1] === 0)
    case 'set':
      return value === 0 && isElement(schema, keyOf(name))
    default:
      return schema?.safeParse(value).success === true
  }
}

function isElement(schema: StateField['schema'], key: string): boolean {
  try {
    const element: unknown = JSON.parse(key)
    return canonicalJson(element) === key && schema?.safeParse(element).success === true
  } catch {
    return false
  }
}

function isSteps(value: unknown): value is [number, number] {
  return Array.isArray(value) && value.length === 2 && value.every((steps) => Number.isSafeInteger(steps) && steps >= 0)
}

function sequenceProblem({ content }: Item, root: string | undefined, fields: Fields): string | undefined {
  if (content instanceof ContentDeleted || content instanceof ContentFormat) return undefined
  const isText = content instanceof ContentString
  if (!isText && !(content instanceof ContentAny)) return 'it holds something that is no value'
  const field = root !== undefined && Object.hasOwn(fields, root) ? fields[root] : undefined
  // An item whose neighbour has not come yet could be of any of them, and one of a field that is no more is read by nobody.
  const candidates = field === undefined ? Object.values(fields) : [field]
  const isSound = isText
    ? candidates.some(({ kind }) => kind === 'text')
    : content.arr.every((value) => candidates.some(({ kind, schema }) => kind === 'list' && schema?.safeParse(value).success))
  if (isSound) return undefined
  return field === undefined ? 'a value fits no list or text' : `a value does not fit the field "${root}"`
}
