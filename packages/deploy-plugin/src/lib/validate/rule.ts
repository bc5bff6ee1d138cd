import type { ComposeProject } from '../model/compose.ts'
import type { ComposeService } from '../model/compose-service.ts'
import type { Spot } from '../model/source.ts'
import { allServices, type Stack } from '../model/stack.ts'
import type { Severity } from './severity.ts'

export const PARTS = ['compose', 'caddy', 'systemd', 'env', 'stack'] as const
/** What a rule is about: one kind of file, or how several fit together. */
export type Part = (typeof PARTS)[number]

/** A piece of a file with another text in its place. */
export interface TextEdit {
  readonly spot: Spot
  readonly text: string
}

/** One place where a rule does not hold. */
export interface Found {
  readonly spot: Spot
  /** What is the case, without a final period; it never holds a value that may be secret. */
  readonly note: string
  /** What to do here, where that is more than the rule's own advice. */
  readonly mend?: string
  /** A repair that needs nobody's judgement. */
  readonly edits?: readonly TextEdit[]
}

/** One question about a stack with a clear answer. It reads the model and nothing else, so that the same files give the same answer. */
export interface Rule {
  /** `part.what`; never reused for another question. */
  readonly id: string
  readonly part: Part
  readonly severity: Severity
  /** What is true where it passes. */
  readonly title: string
  /** What happens where it does not hold. */
  readonly why: string
  /** The next thing to do. */
  readonly mend: string
  /** What a repair of it does, where there is one. */
  readonly fix?: string
  look(stack: Stack): Iterable<Found>
}

/** A rule that asks one question of each service. */
export function serviceRule(
  rule: Omit<Rule, 'look' | 'part'> & { part?: Part },
  look: (service: ComposeService, project: ComposeProject, stack: Stack) => Iterable<Found>,
): Rule {
  return {
    part: 'compose',
    ...rule,
    *look(stack) {
      for (const { project, service } of allServices(stack)) yield* look(service, project, stack)
    },
  }
}

/** A rule about what could not be read: the model has found it already. */
export function problemRule(rule: Omit<Rule, 'look'>): Rule {
  return {
    ...rule,
    *look({ problems }) {
      for (const { rule: id, note, spot } of problems) if (id === rule.id) yield { spot, note }
    },
  }
}
