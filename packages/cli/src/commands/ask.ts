import { Option } from 'commander'
import type { Define } from '../lib/own-commands.ts'
import { answerRequest, type RequestFlags } from '../lib/request.ts'

export const define: Define = (command, session) => {
  command
    .argument('<request>', 'What you want done, in plain words')
    .option('--explain', 'Show why this command and which others came close')
    .option('--env <name>', 'The environment that is meant')
    .addOption(new Option('--yes', 'Run the plan without asking').helpGroup('Approval:'))
    .addOption(new Option('--dry-run', 'Show the plan and run nothing').helpGroup('Approval:'))
    .action(async (request: string) => {
      session.answer(await answerRequest(session, request, command.opts<RequestFlags>()))
    })
}
