import type { Stack } from '../../model/stack.ts'
import type { Unit } from '../../model/unit.ts'
import type { Found, Rule, TextEdit } from '../rule.ts'
import { eolOf } from '../text-edits.ts'

/** A rule that looks at one unit by itself. */
export function unitRule(rule: Omit<Rule, 'look' | 'part'>, look: (unit: Unit, stack: Stack) => Iterable<Found>): Rule {
  return {
    ...rule,
    part: 'systemd',
    *look(stack) {
      for (const unit of stack.units) yield* look(unit, stack)
    },
  }
}

export const serviceUnitRule = (rule: Omit<Rule, 'look' | 'part'>, look: (unit: Unit, stack: Stack) => Iterable<Found>): Rule =>
  unitRule(rule, function* (unit, stack) {
    if (unit.kind === 'service') yield* look(unit, stack)
  })

export const sectionSpot = ({ sections, source }: Unit, name: string): Found['spot'] =>
  sections.find((section) => section.name === name)?.spot ?? source.spot(0)

/** A line added at the end of a section. */
export function addTo({ sections, source }: Unit, name: string, line: string): { edits?: TextEdit[] } {
  const section = sections.find((one) => one.name === name)
  if (section === undefined) return {}
  return { edits: [{ spot: source.spot(withoutReturn(source.text, section.end)), text: `${eolOf(source.text)}${line}` }] }
}

const withoutReturn = (text: string, end: number): number => (text[end - 1] === '\r' ? end - 1 : end)

export const names = (value: string): string[] => value.split(/\s+/).filter((name) => name !== '')
