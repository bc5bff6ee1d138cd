import type { Plugin } from '@switchyard/plugin-kit'
import { type Command, Option } from 'commander'
import { addFlag, type Flag, flagsOf } from './flags.ts'
import { addApprovalFlags, addCommonFlags } from './program.ts'

/** How a plugin's commands are typed: plain data, so that it can be kept and read without running anything of the plugin. */
export interface PluginShape {
  readonly name: string
  readonly summary: string
  readonly commands: readonly CommandShape[]
}

export interface CommandShape {
  /** Without the plugin's name. */
  readonly name: string
  readonly summary: string
  /** Whether a person may have to approve it. */
  readonly changes: boolean
  readonly flags: readonly Flag[]
}

/** Of the commands that people are offered. */
export function shapeOf({ name, summary, commands }: Plugin): PluginShape {
  return {
    name,
    summary,
    commands: Object.entries(commands).flatMap(([id, command]) => (command.internal === true ? [] : [shapeOfCommand(id, command)])),
  }
}

export function shapeOfCommand(name: string, command: Plugin['commands'][string]): CommandShape {
  return { name, summary: command.summary, changes: command.effect !== 'read', flags: flagsOf(command) }
}

/** Adds the group that a plugin's commands are in. */
export function declarePlugin(program: Command, { name, summary }: Pick<PluginShape, 'name' | 'summary'>): Command {
  return addCommonFlags(program.command(name).description(summary).usage('COMMAND...').helpCommand(false))
}

/** Adds a command with its flags: `health.scan` of `ops` is `switchyard ops health scan`. What it does is up to the caller. */
export function declareCommand(top: Command, { name, summary, changes, flags }: CommandShape): Command {
  const words = name.split('.')
  const verb = words.at(-1)!
  const parent = words.slice(0, -1).reduce(subgroup, top)
  // A plugin may have both `health` and `health.scan`, so a group can turn into a command of its own.
  const group = parent.commands.find((one) => one.name() === verb)
  const command = group ?? parent.command(verb)
  command.summary(summary).usage('[flags]').enablePositionalOptions()
  for (const flag of flags) addFlag(command, flag)
  if (changes) addApprovalFlags(command)
  command.addOption(new Option('--input <json>', 'The whole input as JSON; flags win over it').helpGroup('Always:'))
  if (group === undefined) addCommonFlags(command)
  return command
}

function subgroup(parent: Command, word: string): Command {
  return (
    parent.commands.find((one) => one.name() === word) ??
    addCommonFlags(parent.command(word).summary(`Commands of ${word}`).usage('COMMAND...').helpCommand(false))
  )
}
