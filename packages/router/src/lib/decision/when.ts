import type { Condition } from '../compound/condition.ts'
import { stem } from '../stem.ts'
import type { CommandFacts, Output } from './command-facts.ts'

/** What results are called that went well. */
const WELL = new Set(
  'healthy pass passed ok okay success successful succeeded ready up valid clean done green good active running'.split(' '),
)
const NAMES = new Set('ok healthy passed ready success successful valid clean up'.split(' '))
const VERDICTS = new Set('status verdict state result outcome health level grade'.split(' '))
const COUNTS = new Set('count total'.split(' '))

/** How a part of a chain is called in the expressions of others. */
export const stepName = (index: number): string => `part${index + 1}`

/**
 * A condition as the expression of a chain over what an earlier part returned; where its result says nothing of the kind, over whether it succeeded.
 * `undefined` where a figure is asked for that the result does not have.
 */
export function whenOf(condition: Condition, index: number, { outputs }: CommandFacts): string | undefined {
  const step = `steps.${stepName(index)}`
  const of = ({ name }: Output): string => `${step}.output${/^[a-z_]\w*$/i.test(name) ? `.${name}` : `['${name}']`}`
  if (condition.kind === 'figure') {
    const found = named(outputs, condition.words)
    if (found === undefined) return undefined
    return `${found.type === 'list' ? `length(${of(found)})` : of(found)} ${condition.operator} ${condition.number}`
  }
  if (condition.kind === 'any') {
    const found = named(outputs, condition.words)
    if (found === undefined) return `${step}.state == '${condition.some ? 'failed' : 'done'}'`
    return `${found.type === 'list' ? `length(${of(found)})` : of(found)} ${condition.some ? '>' : '=='} 0`
  }
  const { good, word } = condition
  const said = outputs.find(({ type, choices }) => type === 'string' && choices.some((choice) => choice.toLowerCase() === word))
  if (said !== undefined && !good && !WELL.has(word))
    return `${of(said)} == '${said.choices.find((choice) => choice.toLowerCase() === word)}'`
  const verdict = outputs.find(
    ({ name, type, choices }) => type === 'string' && VERDICTS.has(name) && choices.some((choice) => WELL.has(choice.toLowerCase())),
  )
  if (verdict !== undefined) {
    const well = verdict.choices.filter((choice) => WELL.has(choice.toLowerCase()))
    const [operator, joined] = good ? ['==', ' || '] : ['!=', ' && ']
    const tests = well.map((choice) => `${of(verdict)} ${operator} '${choice}'`)
    return tests.join(joined)
  }
  const flag = outputs.find(({ name, type }) => type === 'boolean' && NAMES.has(name))
  if (flag !== undefined) return `${of(flag)} == ${good}`
  return `${step}.state == '${good ? 'done' : 'failed'}'`
}

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
