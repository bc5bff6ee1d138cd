import type { Bus, GuardRule, HandlerContext } from '@switchyard/bus'
import type { Grant, Message } from '@switchyard/contracts'
import type { Plugin } from '@switchyard/plugin-kit'
import type { GuardOptions } from '@switchyard/resilience'
import type { YardConfig } from './config.ts'
import { type PluginSurroundings, RunContext } from './context.ts'
import { invalidInput, invalidOutput } from './errors.ts'
import { parseWith } from './schema.ts'
import type { CommandInfo } from './yard.ts'

/** The method that says what a command would do; `#` is in no command's name. */
export const planMethod = (commandId: string): string => `${commandId}#plan`

/** Serves a plugin's commands and attaches its listeners, under its own identity and with what its definition grants it. */
export function hostPlugin(bus: Bus, around: PluginSurroundings): void {
  const { plugin } = around
  const client = bus.connect(plugin.name, { grant: grantOf(plugin) })
  for (const [name, command] of Object.entries(plugin.commands)) {
    const id = `${plugin.name}.${name}`
    const input = (value: unknown) => parseWith(command.input, value, (mistakes) => invalidInput(id, mistakes))
    const output = (value: unknown) => parseWith(command.output, value, (mistakes) => invalidOutput(id, mistakes))
    const description = { summary: command.summary, effect: command.effect }
    client.serve(id, (value, context) => command.run(value, new RunContext(context, around)), { input, output, description })
    const { plan } = command
    if (plan === undefined) continue
    client.serve(planMethod(id), (value, context) => plan(value, new RunContext(context, around)), { input })
  }
  for (const listener of plugin.listens ?? []) {
    const { pattern, name, schema } = listener
    const options = name === undefined ? {} : { name: `${plugin.name}.${name}` }
    client.subscribe(pattern, listen, options)

    function listen(payload: unknown, message: Message, context: HandlerContext): void | Promise<void> {
      return listener.handler(schema === undefined ? payload : schema.parse(payload), new RunContext(context, around, message.topic))
    }
  }
}

/** A plugin publishes what it declares, hears what it listens to, and calls itself and the plugins it names. */
export function grantOf({ name, publishes = [], listens = [], touches = {} }: Plugin): Grant {
  return {
    publish: [...publishes.map((topic) => topic.name), `plugin/${name}/**`, `state/${name}/**`],
    hear: [...listens.map(({ pattern }) => pattern), `plugin/${name}/**`],
    call: [name, ...(touches.plugins ?? [])].map((other) => `${other}.*`),
  }
}

/** How calls of a command are guarded: what the plugin says, over it the command, over both the configuration. One breaker a plugin, unless a command is given settings of its own. */
export function guardRuleOf(plugin: Plugin, { id, definition }: CommandInfo, configured: YardConfig['guard']): GuardRule {
  const own = definition.guard !== undefined || configured[id] !== undefined
  return {
    name: own ? id : plugin.name,
    options: {
      ...plugin.guard,
      ...configured[plugin.name],
      ...(definition.timeoutMs !== undefined && { timeoutMs: definition.timeoutMs }),
      ...definition.guard,
      ...configured[id],
    } as GuardOptions,
    effect: definition.effect,
    idempotent: definition.idempotent ?? definition.effect === 'read',
  }
}
