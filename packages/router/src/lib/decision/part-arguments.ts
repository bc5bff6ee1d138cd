import { environmentsIn, knownEnvironments } from '../arguments/environments.ts'
import type { Field } from '../arguments/field.ts'
import { type Argument, type Filled, fillArguments } from '../arguments/fill.ts'
import { flagIn } from '../arguments/flag.ts'
import { lexemesOf } from '../arguments/lexeme.ts'
import { isOrdinary } from '../arguments/name.ts'
import type { SlotValues } from '../candidate.ts'
import { beginsWithVerb, wordsOf } from '../compound/boundary.ts'
import type { Condition } from '../compound/condition.ts'
import type { Part } from '../compound/split.ts'
import { stem } from '../stem.ts'
import { VERBS } from '../verbs.ts'
import type { CommandFacts } from './command-facts.ts'
import type { DecidedPart, DecideOptions } from './decide.ts'
import { type Earlier, referencesOf } from './references.ts'

interface FilledPart {
  readonly args: Record<string, Argument>
  readonly missing: readonly string[]
  /** The parts whose results it needs. */
  readonly results: number[]
}

export function argumentsOf(part: Part, facts: CommandFacts, earlier: readonly Earlier[], { names, nowMs }: DecideOptions): FilledPart {
  const filled = fillArguments(part.text, facts.fields, {
    nowMs,
    literal: facts.effect === 'destroy',
    ownWords: facts.ownWords,
    ...(names !== undefined && { names }),
  })
  const args: Record<string, Argument> = {}
  for (const [name, { value, from }] of Object.entries(filled.args))
    args[name] = { value, from: [from[0] + part.start, from[1] + part.start] }
  const open = facts.fields.filter(({ name }) => args[name] === undefined)
  const referred = earlier.length === 0 ? [] : referencesOf(part.text, part.start, facts, open, earlier)
  for (const { name, argument } of referred) args[name] = argument
  return {
    args,
    missing: filled.missing.filter((name) => args[name] === undefined),
    results: referred.flatMap(({ result }) => (result === undefined ? [] : [result])),
  }
}

/** Kinds of values that name what a command is done to. */
const NAMING = new Set<Field['kind']>(['env', 'name', 'id', 'version', 'branch', 'host'])

/** Whether two pieces of a request name different things to do a command to: "deploy to staging, then production". */
export function namesAnother(text: string, other: string, { fields, ownWords }: CommandFacts, { names, nowMs }: DecideOptions): boolean {
  const naming = fields.filter(({ kind, list }) => !list && NAMING.has(kind))
  if (naming.length === 0) return false
  const [own, said] = [text, other].map(
    (piece) => fillArguments(piece, naming, { nowMs, ownWords, ...(names !== undefined && { names }) }).args,
  ) as [Filled['args'], Filled['args']]
  return naming.some(({ name }) => own[name] !== undefined && said[name] !== undefined && own[name].value !== said[name].value)
}

/** The flags of a command that a piece of a request turns on or off: "... but do not push it". */
export function flagsOf(text: string, offset: number, { fields }: CommandFacts): Readonly<Record<string, Argument>> {
  const lexemes = lexemesOf(text)
  return Object.fromEntries(
    fields.flatMap((field) => {
      const found = field.kind === 'flag' ? flagIn(lexemes, field) : undefined
      return found === undefined ? [] : [[field.name, { value: found.value, from: [offset + found.start, offset + found.end] as const }]]
    }),
  )
}

/** Whether a piece begins with the name of something that a command takes, and says what it is: "severity high", "reason: sale". */
export function isField(text: string, { id, fields }: CommandFacts): boolean {
  const words = wordsOf(text)
  const [first] = words
  if (first === undefined || words.length < 2 || id.split('.').includes(first.lower)) return false
  return fields.some(({ kind, slot, words: own }) => kind !== 'flag' && (slot === first.lower || own.at(-1) === first.stem))
}

/** How many words into a piece an option may be named that begins with a verb: "file an issue", but not "list what was remediated". */
const OPENING = 3

