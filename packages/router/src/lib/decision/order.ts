import type { Condition } from '../compound/condition.ts'
import type { Part } from '../compound/split.ts'
import type { CommandFacts } from './command-facts.ts'
import type { Decided, DecidedPart } from './decide.ts'
import type { Earlier } from './references.ts'
import { type When, whenOf } from './when.ts'

const TRIED = /^(?:pass|fail|succeed|green|red$|through)/

/** Whether a command tells what a condition is about: one that only looks does, and what passes or fails has to be tried. */
export const isTold = (condition: Condition, { effect }: CommandFacts): boolean =>
  effect === 'read' || (effect === 'write' && condition.kind === 'outcome' && TRIED.test(condition.word))

/**
 * A condition is about the nearest part before that tells, one that depends on nothing itself as a rule: the other branch of "if it
 * fails, ..., otherwise ..." is not what it asks of. It is about the last one where none tells.
 */
export function conditionOf(condition: Condition, earlier: readonly Earlier[]): When | undefined {
  const before = [...earlier].reverse()
  const free = before.filter(({ when }) => when === undefined)
  const telling = [...free, ...before].filter(({ facts }) => isTold(condition, facts))
  for (const { index, facts } of telling.length > 0 ? telling : free.length > 0 ? free : before) {
    const when = whenOf(condition, index, facts)
    if (when !== undefined) return when
  }
  return undefined
}

export function afterOf(
  index: number,
  part: Part,
  facts: CommandFacts,
  earlier: readonly Earlier[],
  results: readonly number[],
  when: string | undefined,
): readonly number[] {
  const after = new Set(results)
  for (const match of when?.matchAll(/steps\.part(\d+)\./g) ?? []) after.add(Number(match[1]) - 1)
  // What changes something keeps its place in the order it was asked in; two looks do not mind one another.
  const previous = earlier.at(-1)
  const isOrdered = previous !== undefined && (part.waits || facts.effect !== 'read' || previous.facts.effect !== 'read')
  if (isOrdered && (after.size === 0 || previous.when === when)) after.add(index - 1)
  return [...after].sort((a, b) => a - b)
}

export function strategyOf(parts: readonly DecidedPart[]): Decided['strategy'] {
  if (parts.length < 2) return 'single'
  const waiting = parts.slice(1).filter(({ after }) => after.length > 0).length
  return waiting === 0
    ? 'parallel'
    : waiting === parts.length - 1 && parts.every(({ after }, i) => i === 0 || after.includes(i - 1))
      ? 'sequential'
      : 'mixed'
}
