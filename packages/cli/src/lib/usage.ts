import type { Command } from 'commander'
import { usage } from './errors.ts'

/** What the argument parser found wrong, as an error of ours that says where to read on; any other error as it is. */
export function asUsage(error: unknown, program: Command | undefined, argv: readonly string[]): unknown {
  if (!(error instanceof Error) || !('code' in error) || !String(error.code).startsWith('commander.')) return error
  const path = program === undefined ? 'switchyard' : pathOf(program, argv)
  const [what = '', ...hints] = error.message.replace(/^error: /, '').split('\n')
  const text = what.replaceAll("'", '"').replace(/\.$/, '')
  const hint =
    hints.length === 0
      ? ''
      : `: ${hints
          .join(' ')
          .replace(/^\(|\)$/g, '')
          .replace(/^D/, 'd')
          .replace(/\?$/, '')}`
  return usage(`Cannot run "${path}" as the command line must be right: ${text}${hint}`, `${path} --help`)
}

/** The command that the words lead to, as far as they do. */
function pathOf(program: Command, argv: readonly string[]): string {
  let at = program
  const path = [program.name()]
  for (const word of argv) {
    const next = at.commands.find((command) => command.name() === word)
    if (next === undefined) continue
    path.push(word)
    at = next
  }
  return path.join(' ')
}
