import type { SlotValues } from '../candidate.ts'
import { assignmentsIn } from './assignment.ts'
import { choicesIn, SUGGESTED } from './choice.ts'
import { withoutCorrected } from './correction.ts'
import { confirmedIn, environmentsIn, knownEnvironments } from './environments.ts'
import type { Field } from './field.ts'
import { flagIn } from './flag.ts'
import { freeTextIn } from './free-text.ts'
import { type Lexeme, lexemesOf } from './lexeme.ts'
import { mended } from './mend.ts'
import { mentionsIn } from './mention.ts'
import { namedValuesIn } from './named-values.ts'
import { type NamingOptions, namesIn } from './naming.ts'
import { pairMentions } from './pairing.ts'

export type ArgumentValue = string | number | boolean | readonly (string | number)[] | Readonly<Record<string, string>>

/** A value and the stretch of the request it was read from: `text.slice(...from)`. */
export interface Argument {
  readonly value: ArgumentValue
  readonly from: readonly [start: number, end: number]
}

export interface Filled {
  readonly args: Readonly<Record<string, Argument>>
  /** What has to be asked for. */
  readonly missing: readonly string[]
}

export interface FillOptions {
  /** What this workspace calls its environments, services, projects, branches, hosts. */
  readonly names?: SlotValues
  readonly nowMs: number
  /** Nothing is read into the request that it does not say in so many words: for commands that destroy. @default false */
  readonly literal?: boolean
  /** Stems of words the command describes itself with: they name no thing. */
  readonly ownWords?: ReadonlySet<string>
  /** Told what names are chosen from, for those who learn how. */
  readonly onNames?: (lexemes: readonly Lexeme[], open: readonly Field[], options: NamingOptions) => void
}

/** "open an incident for it": what is pointed at is no text of its own. */
const POINTS_BACK = /^(?:all of )?(?:it|this|that|them|these|those)$/i

const isSuggested = ({ kind, slot, suggested }: Field): boolean =>
  kind === 'name' && (SUGGESTED[slot] !== undefined || suggested.length > 0)

/** Fields whose value may be a word that nobody knows: a tag may be any word, too. */
const isNamed = ({ kind, slot }: Field): boolean => kind === 'name' || kind === 'folder' || kind === 'host' || slot === 'tag'

/** Fields that say what a command is done to, but for the place where one stands. */
const isTarget = ({ kind, slot, isHere }: Field): boolean =>
  !isHere && (kind === 'env' || slot === 'service' || slot === 'target' || slot === 'host' || slot === 'project')

