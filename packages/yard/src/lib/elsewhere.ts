import type { EntryKind, Registry } from '@switchyard/registry'
import type { Offered } from '@switchyard/router'

/** Something that others offer for a request that nothing here does. It is named, and never run by us. */
export interface Elsewhere {
  readonly id: string
  readonly kind: EntryKind
  readonly plugin: string
  readonly summary: string
  /** How a person uses it. */
  readonly invoke: string
  /** How much of the request its texts have, 0 to 1; no chance of being right. */
  readonly coverage: number
}

/** Less of a request than this is met by chance. */
const LEAST_COVERAGE = 0.45
const MOST = 3

/** Agents, skills and commands of others that a request may mean. */
export function findElsewhere(request: string, registry: Registry): readonly Elsewhere[] {
  if (registry.sources().length === 0) return []
  const { plugins } = registry.snapshot()
  const found = registry.search({ text: request, kinds: ['agent', 'command', 'skill'], limit: 20 })
  return found
    .filter(({ entry, coverage }) => coverage >= LEAST_COVERAGE && plugins.get(entry.plugin)?.origin === 'files')
    .slice(0, MOST)
    .map(({ entry: { id, kind, plugin, summary, invoke }, coverage }) => ({
      id,
      kind,
      plugin,
      summary,
      invoke,
      coverage: Math.round(coverage * 100) / 100,
    }))
}

/** The same as a part of a decision, the best of them first. */
export function offeredElsewhere(text: string, registry: Registry): Offered | undefined {
  const [best, ...others] = findElsewhere(text, registry)
  return (
    best && {
      command: best.id,
      confidence: best.coverage,
      invoke: best.invoke,
      alternatives: others.map(({ id, coverage }) => ({ command: id, confidence: coverage })),
    }
  )
}
