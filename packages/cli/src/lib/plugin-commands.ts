import type { Plugin } from '@switchyard/plugin-kit'
import { closest } from '@switchyard/yard/config'
import { type Command, Option } from 'commander'
import { runSteps } from './approval.ts'
import { unknownWord } from './errors.ts'
import { addFlag, flagsOf } from './flags.ts'
import { checkInput, readInput } from './input.ts'
import { OWN_COMMANDS } from './own-commands.ts'
import { addApprovalFlags, addCommonFlags } from './program.ts'
import type { Session } from './session.ts'

/** Adds the plugin that the first word names. @throws UNKNOWN_COMMAND with the name that was most likely meant */
export async function addPluginCommands(program: Command, session: Session, word: string): Promise<void> {
  const plugins = await session.plugins()
  const plugin = plugins.find(({ name }) => name === word)
  if (plugin === undefined) {
    const known = [...OWN_COMMANDS, ...plugins].map(({ name }) => name)
    throw unknownWord(word, closest(word, known))
  }
  addPlugin(program, session, plugin)
}

/** Adds a plugin with all its commands: `health.scan` of `ops` is `switchyard ops health scan`. */
export function addPlugin(program: Command, session: Session, plugin: Plugin): void {
  const group = addCommonFlags(program.command(plugin.name).description(plugin.summary).usage('COMMAND...').helpCommand(false))
  for (const [name, definition] of Object.entries(plugin.commands))
    if (definition.internal !== true) addCommand(group, session, plugin, name, definition)
  // A plugin's help lists what can be run, however deep it lies.
  group.configureHelp({ ...group.configureHelp(), visibleCommands: runnableBelow, subcommandTerm: (command) => pathBelow(group, command) })
}

/** Only what can be run takes an input. */
function runnableBelow(command: Command): Command[] {
  const takesInput = ({ options }: Command): boolean => options.some(({ long }) => long === '--input')
  return command.commands.flatMap((child) => [...(takesInput(child) ? [child] : []), ...runnableBelow(child)])
}

function pathBelow(group: Command, command: Command): string {
  const parent = command.parent
  return parent === null || parent === group ? command.name() : `${pathBelow(group, parent)} ${command.name()}`
}

function addCommand(top: Command, session: Session, plugin: Plugin, name: string, definition: Plugin['commands'][string]): void {
  const words = name.split('.')
  const verb = words.at(-1)!
  const parent = words.slice(0, -1).reduce(subgroup, top)
  const spoken = `switchyard ${plugin.name} ${words.join(' ')}`
  // A plugin may have both `health` and `health.scan`, so a group can turn into a command of its own.
  const group = parent.commands.find((one) => one.name() === verb)
  const command = group ?? parent.command(verb)
  command.summary(definition.summary).description(descriptionOf(definition)).usage('[flags]').enablePositionalOptions()
  const flags = flagsOf(definition)
  for (const flag of flags) addFlag(command, flag)
  if (definition.effect !== 'read') addApprovalFlags(command)
  command.addOption(new Option('--input <json>', 'The whole input as JSON; flags win over it').helpGroup('Always:'))
  if (group === undefined) addCommonFlags(command)
  if (definition.examples.length > 0) command.addHelpText('after', examplesOf(definition.examples))
  command.action(async () => {
    const options = command.opts<Record<string, unknown>>()
    const given = new Map(flags.flatMap((flag) => givenValue(command, flag.name, flag.field)))
    const input = readInput({ command: spoken, flags, given, json: options.input as string | undefined })
    await checkInput(spoken, definition, flags, input)
    const steps = [{ command: `${plugin.name}.${name}`, definition, input }]
    const { results, ...reply } = await runSteps(session, steps, { yes: options.yes === true, dryRun: options.dryRun === true })
    session.answer({ ...reply, data: results.length === 1 ? results[0] : reply.data })
  })
}

function subgroup(parent: Command, word: string): Command {
  return (
    parent.commands.find((one) => one.name() === word) ??
    addCommonFlags(parent.command(word).summary(`Commands of ${word}`).usage('COMMAND...').helpCommand(false))
  )
}

function givenValue(command: Command, flagName: string, field: string): [string, unknown][] {
  const option = command.options.find(({ long }) => long === `--${flagName}`)
  if (option === undefined) return []
  const value: unknown = command.getOptionValue(option.attributeName())
  return value === undefined ? [] : [[field, value]]
}

function descriptionOf({ summary, description, effect }: Plugin['commands'][string]): string {
  const effects = {
    read: 'Changes nothing.',
    write: 'Changes something: shows its plan and asks first.',
    destroy: 'Cannot be taken back: shows its plan and wants a name typed.',
  }
  return [`${summary}.`, description ?? '', effects[effect]].filter((part) => part !== '').join('\n\n')
}

function examplesOf(examples: readonly string[]): string {
  return `\nIn plain words:\n${examples
    .slice(0, 3)
    .map((example) => `  switchyard "${example}"`)
    .join('\n')}`
}
