import satisfies from 'semver/functions/satisfies.js'
import type { Registered } from './entry.ts'

/** Something that a plugin needs and does not have. */
export interface DependencyProblem {
  readonly plugin: string
  readonly dependency: string
  readonly kind: 'missing' | 'version' | 'cycle'
  readonly message: string
}

/** A hostile marketplace can have more problems than anybody reads, each as long as its plugins are many. */
const MAX_PROBLEMS = 1_000
const MAX_NAMES = 8

/** Plugins in an order in which each stands after what it needs, and what is wrong with their needs. */
export function checkDependencies(plugins: ReadonlyMap<string, Registered>): {
  readonly order: readonly string[]
  readonly problems: readonly DependencyProblem[]
} {
  const problems: DependencyProblem[] = []
  const order: string[] = []
  const done = new Set<string>()
  /** The plugins between the first and this one, each needing the next. */
  const way: string[] = []
  const onWay = new Map<string, number>()

  function visit(plugin: Registered): void {
    if (done.has(plugin.name)) return
    onWay.set(plugin.name, way.push(plugin.name) - 1)
    for (const { name, range } of plugin.dependencies) {
      const of = (kind: DependencyProblem['kind'], message: string): void =>
        void (problems.length < MAX_PROBLEMS && problems.push({ plugin: plugin.name, dependency: name, kind, message }))
      const other = plugins.get(name)
      if (other === undefined) of('missing', `${plugin.name} needs ${name}, which is not here`)
      else if (range !== undefined && (other.version === undefined || !fits(other.version, range)))
        of('version', `${plugin.name} needs ${name} ${range}: here is ${other.version ?? 'one without a version'}`)
      if (other === undefined) continue
      const at = onWay.get(name)
      if (at === undefined) visit(other)
      else if (name !== plugin.name && problems.length < MAX_PROBLEMS) of('cycle', circleOf(way.slice(at)))
    }
    way.pop()
    onWay.delete(plugin.name)
    done.add(plugin.name)
    order.push(plugin.name)
  }

  for (const plugin of plugins.values()) visit(plugin)
  return { order, problems }
}

function circleOf(names: readonly string[]): string {
  const shown = names.length > MAX_NAMES ? [...names.slice(0, MAX_NAMES), `${names.length - MAX_NAMES} more`] : names
  return [...shown, names[0]].join(' needs ')
}

function fits(version: string, range: string): boolean {
  try {
    return satisfies(version, range, { includePrerelease: true })
  } catch {
    return false
  }
}
