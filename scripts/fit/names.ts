// npm run fit: learns what each signal says for a word being the name of something, from labelled requests, and writes the table of
// packages/router/src/lib/arguments/naming-weights.ts.
import { readFileSync, writeFileSync } from 'node:fs'
import { fillArguments } from '../../packages/router/src/lib/arguments/fill.ts'
import { candidatesIn, choiceOf } from '../../packages/router/src/lib/arguments/naming.ts'
import { bare } from '../../packages/router/src/lib/arguments/naming-signals.ts'
import { NAMING_GROUPS, type NamingGroup, namingSignals } from '../../packages/router/src/lib/arguments/naming-weights.ts'
import { FOLDS, facts, foldOf, sets } from './workspace.ts'

const TARGET = new URL('../../packages/router/src/lib/arguments/naming-weights.ts', import.meta.url)
const ROUNDS = 400
const STEP = 0.3
/** How strongly weights are pulled to nought. */
const PULL = 0.3

/** One field of one request: what may be its name, and which of that is; none where it stays open. */
interface Choice {
  readonly text: string
  readonly group: NamingGroup
  /** The signals of each word, and those for leaving the field open as the last. */
  readonly options: readonly (readonly string[])[]
  readonly right: readonly number[]
}

function choicesIn(text: string, command: string, args: Readonly<Record<string, unknown>>): readonly Choice[] {
  const known = facts(command)
  const found: Choice[] = []
  if (known === undefined) return found
  fillArguments(text, known.fields, {
    nowMs: 0,
    ownWords: known.ownWords,
    onNames(lexemes, open, options) {
      const words = candidatesIn(lexemes, options)
      for (const field of open) {
        const { group, nulls, candidates } = choiceOf(lexemes, field, words, options)
        const wanted = [args[field.name] ?? []].flat().map((value) => String(value).toLowerCase())
        const right = candidates.flatMap(({ at }, i) => (wanted.includes(bare(lexemes[at]!.lower)) ? [i] : []))
        // What is no single word is read elsewhere.
        if (wanted.length > 0 && right.length === 0) continue
        const all = [...candidates.map(({ signals, kindSignals }) => [...signals, ...kindSignals]), nulls]
        found.push({ text, group, options: all, right: right.length > 0 ? right : [all.length - 1] })
      }
    },
  })
  return found
}

type Weights = ReadonlyMap<string, number>

const sumOf = (signals: readonly string[], weights: Weights): number => signals.reduce((sum, signal) => sum + (weights.get(signal) ?? 0), 0)

/** A logistic model that chooses one of several; each weight's steps grow shorter the more it was moved. */
function learn(choices: readonly Choice[]): Weights {
  const weights = new Map<string, number>()
  const moved = new Map<string, number>()
  for (let round = 0; round < ROUNDS; round++) {
    const slope = new Map<string, number>()
    for (const { options, right } of choices) {
      const chances = options.map((signals) => Math.exp(sumOf(signals, weights)))
      const all = chances.reduce((sum, chance) => sum + chance, 0)
      const good = right.reduce((sum, i) => sum + chances[i]!, 0)
      for (const [i, signals] of options.entries()) {
        const pull = (right.includes(i) ? chances[i]! / good : 0) - chances[i]! / all
        for (const signal of signals) slope.set(signal, (slope.get(signal) ?? 0) + pull)
      }
    }
    for (const [signal, pull] of slope) {
      const weight = weights.get(signal) ?? 0
      const towards = pull - PULL * weight
      const sum = (moved.get(signal) ?? 0) + towards * towards
      moved.set(signal, sum)
      weights.set(signal, weight + (STEP * towards) / Math.sqrt(sum + 1e-9))
    }
  }
  return weights
}

function isRight({ options, right }: Choice, weights: Weights): boolean {
  const points = options.map((signals) => sumOf(signals, weights))
  const best = points.indexOf(Math.max(...points))
  return right.includes(best)
}

const choices = [...sets.values()].flat().flatMap(({ text, command, args }) => (command && args ? choicesIn(text, command, args) : []))
const learned = new Map<NamingGroup, Weights>()
for (const group of NAMING_GROUPS) {
  const own = choices.filter((choice) => choice.group === group)
  learned.set(group, learn(own))
  let right = 0
  for (let fold = 0; fold < FOLDS; fold++) {
    const weights = learn(own.filter(({ text }) => foldOf(text) !== fold))
    right += own.filter((choice) => foldOf(choice.text) === fold && isRight(choice, weights)).length
  }
  const named = own.filter(({ options, right: [first] }) => first !== options.length - 1).length
  console.log(
    `${group}: ${own.length} fields, ${named} with a name; of those left out ${((100 * right) / own.length).toFixed(1)} in 100 right`,
  )
}

const written = (signal: string): string =>
  NAMING_GROUPS.map((group) => ((learned.get(group)!.get(signal) ?? 0) + 0).toFixed(1).replace('-0.0', '0.0').padStart(4)).join(' ')
const unknown = new Set([...learned.values()].flatMap((weights) => [...weights.keys()]).filter((signal) => !namingSignals.has(signal)))
if (unknown.size > 0) throw new Error(`Cannot write the weights as each signal must have a line in the table: ${[...unknown].join(', ')}`)
const before = readFileSync(TARGET, 'utf8')
writeFileSync(
  TARGET,
  before.replace(/(?<=const TABLE = `\n)[^`]*/u, (table) =>
    table.replaceAll(/^([^:\n]+):.*$/gmu, (_, signal: string) => `${signal}: ${written(signal)}`),
  ),
)
