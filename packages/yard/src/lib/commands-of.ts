import type { Plugin } from '@switchyard/plugin-kit'
import type { CommandInfo } from './yard.ts'

/** Every command of some plugins by its full id, in alphabetical order. */
export function commandsOf(plugins: readonly Plugin[]): ReadonlyMap<string, CommandInfo> {
  const found = plugins.flatMap(({ name: plugin, commands }) =>
    Object.entries(commands).map(([name, definition]): CommandInfo => ({ id: `${plugin}.${name}`, plugin, name, definition })),
  )
  found.sort((a, b) => (a.id < b.id ? -1 : 1))
  return new Map(found.map((command) => [command.id, command]))
}
