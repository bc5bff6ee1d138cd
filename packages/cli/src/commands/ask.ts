import type { Define } from '../lib/own-commands.ts'
import { addRequestFlags } from '../lib/program.ts'
import { answerRequest, type RequestFlags, remember } from '../lib/request.ts'

export const define: Define = (command, session) => {
  command.argument('<request>', 'What you want done, in plain words')
  addRequestFlags(command).action(async (request: string) => {
    const { said = [], ...reply } = await answerRequest(session, request, command.opts<RequestFlags>())
    session.answer(reply)
    await remember(session, said)
  })
}