/** Reads a command's arguments out of a request. What it does not say stays open; nothing is made up. */
export function fillArguments(
  request: string,
  fields: readonly Field[],
  { names = {}, nowMs, literal = false, ownWords = new Set(), onNames }: FillOptions,
): Filled {
  const { text, placeOf } = mended(withoutCorrected(request), fields, names)
  const lexemes = lexemesOf(text)
  const args = new Map<string, { value: ArgumentValue; start: number; end: number }>()
  const taken: { start: number; end: number }[] = []
  const isTaken = (start: number, end: number): boolean => taken.some((one) => start < one.end && one.start < end)
  const isOpen = ({ name }: Field): boolean => !args.has(name)

  function take({ name, list }: Field, value: ArgumentValue, start: number, end: number): void {
    const before = args.get(name)
    if (before !== undefined && list) {
      args.set(name, {
        value: [...(before.value as (string | number)[]), value as string],
        start: before.start,
        end: Math.max(end, before.end),
      })
    } else args.set(name, { value: list && !Array.isArray(value) ? [value as string] : value, start, end })
    taken.push({ start, end })
  }

  for (const { field, value, start, end } of assignmentsIn(text, fields)) take(field, value, start, end)

  for (const field of fields.filter(({ kind, list }) => kind === 'pairs' && !list).filter(isOpen)) {
    const found = namedValuesIn(text, isTaken)
    if (found !== undefined) take(field, found.value, found.start, found.end)
  }

  takeTexts('sure')

  for (const field of fields.filter(({ kind }) => kind === 'env').filter(isOpen)) {
    const found = environmentsIn(lexemes, knownEnvironments(field.choices, names)).filter(({ start, end }) => !isTaken(start, end))
    for (const { value, start, end } of field.list ? found : found.slice(0, 1)) take(field, value, start, end)
  }

  for (const field of fields.filter(({ slot }) => slot === 'confirm').filter(isOpen)) {
    const found = confirmedIn(lexemes, String(args.get('env')?.value ?? ''))
    if (found !== undefined) take(field, found.value, found.start, found.end)
  }

  const choosing = fields.filter((field) => field.kind === 'choice' || isSuggested(field)).filter(isOpen)
  const chosen = choosing
    .flatMap((field) => choicesIn(lexemes, field, { exactOnly: literal }).map((mention) => ({ field, ...mention })))
    .sort((a, b) => b.points - a.points || a.start - b.start)
  // "the compose file and the Caddyfile" of a field that may be "all" is all.
  const saysSeveral = (field: Field): boolean =>
    field.choices?.includes('all') === true &&
    !field.list &&
    new Set(chosen.flatMap((one) => (one.field === field ? [one.value] : []))).size > 1
  for (const { field, value, start, end } of chosen) {
    if (
      isTaken(start, end) ||
      saysSeveral(field) ||
      (!isOpen(field) && !(field.list && !(args.get(field.name)!.value as readonly string[]).includes(value)))
    )
      continue
    take(field, value, start, end)
  }
  // A list is in the order it was said in.
  for (const { name, list } of choosing) {
    const taken = list ? args.get(name) : undefined
    const placeOf = (one: string): number => chosen.find(({ field, value }) => field.name === name && value === one)?.start ?? 0
    if (taken !== undefined)
      args.set(name, { ...taken, value: (taken.value as readonly string[]).toSorted((a, b) => placeOf(a) - placeOf(b)) })
  }

  takeTexts('sought')

  function takeTexts(how: 'sure' | 'sought' | 'likely'): void {
    for (const field of fields.filter(({ kind }) => kind === 'text').filter(isOpen)) {
      const found = freeTextIn(text, field, how)
      if (found !== undefined && !POINTS_BACK.test(found.value) && !isTaken(found.start, found.end))
        take(field, found.value, found.start, found.end)
    }
  }

  const mentions = mentionsIn(text, names).filter(({ start, end }) => !isTaken(start, end))
  for (const { field, mention, value } of pairMentions(fields.filter(isOpen), mentions, lexemes, { text, nowMs, ownWords }))
    take(field, value, mention.start, mention.end)

  for (const field of fields.filter(({ kind }) => kind === 'flag').filter(isOpen)) {
    const found = flagIn(lexemes, field, literal ? undefined : ownWords)
    if (found !== undefined && !isTaken(found.start, found.end)) take(field, found.value, found.start, found.end)
  }

  const nameable = fields.filter(isNamed).filter(isOpen)
  const naming = { fields, ownWords, isTaken, literal, names }
  onNames?.(lexemes, nameable, naming)
  for (const { field, value, start, end } of namesIn(lexemes, nameable, naming)) take(field, value, start, end)

  takeTexts('likely')

  return {
    args: Object.fromEntries(
      [...args].map(([name, { value, start, end }]) => {
        const from = [placeOf(start), placeOf(end)] as const
        // A person's own words stay as they were written.
        const isOwn = value === text.slice(start, end) && fields.some((field) => field.name === name && field.kind === 'text')
        return [name, { value: isOwn ? request.slice(...from) : value, from }]
      }),
    ),
    missing: fields
      .filter(isOpen)
      .filter((field) => field.required || (literal && field.default !== undefined && isTarget(field)))
      .map(({ name }) => name),
  }
}
