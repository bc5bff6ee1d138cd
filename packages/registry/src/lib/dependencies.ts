import type { Dependency, Registered } from './entry.ts'
import { fits } from './fits.ts'

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

type Dependent = Pick<Registered, 'name' | 'version' | 'versionOf' | 'dependencies'>

/** Plugins in an order in which each stands after what it needs, and what is wrong with their needs. Any version of a plugin will do that is in the range. */
export function checkDependencies(plugins: ReadonlyMap<string, Dependent>): {
  readonly order: readonly string[]
  readonly problems: readonly DependencyProblem[]
} {
  const problems: DependencyProblem[] = []
  const order: string[] = []
  const done = new Set<string>()
  const older = Map.groupBy(plugins.values(), ({ versionOf }) => versionOf)
  /** The plugins between the first and this one, each needing the next, with what is left to look at; no recursion, as strangers say how long it is. */
  const way: { readonly plugin: Dependent; readonly left: Iterator<Dependency> }[] = []
  const onWay = new Map<string, number>()

  function enter(plugin: Dependent): void {
    onWay.set(plugin.name, way.push({ plugin, left: plugin.dependencies.values() }) - 1)
  }

  function visit(first: Dependent): void {
    enter(first)
    for (let here = way.at(-1); here !== undefined; here = way.at(-1)) {
      const { plugin, left } = here
      const next = left.next()
      if (next.done === true) {
        way.pop()
        onWay.delete(plugin.name)
        done.add(plugin.name)
        order.push(plugin.name)
        continue
      }
      const other = needed(plugin, next.value)
      if (other === undefined || done.has(other.name)) continue
      const at = onWay.get(other.name)
      if (at === undefined) enter(other)
      else if (other.name !== plugin.name && problems.length < MAX_PROBLEMS)
        problem(plugin, next.value, 'cycle', circleOf(way.slice(at).map((one) => one.plugin.name)))
    }
  }

  /** What a dependency means here, with what is wrong with it said. */
  function needed(plugin: Dependent, dependency: Dependency): Dependent | undefined {
    const { name, range } = dependency
    const current = plugins.get(name)
    const all = current === undefined ? [] : [current, ...(older.get(name) ?? [])]
    const other = range === undefined ? current : (all.find(({ version }) => version !== undefined && fits(version, range)) ?? current)
    if (other === undefined)
      problem(plugin, dependency, 'missing', `${plugin.name} needs ${name}${range === undefined ? '' : ` ${range}`}, which is not here`)
    else if (range !== undefined && (other.version === undefined || !fits(other.version, range))) {
      const here = all.map(({ version }) => version ?? 'one without a version').join(' and ')
      problem(plugin, dependency, 'version', `${plugin.name} needs ${name} ${range}: here is ${here}`)
    }
    return other
  }

  function problem(plugin: Dependent, dependency: Dependency, kind: DependencyProblem['kind'], message: string): void {
    if (problems.length < MAX_PROBLEMS) problems.push({ plugin: plugin.name, dependency: dependency.name, kind, message })
  }

  for (const plugin of plugins.values()) if (!done.has(plugin.name)) visit(plugin)
  return { order, problems }
}

function circleOf(names: readonly string[]): string {
  const shown = names.length > MAX_NAMES ? [...names.slice(0, MAX_NAMES), `${names.length - MAX_NAMES} more`] : names
  return [...shown, names[0]].join(' needs ')
}
