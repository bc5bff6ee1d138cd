import { Argument } from 'commander'
import { SCRIPTS, SHELLS, type Shell } from '../lib/completion-scripts.ts'
import type { Define } from '../lib/own-commands.ts'

export const define: Define = (command, session) => {
  command.addArgument(new Argument('<shell>', 'Which shell').choices(SHELLS))
  command.addHelpText('after', '\nFor this shell: eval "$(switchyard completion bash)"')
  command.action((shell: Shell) => session.answer({ data: { shell, script: SCRIPTS[shell] }, text: SCRIPTS[shell] }))
}
