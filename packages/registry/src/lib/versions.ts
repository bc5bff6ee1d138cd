import type { Plugin } from '@switchyard/plugin-kit'
import compare from 'semver/functions/compare.js'
import prerelease from 'semver/functions/prerelease.js'
import { checkDependencies, type DependencyProblem } from './dependencies.ts'
import { fits } from './fits.ts'
import { registeredOf } from './own.ts'

/** Plugins of which several versions may be there at once. */
export interface Versions {
  /** One of each name: the highest version that is no preview, and the highest preview where there is no other. */
  readonly current: readonly Plugin[]
  /** A plugin under the name that it is served by: its own, or for any other than the current version one such as "ops@1-4-0". */
  named(plugin: Plugin): Plugin
  /** The names that all versions of a plugin are served by. */
  namesOf(plugin: string): readonly string[]
  /** The command that a plugin's call means: that of the highest version which fits what it depends on. An older version finds itself. */
  target(caller: Plugin, commandId: string): string
  /** What any of them depends on and does not have. */
  readonly problems: readonly DependencyProblem[]
}

/** Sorts plugins by name and version. What only the current version does is taken off the others: they listen to nothing, and nobody is offered them. */
export function versionsOf(plugins: readonly Plugin[]): Versions {
  const byName = Map.groupBy(plugins, ({ name }) => name)
  const names = new Map<Plugin, Plugin>()
  const ordered = new Map<string, readonly Plugin[]>()
  for (const [name, all] of byName) {
    const [current, ...others] = [...all].sort(newestFirst)
    names.set(current!, current!)
    for (const other of others) names.set(other, { ...other, name: nameOf(other), listens: [], agents: [], prompts: [] })
    ordered.set(
      name,
      [current!, ...others].map((plugin) => names.get(plugin)!),
    )
  }
  const { problems } = checkDependencies(new Map([...names.values()].map((plugin) => [plugin.name, registeredOf(plugin)])))
  const own = new Map([...names].map(([plugin, { name }]) => [name, plugin.name]))

  return {
    current: [...ordered.values()].map(([current]) => current!),
    problems,
    named: (plugin) => names.get(plugin)!,
    namesOf: (plugin) => ordered.get(plugin)?.map(({ name }) => name) ?? [plugin],
    target(caller, commandId) {
      const plugin = commandId.slice(0, commandId.indexOf('.'))
      const all = ordered.get(plugin)
      if (all === undefined || all.length === 1) return commandId
      const range = caller.dependencies?.[plugin]
      const meant = own.get(caller.name) === plugin ? caller : range === undefined ? all[0]! : all.find((one) => fits(one.version, range))
      return meant === undefined ? commandId : `${meant.name}${commandId.slice(plugin.length)}`
    },
  }
}

function newestFirst(a: Plugin, b: Plugin): number {
  const preview = ({ version }: Plugin): number => (prerelease(version) === null ? 0 : 1)
  return preview(a) - preview(b) || compare(b.version, a.version)
}

/** A command's id is split at its first dot, and a version has some. */
const nameOf = ({ name, version }: Plugin): string => `${name}@${version.replaceAll(/[^0-9A-Za-z]/g, '-')}`