/** Whether a piece says an option of a command: "... and push it". */
export function isOption(text: string, facts: CommandFacts): boolean {
  const words = wordsOf(text)
  const opening = words.slice(0, OPENING).at(-1)
  if (opening === undefined) return false
  return Object.values(flagsOf(text, 0, facts)).some(({ from }) => !VERBS.has(words[0]!.lower) || from[0] <= opening.start)
}

const AND = ',? and |,? & |,? as well as '
/** What stands behind the last of a list: without an "and", a word that goes on is no more of it ("restart api, the people say ..."). */
const GOES_ON = String.raw`(?=$|[,.;:!?]|\s+(?:and|&|as|to|on|with|in|from|because|too|now|please)\b)`
const NAME = String.raw`(?:the |our |my )?([\p{L}\p{N}][\w./-]*\w|[\p{L}\p{N}])(?![\w./-]|\s+(?:it|its|them|their|the|a|an|my|our|all)\b)`
const NEXT_NAME = new RegExp(`^(?:${AND}|, (?=[^,.;:!?\\s]+(?:\\s[^,.;:!?\\s]+)?${GOES_ON}))${NAME}`, 'iu')
/** "issues 4 and 5", but not "issue 4, 5 days late". */
const NEXT_ID = new RegExp(String.raw`^(?:${AND}|, )(?:[\p{L}]+ )?#?(\d+)${GOES_ON}`, 'iu')

/** "restart the api and the worker" asks for the same thing twice, as does "check api and worker, then restart them": the arguments for each. */
export function everyOne(
  request: string,
  part: Part,
  { fields, ownWords }: CommandFacts,
  args: Readonly<Record<string, Argument>>,
  names: SlotValues = {},
): readonly Record<string, Argument>[] {
  const spoken = fields.find(({ name, list }) => !list && Array.isArray(args[name]?.value))
  if (spoken !== undefined) {
    const { value, from } = args[spoken.name]!
    return (value as readonly (string | number)[]).map((one) => ({ ...args, [spoken.name]: { value: one, from } }))
  }
  const field = fields.find(
    ({ name, kind, list, integer }) =>
      (kind === 'name' || kind === 'host' || (kind === 'id' && integer)) && !list && args[name] !== undefined,
  )
  if (field === undefined) return [args]
  const all: Record<string, Argument>[] = [args]
  const read = (said: string): string | number | undefined => (field.kind === 'id' ? Number(said) : nameIn(said, field, ownWords, names))
  let end = args[field.name]!.from[1]
  for (;;) {
    const next = (field.kind === 'id' ? NEXT_ID : NEXT_NAME).exec(request.slice(end, part.end))
    const value = next === null ? undefined : read(next[1]!)
    if (next === null || value === undefined) return all
    end += next[0].length
    const start = end - next[1]!.length
    if (isValue(args, start, end)) return all
    all.push({ ...args, [field.name]: { value, from: [start, end] } })
  }
}

/** Whether any of a stretch of a request was read as an argument. */
export const isValue = (args: Readonly<Record<string, Argument>>, start: number, end: number): boolean =>
  Object.values(args).some(({ from }) => from[0] < end && start < from[1])

/** A word as the name of a thing, where it can be one. */
function nameIn(said: string, { slot }: Field, ownWords: ReadonlySet<string>, names: SlotValues): string | undefined {
  const lower = said.toLowerCase()
  if (isOrdinary(lower) || ownWords.has(stem(lower))) return undefined
  return names[slot] === undefined ? said : names[slot].find((one) => one.toLowerCase() === lower)
}

/** What a part without a verb leaves to the one before it: "restart the api and the worker" restarts both. Nothing of what destroys. */
export function leftOutOf(
  { text }: Part,
  { effect }: CommandFacts,
  args: Readonly<Record<string, Argument>>,
  previous: DecidedPart,
): Readonly<Record<string, Argument>> {
  if (effect === 'destroy' || beginsWithVerb(text)) return {}
  return Object.fromEntries(Object.entries(previous.args).filter(([name]) => args[name] === undefined))
}

