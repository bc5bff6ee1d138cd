import type { Command } from 'commander'
import { complete } from './completion.ts'
import { loadOwnCommand } from './load-command.ts'
import { OWN_COMMANDS } from './own-commands.ts'
import { addPlugin } from './plugin-commands.ts'
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
      // A workspace that cannot be read must not break the shell's line: then only our own commands are completed.
      const plugins = await session.plugins().catch(() => [])
      for (const plugin of plugins) addPlugin(program, session, plugin)
      const candidates = complete(program, line).filter(({ value }) => value !== '__complete')
      session.answer({ data: candidates, text: candidates.map(({ value, about }) => `${value}\t${about.replace(/\s+/g, ' ')}`).join('\n') })
    })
}
