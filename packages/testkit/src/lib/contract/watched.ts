import type { Command, Commands, Plugin } from '@switchyard/plugin-kit'

/** One run of a command as it came from the plugin itself, before the yard had a look at it. */
export interface WatchedRun {
  readonly command: string
  readonly outcome: Promise<{ readonly result: unknown } | { readonly thrown: unknown }>
}

/** The same plugin, telling of each run of its commands as it begins. */
export function watched(plugin: Plugin, onRun: (run: WatchedRun) => void): Plugin {
  const commands: Record<string, Command> = {}
  for (const [name, command] of Object.entries(plugin.commands)) commands[name] = { ...command, run: watch(name, command) } as Command
  return { ...plugin, commands: commands satisfies Commands }

  function watch(name: string, command: Command): Command['run'] {
    return (input, ctx) => {
      const running = (async () => command.run(input, ctx))()
      onRun({
        command: name,
        outcome: running.then(
          (result) => ({ result }),
          (thrown: unknown) => ({ thrown }),
        ),
      })
      return running
    }
  }
}
