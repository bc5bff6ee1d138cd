import type { Command } from 'commander'
import { EXIT, type ExitCode, exitCodeOf } from './exit-code.ts'
import type { Host } from './host.ts'
import { listenForInterrupt } from './interrupt.ts'
import { loadOwnCommand } from './load-command.ts'
import { type OpenedSession, openSession } from './open-session.ts'
import { isOwnName } from './own-commands.ts'
import { type CommandLine, createProgram, scanCommandLine } from './program.ts'
import type { Session } from './session.ts'

/** Called by the completion scripts; in no help text. */
const COMPLETE = '__complete'

/** Runs one command line to its end and says how the process ends. */
export async function run(host: Host): Promise<ExitCode> {
  const argv = host.argv[0] === 'help' ? [...host.argv.slice(1), '--help'] : [...host.argv]
  const line = scanCommandLine(argv)
  const interrupt = listenForInterrupt(host)
  const opened = openSession(host, line, interrupt.signal)
  const shown: string[] = []
  let program: Command | undefined
  try {
    program = createProgram(host, (text) => void shown.push(text))
    await program.parseAsync(await prepare(program, argv, line, opened.session), { from: 'user' })
    return interrupt.signal.aborted ? EXIT.interrupted : opened.exitCode()
  } catch (error) {
    if (isHelp(error)) {
      const text = shown.join('').trimEnd()
      opened.session.answer({ data: { text }, text })
      return EXIT.done
    }
    return await fail(opened, error)
  } finally {
    await opened.close()
    interrupt.stop()
  }

  async function fail({ reportError }: OpenedSession, error: unknown): Promise<ExitCode> {
    const { asUsage } = await import('./usage.ts')
    const meant = asUsage(error, program, argv)
    await reportError(meant)
    return interrupt.signal.aborted ? EXIT.interrupted : exitCodeOf(meant)
  }
}

/** Adds what the command line uses to the program, and returns the line in the form that the program reads. */
async function prepare(program: Command, argv: string[], { word }: CommandLine, session: Session): Promise<string[]> {
  if (argv.length === 0) return ['--help']
  if (word === undefined) return argv
  if (word === COMPLETE) {
    const { addComplete } = await import('./complete.ts')
    addComplete(program, session)
    return argv
  }
  if (/\S\s+\S/.test(word)) {
    await loadOwnCommand(program, 'ask', session)
    return ['ask', ...argv]
  }
  if (isOwnName(word)) {
    await loadOwnCommand(program, word, session)
    return argv
  }
  const { addPluginCommands } = await import('./plugin-commands.ts')
  await addPluginCommands(program, session, word)
  return argv
}

/** Help and version come as errors too: of a command that was not to go on. */
function isHelp(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    ['commander.helpDisplayed', 'commander.help', 'commander.version'].includes(String(error.code))
  )
}
