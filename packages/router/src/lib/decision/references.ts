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
  const found: Referred[] = []
  for (const field of open) {
    if (!SHARED.has(field.kind) || field.list) continue
    if (pointed === undefined && !field.required) continue
    for (const { index, facts: other, args } of [...earlier].reverse()) {
      const same = other.fields.find(({ name, kind, slot }) => args[name] !== undefined && kind === field.kind && slot === field.slot)
      if (same !== undefined) {
        const { value, from } = args[same.name]!
        if (typeof value === 'string' && value.startsWith('${{'))
          found.push({ name: field.name, argument: { value, from: pointed ?? from }, result: index })
        else found.push({ name: field.name, argument: { value, from: pointed ?? from } })
        break
      }
      const output = other.outputs.find(
        ({ name, type }) => (type === 'string' || type === 'number') && (name === field.name || name === field.slot),
      )
      if (output !== undefined && (pointed !== undefined || field.kind === 'version' || field.kind === 'id')) {
        const at = pointed ?? [offset, offset + text.length]
        found.push({
          name: field.name,
          argument: { value: `\${{ steps.${stepName(index)}.output.${output.name} }}`, from: at },
          result: index,
        })
        break
      }
    }
  }
  return found
}
