import type { Field } from '../arguments/field.ts'
import type { Argument } from '../arguments/fill.ts'
import type { CommandFacts } from './command-facts.ts'
import { stepName } from './when.ts'

/** An earlier part of a request, as far as later ones may refer to it. */
export interface Earlier {
  readonly index: number
  readonly facts: CommandFacts
  readonly args: Readonly<Record<string, Argument>>
  /** What it depends on itself. */
  readonly when?: string
}

const PRONOUN = /\b(?:it|its|this|that|them|those|these|the (?:same|new|resulting|latest)(?: [\p{L}-]+)?|there)\b/iu
/** What destroys is done to what was spoken of only where nothing else can be meant: "that demo" is another thing. */
const SURE_PRONOUN = /\b(?:its?|them|those|the same)\b|\b(?:that|this)(?=\s*(?:[,.;:!?]|$))/iu
/** Kinds of fields that mean the same thing from one part to the next. */
const SHARED = new Set<Field['kind']>(['env', 'version', 'branch', 'host', 'name', 'id', 'path'])

export interface Referred {
  readonly name: string
  readonly argument: Argument
  /** The part whose result it is; absent where the value is known already. */
  readonly result?: number
}

/**
 * What a part leaves open and earlier ones say: "check the api, then deploy it". Where nothing points back, only what is required is
 * taken over, and nothing at all for a command that destroys.
 */
export function referencesOf(
  text: string,
  offset: number,
  facts: CommandFacts,
  open: readonly Field[],
  earlier: readonly Earlier[],
): readonly Referred[] {
  const pronoun = (facts.effect === 'destroy' ? SURE_PRONOUN : PRONOUN).exec(text)
  if (pronoun === null && facts.effect === 'destroy') return []
  const pointed = pronoun === null ? undefined : ([offset + pronoun.index, offset + pronoun.index + pronoun[0].length] as const)
  return open.flatMap((field) => {
    if (!SHARED.has(field.kind) || (pointed === undefined && !field.required)) return []
    const held = heldBefore(field, facts, earlier, pointed !== undefined)
    if (held === undefined) return []
    const { value, from = [offset, offset + text.length], result } = held
    return [{ name: field.name, argument: { value, from: pointed ?? from }, ...(result !== undefined && { result }) }]
  })
}

interface Held extends Pick<Referred, 'result'> {
  readonly value: Argument['value']
  readonly from?: Argument['from']
}

const RESULT = /^\$\{\{ steps\.part(\d+)\./

/** What the nearest part before says, or returns, of what a field holds. */
function heldBefore(field: Field, { noun }: CommandFacts, earlier: readonly Earlier[], isPointed: boolean): Held | undefined {
  // A list that may be left out is of what was just spoken of: "restart the api and check it".
  const nearest = field.list ? earlier.slice(isPointed ? -1 : earlier.length) : [...earlier].reverse()
  for (const { index, facts, args } of nearest) {
    const same = facts.fields.find(({ name, kind, slot }) => args[name] !== undefined && kind === field.kind && slot === field.slot)
    if (same !== undefined) {
      const { value, from } = args[same.name]!
      const step = typeof value === 'string' ? Number(RESULT.exec(value)?.[1]) : Number.NaN
      if (step <= index) return field.list ? undefined : { value, from, result: step - 1 }
      return { value: field.list && !Array.isArray(value) ? [value as string] : value, from }
    }
    const called = field.slot === 'id' ? noun : field.slot
    const result = facts.results.find((one) => one.called === called || one.path === field.name)
    // What names a thing is enough; more of what was returned may be absent.
    if (result !== undefined && !field.list && (field.required || field.kind === 'version' || field.kind === 'id'))
      return { value: `\${{ steps.${stepName(index)}.output.${result.path} }}`, result: index }
  }
  return undefined
}
