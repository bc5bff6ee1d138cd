import type { Plugin } from '@switchyard/plugin-kit'
import { closest } from '@switchyard/yard/config'
import type { Command } from 'commander'
import { runSteps } from './approval.ts'
import { unknownWord } from './errors.ts'
import { checkInput, readInput } from './input.ts'
import { OWN_COMMANDS } from './own-commands.ts'
import { declareCommand, declarePlugin, shapeOfCommand } from './plugin-shape.ts'
import type { Session } from './session.ts'

/** Adds the plugin that the first word names. @throws UNKNOWN_COMMAND with the name that was most likely meant */
export async function addPluginCommands(program: Command, session: Session, word: string): Promise<void> {
  const plugins = await session.plugins()
  const plugin = await currentOf(plugins.filter(({ name }) => name === word))
  if (plugin === undefined) {
    const known = [...OWN_COMMANDS, ...plugins].map(({ name }) => name)
    throw unknownWord(word, closest(word, known))
  }
  addPlugin(program, session, plugin)
}

/** Of several versions of a plugin people are given the current one. */
async function currentOf(versions: readonly Plugin[]): Promise<Plugin | undefined> {
  if (versions.length < 2) return versions[0]
  const { versionsOf } = await import('@switchyard/registry')
  return versionsOf(versions).current[0]
}

/** Adds a plugin with all its commands: `health.scan` of `ops` is `switchyard ops health scan`. */
function addPlugin(program: Command, session: Session, plugin: Plugin): void {
  const group = declarePlugin(program, plugin)
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
  const spoken = `switchyard ${plugin.name} ${name.replaceAll('.', ' ')}`
  const shape = shapeOfCommand(name, definition)
  const { flags } = shape
  const command = declareCommand(top, shape).description(descriptionOf(definition))
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
    destroy: 'Cannot be taken back: shows its plan, and wants a name typed on a terminal unless --yes says it.',
  }
  return [`${summary}.`, description ?? '', effects[effect]].filter((part) => part !== '').join('\n\n')
}

function examplesOf(examples: readonly string[]): string {
  return `\nIn plain words:\n${examples
    .slice(0, 3)
    .map((example) => `  switchyard "${example}"`)
    .join('\n')}`
}
