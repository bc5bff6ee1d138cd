import type { Field } from './field.ts'

/** What a thing may be called by its kind: "the api server" is a service. */
const CALLED: Readonly<Record<string, string>> = {
  service: 'service services svc server app application container process unit daemon backend deployment pod',
  project: 'project projects repo repository package workspace codebase',
  unit: 'unit service',
  host: 'host machine server box',
  runbook: 'runbook playbook procedure',
  name: 'called named name step branch project service app',
  repo: 'repo repository',
  category: 'category kind type template',
  label: 'label labels labelled labeled tagged',
  tag: 'tag tagged',
  rule: 'rule rules',
  check: 'check checks finding rule',
}

export interface Kinds {
  /** Words for the kind of thing that a field holds. */
  readonly own: ReadonlySet<string>
  /** Those of them that no other argument of the command is called by: "container redis" is no service where there is a container. */
  readonly only: ReadonlySet<string>
  /** What the other arguments of the command are called. */
  readonly others: ReadonlySet<string>
}

/** Made once for the many requests that a command is asked for in. */
const made = new WeakMap<Field, Kinds>()

const wordsFor = ({ slot, words }: Field): readonly string[] => [slot, ...(CALLED[slot]?.split(' ') ?? words)]

export function kindsOf(field: Field, fields: readonly Field[]): Kinds {
  const before = made.get(field)
  if (before !== undefined) return before
  const rest = fields.filter((other) => other !== field)
  const others = new Set(rest.map(({ slot }) => slot))
  const claimed = new Set(rest.flatMap((other) => (CALLED[other.slot] === undefined ? [other.slot] : wordsFor(other))))
  const own = new Set(wordsFor(field).filter((kind) => kind === field.slot || !others.has(kind)))
  const kinds = { own, only: new Set([...own].filter((kind) => kind === field.slot || !claimed.has(kind))), others }
  made.set(field, kinds)
  return kinds
}
