import type { Condition } from '../compound/condition.ts'
import { stem } from '../stem.ts'
import type { CommandFacts, Output } from './command-facts.ts'

/** What results are called that went well. */
const WELL = new Set(
  'healthy pass passed ok okay success successful succeeded ready up valid clean done green good active running in-sync unchanged'.split(
    ' ',
  ),
)
const NAMES = new Set('ok healthy passed ready success successful valid clean up inStep'.split(' '))
const VERDICTS = new Set('status verdict state result outcome health level grade'.split(' '))
const COUNTS = new Set('count total'.split(' '))
/** What is the matter where a verdict is not good. */
const TROUBLE = new Set('problem trouble issue error failure fault finding warning complaint'.split(' ').map(stem))
const TRIED = /^(?:pass|fail|succe|green|red|broke|break|work|through)/
/** How many were found of what was looked for. */
const FOUND = new Set('found matches count total'.split(' '))
/** How a part of a chain is called in the expressions of others. */
export const stepName = (index: number): string => `part${index + 1}`

/** A condition as the expression of a chain, and whether that is no more than what it may mean. */
export interface When {
  readonly test: string
  readonly isGuessed: boolean
}

/**
 * What a condition asks of what an earlier part returned. Whether the part itself succeeded is what it asks of a command that does
 * something; of one that looks, which succeeds whatever it sees, that is no more than a guess. `undefined` where a figure is asked for
 * that the result does not have.
 */
export function whenOf(condition: Condition, index: number, { effect, outputs }: CommandFacts): When | undefined {
  const step = `steps.${stepName(index)}`
  const of = ({ name }: Output): string => `${step}.output${/^[a-z_]\w*$/i.test(name) ? `.${name}` : `['${name}']`}`
  const amountOf = (output: Output): string => (output.type === 'list' ? `length(${of(output)})` : of(output))
  const sure = (test: string): When => ({ test, isGuessed: false })
  const isDone = (good: boolean): string => `${step}.state == '${good ? 'done' : 'failed'}'`
  // What does something and fails returns nothing that could say so.
  const orFailed = (verdict: string, good: boolean): string => (good || effect === 'read' ? verdict : `${isDone(false)} || ${verdict}`)
  if (condition.kind === 'figure') {
    const found = named(outputs, condition.words)
    return found === undefined ? undefined : sure(`${amountOf(found)} ${condition.operator} ${condition.number}`)
  }
  if (condition.kind === 'any') {
    const { words, some } = condition
    const found = named(outputs, words)
    if (found !== undefined) return sure(`${amountOf(found)} ${some ? '>' : '=='} 0`)
    const verdict = verdictOf(outputs, of, !some)
    if (verdict !== undefined) return { test: orFailed(verdict, !some), isGuessed: !words.some((word) => TROUBLE.has(stem(word))) }
    if (effect !== 'read') return sure(isDone(!some))
    const count = outputs.find(({ name, type }) => type === 'number' && FOUND.has(name))
    return { test: count === undefined ? isDone(!some) : `${of(count)} ${some ? '>' : '=='} 0`, isGuessed: true }
  }
  const { good, word, isGuessed = false } = condition
  // Whether tests pass is not whether all is well.
  const tried = TRIED.test(word) ? outputs.find(({ name, type }) => type === 'boolean' && name === 'passed') : undefined
  if (tried !== undefined) return { test: orFailed(`${of(tried)} == ${good}`, good), isGuessed }
  const said = outputs.find(({ type, choices }) => type === 'string' && choices.some((choice) => choice.toLowerCase() === word))
  if (said !== undefined && !good && !WELL.has(word))
    return { test: `${of(said)} == '${said.choices.find((choice) => choice.toLowerCase() === word)}'`, isGuessed }
  const verdict = verdictOf(outputs, of, good)
  if (verdict !== undefined) return { test: orFailed(verdict, good), isGuessed }
  // "if that fails" asks of the look itself, and "if all is well" of what it sees.
  const asksOfItself = !good && /^(?:it|that|this|they)\s+fails?$/i.test(condition.said)
  return { test: isDone(good), isGuessed: isGuessed || (effect === 'read' && !asksOfItself) }
}

/** What has to hold of the one output that says whether all is well. */
function verdictOf(outputs: readonly Output[], of: (output: Output) => string, good: boolean): string | undefined {
  const verdict = outputs.find(
    ({ name, type, choices }) => type === 'string' && VERDICTS.has(name) && choices.some((choice) => WELL.has(choice.toLowerCase())),
  )
  if (verdict !== undefined) {
    const well = verdict.choices.filter((choice) => WELL.has(choice.toLowerCase()))
    const [operator, joined] = good ? ['==', ' || '] : ['!=', ' && ']
    return well.map((choice) => `${of(verdict)} ${operator} '${choice}'`).join(joined)
  }
  const flag = outputs.find(({ name, type }) => type === 'boolean' && NAMES.has(name))
  return flag === undefined ? undefined : `${of(flag)} == ${good}`
}

/** An expression as people say it: "status of 1 is HEALTHY". */
export const spoken = (expression: string): string =>
  expression
    .replace(/length\(steps\.part(\d+)\.output\.([\w.]+)\)/g, 'number of $2 of $1')
    .replace(/steps\.part(\d+)\.output\.([\w.]+)/g, '$2 of $1')
    .replace(/steps\.part(\d+)\.state == 'done'/g, '$1 succeeds')
    .replace(/steps\.part(\d+)\.state == 'failed'/g, '$1 fails')
    .replace(/steps\.part(\d+)\.state/g, 'state of $1')
    .replace(/\bpart(\d+)\b/g, '$1')
    .replace(/ == '?([\w-]+)'?/g, ' is $1')
    .replace(/ != '?([\w-]+)'?/g, ' is not $1')
    .replaceAll(' > ', ' is above ')
    .replaceAll(' >= ', ' is at least ')
    .replaceAll(' < ', ' is below ')
    .replaceAll(' <= ', ' is at most ')
    .replaceAll(' && ', ' and ')
    .replaceAll(' || ', ' or ')
    .replace(/!\(/g, 'not (')

/** The number or the list that these words mean: "score", "open issues". */
function named(outputs: readonly Output[], words: readonly string[]): Output | undefined {
  const wanted = words.length === 0 ? [...COUNTS] : words.map(stem)
  const rated = outputs
    .filter(({ type }) => type === 'number' || type === 'list')
    .map((output) => {
      const own = output.name
        .replace(/([a-z])([A-Z])/g, '$1 $2')
        .toLowerCase()
        .split(/[^a-z0-9]+/)
      const hits = own.filter((word) => wanted.includes(stem(word))).length
      return { output, points: hits * 2 + (hits > 0 && own.some((word) => COUNTS.has(word)) ? 0.5 : 0) - own.length * 0.1 }
    })
    .filter(({ points }) => points > 0.5)
    .sort((a, b) => b.points - a.points)
  return rated[0]?.output
}
