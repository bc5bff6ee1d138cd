import { join } from 'node:path'
import type { PublishStep } from '../plan/release-plan.ts'
import { noWayBack, publishFailed } from './errors.ts'
import { runProgram } from './program.ts'
import type { Publisher } from './publisher.ts'

type CommandStep = Extract<PublishStep, { kind: 'command' }>

/** Any program. Whether it has run nobody can see from outside, so it is never run twice without a person's word. */
export const commandPublisher: Publisher<CommandStep> = {
  noWayBack: ({ undo }) => (undo === undefined ? 'the configuration names no command that takes it back' : undefined),
  check: () => Promise.resolve(),
  look: () => Promise.resolve(undefined),
  async publish({ id, path, argv }, { root, env, signal }) {
    const { code, told } = await runProgram(argv, { cwd: join(root, path), env, signal })
    if (code !== 0) throw publishFailed(id, `"${argv[0]}" ended with ${code}${told === '' ? '' : `: ${told}`}`)
    return {}
  },
  async takeBack({ id, path, undo }, _, { root, env, signal }) {
    if (undo === undefined) throw noWayBack(id)
    const { code, told } = await runProgram(undo, { cwd: join(root, path), env, signal })
    if (code !== 0) throw publishFailed(`the undo of ${id}`, `"${undo[0]}" ended with ${code}${told === '' ? '' : `: ${told}`}`)
  },
}
