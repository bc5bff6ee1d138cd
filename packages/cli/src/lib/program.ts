import { readFileSync } from 'node:fs'
import { Command, type Help, Option } from 'commander'
import { amount } from './flag-values.ts'
import type { Host } from './host.ts'
import { OWN_COMMANDS } from './own-commands.ts'

interface CommonFlags {
  readonly json?: boolean
  readonly dir?: string
}

/** The program with the names of its commands, and none of what they do. Help and version are handed to `show`, in parts. */
export function createProgram(host: Host, show: (text: string) => void): Command {
  const program = new Command('switchyard')
    .usage('"REQUEST" | COMMAND | PLUGIN COMMAND...')
    .description('Say what you want done. Switchyard decides which plugin does it, shows the plan, and runs it.')
    .version(ownVersion(), '-V, --version', 'Print the version')
    .helpCommand(false)
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({
      writeOut: show,
      // Only help is written here, where a group of commands is named without one of them.
      writeErr: show,
      outputError: () => {},
      getOutHelpWidth: () => Math.min(host.out.columns, 100),
      getErrHelpWidth: () => Math.min(host.err.columns, 100),
      getOutHasColors: () => host.out.color,
      getErrHasColors: () => host.err.color,
    })
    .configureHelp({ styleTitle: (title) => (host.out.color ? `\u001b[1m${title}\u001b[22m` : title), subcommandTerm: termOf })
    .addHelpText(
      'after',
      () => `
With a request:
${requestFlags()}

Plain words:
  switchyard "check the health of this project"
  switchyard "check the health of this project" --explain

A plugin's own commands:
  switchyard plugins                  lists them
  switchyard ops health scan --help   explains one

Exit codes: 0 done, 1 failed, 2 used wrongly, 3 needs approval, 4 no command fits`,
    )
  addCommonFlags(program)
  for (const { name, summary } of OWN_COMMANDS) program.command(name).description(summary)
  return program
}

/** What may stand beside a request in plain words, as in the help of `ask`. */
function requestFlags(): string {
  const { options } = addRequestFlags(new Command())
  return options.map(({ flags, description }) => `  ${flags.padEnd(14)}  ${description}`).join('\n')
}

/** Adds the flags that every command has. */
export function addCommonFlags(command: Command): Command {
  return command
    .addOption(new Option('--json', 'Print one JSON document').helpGroup('Always:'))
    .addOption(new Option('--dir <folder>', 'The workspace; else the nearest one above').helpGroup('Always:'))
    .addHelpOption(new Option('-h, --help', 'Show help').helpGroup('Always:'))
}

/** Adds the flags of a request in plain words, which may stand before it. */
export function addRequestFlags(command: Command): Command {
  return addApprovalFlags(
    addLimitFlags(
      command
        .option('--explain', 'Show why this command and which others came close')
        .option('--env <name>', 'The environment that is meant'),
    ),
  )
}

export interface LimitFlags {
  readonly budget?: number
  readonly minutes?: number
}

/** Adds what a request may cost and how long it may take. */
export function addLimitFlags(command: Command): Command {
  return command
    .addOption(new Option('--budget <usd>', 'What it may cost, in US dollars').argParser(amount))
    .addOption(new Option('--minutes <n>', 'How long it may take').argParser(amount))
}

/** Undefined where there are none. */
export function limitsOf({ budget, minutes }: LimitFlags): { budgetUsd: number | undefined; maxMinutes: number | undefined } | undefined {
  return budget === undefined && minutes === undefined ? undefined : { budgetUsd: budget, maxMinutes: minutes }
}

/** Adds the flags of what may need a person's approval. */
export function addApprovalFlags(command: Command): Command {
  return command
    .addOption(new Option('--yes', 'Run the plan without asking').helpGroup('Approval:'))
    .addOption(new Option('--dry-run', 'Show the plan and run nothing').helpGroup('Approval:'))
}

/** The command's name alone: its flags are in its own help. */
function termOf(this: Help, command: Command): string {
  const words = command.registeredArguments.map((argument) => this.argumentTerm(argument).toUpperCase())
  return [command.name(), ...words].join(' ')
}

/** What has to be known of a command line before it can be read in full. */
export interface CommandLine {
  /** The first word that is neither a flag of ours nor its value. */
  readonly word: string | undefined
  readonly json: boolean
  readonly dir: string | undefined
}

/** Looks for the first word and the common flags; never throws, as the mistakes are found when the line is read in full. */
export function scanCommandLine(argv: readonly string[]): CommandLine {
  const scanner = (): Command => addCommonFlags(new Command().exitOverride().configureOutput({ outputError: () => {} }))
  const flags = scanner()
  const words = addRequestFlags(scanner()).passThroughOptions()
  try {
    flags.parseOptions([...argv])
    const { json = false, dir } = flags.opts<CommonFlags>()
    return { word: words.parseOptions([...argv]).operands[0], json, dir }
  } catch {
    return { word: undefined, json: argv.includes('--json'), dir: undefined }
  }
}

/** Of this program. */
export function ownVersion(): string {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }
  return version
}
