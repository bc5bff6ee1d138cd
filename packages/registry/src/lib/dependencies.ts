import type { Registered } from './entry.ts'
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
  /** The plugins between the first and this one, each needing the next. */
  const way: string[] = []
  const onWay = new Map<string, number>()
  const older = Map.groupBy(plugins.values(), ({ versionOf }) => versionOf)

  function visit(plugin: Dependent): void {
    if (done.has(plugin.name)) return
    onWay.set(plugin.name, way.push(plugin.name) - 1)
    for (const { name, range } of plugin.dependencies) {
      const of = (kind: DependencyProblem['kind'], message: string): void =>
        void (problems.length < MAX_PROBLEMS && problems.push({ plugin: plugin.name, dependency: name, kind, message }))
      const current = plugins.get(name)
      const all = current === undefined ? [] : [current, ...(older.get(name) ?? [])]
      const other = range === undefined ? current : (all.find(({ version }) => version !== undefined && fits(version, range)) ?? current)
      if (other === undefined) of('missing', `${plugin.name} needs ${name}${range === undefined ? '' : ` ${range}`}, which is not here`)
      else if (range !== undefined && (other.version === undefined || !fits(other.version, range)))
        of(
          'version',
          `${plugin.name} needs ${name} ${range}: here is ${all.map(({ version }) => version ?? 'one without a version').join(' and ')}`,
        )
      if (other === undefined) continue
      const at = onWay.get(other.name)
      if (at === undefined) visit(other)
      else if (other.name !== plugin.name && problems.length < MAX_PROBLEMS) of('cycle', circleOf(way.slice(at)))
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
