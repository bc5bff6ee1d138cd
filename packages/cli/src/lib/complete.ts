import type { Command } from 'commander'
import { plain } from '../render/look.ts'
import { builtInPlugins } from './built-in.ts'
import { complete } from './completion.ts'
import { readShapes } from './completion-cache.ts'
import { loadOwnCommand } from './load-command.ts'
import { OWN_COMMANDS } from './own-commands.ts'
import { declareCommand, declarePlugin, shapeOf } from './plugin-shape.ts'
import type { Session } from './session.ts'

/** Adds the command that the completion scripts call: the words so far, and a line `value<tab>about` for each way to go on. */
export function addComplete(program: Command, session: Session): void {
  program
    .command('__complete', { hidden: true })
    .argument('[words...]')
    .passThroughOptions()
    .allowUnknownOption()
    .action(async (words: readonly string[]) => {
      const line = words[0] === '--' ? words.slice(1) : words
      for (const { name } of OWN_COMMANDS) await loadOwnCommand(program, name, session)
      addPlugins(program, [...(await builtInPlugins()).map(shapeOf), ...keptShapes(session)])
      const candidates = complete(program, line).filter(({ value }) => value !== '__complete')
      const oneLine = (text: string): string => plain(text).replace(/\s+/g, ' ')
      session.answer({ data: candidates, text: candidates.map(({ value, about }) => `${oneLine(value)}\t${oneLine(about)}`).join('\n') })
    })
}

/** A key that is pressed in a folder runs nothing of it: its own plugins are completed as they were when a command was last run there. */
function keptShapes(session: Session): ReturnType<typeof readShapes> {
  try {
    return readShapes(session.dir)
  } catch {
    // A folder that was named and is not there must not break the shell's line.
    return []
  }
}

function addPlugins(program: Command, shapes: ReturnType<typeof readShapes>): void {
  for (const shape of shapes) {
    if (program.commands.some((command) => command.name() === shape.name)) continue
    const group = declarePlugin(program, shape)
    for (const command of shape.commands) {
      try {
        declareCommand(group, command)
      } catch {
        // Two flags of one name: a file that was written by somebody else.
      }
    }
  }
}