/** Whether a condition is what an option or a figure of a command says: "fail if the score is below 80", "roll it back if it fails". */
export function isTaken({ at, said }: Condition, { effect, fields }: CommandFacts, args: Readonly<Record<string, Argument>>): boolean {
  // What only looks is not held up by what it looks for, and what destroys is never done on an unread condition.
  if (effect !== 'write') return effect === 'read'
  return fields.some(({ name, kind }) => {
    const from = args[name]?.from
    if (from === undefined) return false
    // Somebody's own words set no condition.
    if (kind === 'text') return from[0] <= at && at + said.length <= from[1]
    return kind === 'flag' || (typeof args[name]!.value === 'number' && from[0] >= at && from[1] <= at + said.length)
  })
}

const RANGE = /\b\d+\s*(?:-|–|to|through|until)\s*\d+\b/iu

/** "... since an hour ago, and of the worker". */
const SECOND_NAME = new RegExp(
  `(?:${AND}|,? or )(?:(?:also|then|of|for|on|in|to|from|with|the|our|my)\\s+)*([\\p{L}\\p{N}][\\w./-]*)`,
  'giu',
)

/** What is said of a kind of which a command takes one, and is not taken: "roll back staging and production", "scale api to 3 and worker to 5". */
export function otherTarget(
  { text, start }: Part,
  { effect, fields, ownWords }: CommandFacts,
  args: Readonly<Record<string, Argument>>,
  names: SlotValues = {},
): string | undefined {
  const range = RANGE.exec(text)?.[0]
  const isFree = (from: number, to: number, among = fields): boolean =>
    !among.some(({ name }) => args[name] !== undefined && from + start < args[name].from[1] && args[name].from[0] < to + start)
  for (const field of fields) {
    const { kind, name, list, integer, choices } = field
    if (args[name] === undefined) continue
    // Another option may have taken it: "to staging and qa" is no tag.
    const own = kind === 'env' ? fields.filter((one) => one === field || one.kind === 'text') : fields
    if (kind === 'name' || kind === 'host' || kind === 'env') {
      for (const { 1: said = '', index, 0: whole } of text.matchAll(SECOND_NAME)) {
        const end = index + whole.length
        // "Deploy web and api to staging" names one environment.
        if (kind === 'env' && index + start !== args[name].from[1]) continue
        // What a workspace does not know is none of its names, and all the more worth a question.
        if (nameIn(said, field, ownWords, {}) !== undefined && isFree(end - said.length, end, own)) return said
      }
    }
    if (effect === 'read' || list) continue
    if (kind === 'id' && integer && range !== undefined) return range
    if (kind !== 'env') continue
    const all = environmentsIn(lexemesOf(text), knownEnvironments(choices, names))
    const other = all.find(({ value, ...one }) => value !== args[name]!.value && isFree(one.start, one.end, own))
    if (other !== undefined) return other.value
  }
  return undefined
}

/**
 * A part that asks the command before it for nothing else: "run the tests, then tell me whether they pass". Its arguments with those of the
 * one before; `undefined` where the two ask for different things.
 */
export function saidAgain(
  previous: DecidedPart,
  command: string,
  when: string | undefined,
  args: Readonly<Record<string, Argument>>,
): Readonly<Record<string, Argument>> | undefined {
  if (previous.command !== command || previous.when !== when) return undefined
  const joined: Record<string, Argument> = { ...args, ...previous.args }
  for (const [name, { value, from }] of Object.entries(args)) {
    const before = previous.args[name]
    if (before === undefined || JSON.stringify(before.value) === JSON.stringify(value)) continue
    if (!Array.isArray(value) || !Array.isArray(before.value)) return undefined
    joined[name] = { value: [...new Set([...before.value, ...value])], from: [before.from[0], Math.max(before.from[1], from[1])] }
  }
  return joined
}

export const inOrder = ({ fields }: CommandFacts, args: Readonly<Record<string, Argument>>): Readonly<Record<string, Argument>> =>
  Object.fromEntries(fields.flatMap(({ name }) => (args[name] === undefined ? [] : [[name, args[name]]])))
