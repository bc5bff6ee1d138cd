import type { Bus, BusClient, HandlerContext } from '@switchyard/bus'
import { type Grant, isSwitchyardError, type Message, toWireError } from '@switchyard/contracts'
import type { Plan, Plugin } from '@switchyard/plugin-kit'
import type { Versions } from '@switchyard/registry'
import { isForReading, type PluginSurroundings, RunContext } from './context.ts'
import { handlerFailed, invalidInput, invalidOutput, invalidPlan, readOnly } from './errors.ts'
import { parseWith, planSchema } from './schema.ts'

/** The method that says what a command would do; `#` is in no command's name. */
export const planMethod = (commandId: string): string => `${commandId}#plan`

/** Serves a plugin's commands under its own identity and with what its definition grants it. Returns its handle. */
export function hostPlugin(bus: Bus, around: PluginSurroundings): BusClient {
  const { plugin } = around
  const client = bus.connect(plugin.name, { grant: grantOf(plugin, around.versions) })
  for (const [name, command] of Object.entries(plugin.commands)) {
    const id = `${plugin.name}.${name}`
    const input = (value: unknown) => parseWith(command.input, value, (mistakes) => invalidInput(id, mistakes))
    const description = { summary: command.summary, effect: command.effect }
    client.serve(id, run, { input, description })
    const { plan } = command
    if (plan !== undefined) client.serve(planMethod(id), planned, { input })

    /** Whatever the plugin's code throws that says nothing of itself is named after the command. */
    async function own({ headers }: HandlerContext, work: () => unknown): Promise<unknown> {
      try {
        return await work()
      } catch (error) {
        if (isSwitchyardError(error)) {
          around.log(headers).info(`${id} failed`, { code: error.code, message: error.message })
          throw error
        }
        around.log(headers).info(`${id} threw`, { error: toWireError(error) })
        throw handlerFailed(id, error)
      }
    }

    // What comes out is checked here and not by the bus, which would say of any mistake that it is no plain JSON.
    async function run(value: unknown, context: HandlerContext): Promise<unknown> {
      const onlyReads = command.effect === 'read'
      if (!onlyReads && isForReading(context)) throw readOnly(id, context.source)
      const result = parseWith(
        command.output,
        await own(context, () => command.run(value, new RunContext(context, around, { onlyReads }))),
        (mistakes) => invalidOutput(id, mistakes),
      )
      if (command.spentUsd !== undefined) tellSpent(result, value, context)
      return result
    }

    /** What was done is done, also where its price cannot be told. */
    function tellSpent(result: unknown, value: unknown, { headers }: HandlerContext): void {
      try {
        const usd = command.spentUsd?.(result, value)
        if (usd !== undefined) around.spent(id, usd)
      } catch (error) {
        around.log(headers).warn(`cannot tell what ${id} cost`, { error: toWireError(error) })
      }
    }

    async function planned(value: unknown, context: HandlerContext): Promise<Plan> {
      return parseWith(
        planSchema,
        await own(context, () => plan?.(value, new RunContext(context, around, { onlyReads: true }))),
        (mistakes) => invalidPlan(id, mistakes),
      )
    }
  }
  return client
}

/** Attaches a plugin's listeners. One with a name takes over what is kept for it, which is written down. */
export function listenFor(client: BusClient, around: PluginSurroundings): void {
  const { plugin } = around
  for (const listener of plugin.listens ?? []) {
    const { pattern, name, schema } = listener
    const options = name === undefined ? {} : { name: `${plugin.name}.${name}` }
    client.subscribe(pattern, listen, options)

    function listen(payload: unknown, message: Message, context: HandlerContext): void | Promise<void> {
      return listener.handler(
        schema === undefined ? payload : schema.parse(payload),
        new RunContext(context, around, { topic: message.topic }),
      )
    }
  }
}

/** A plugin publishes what it declares, hears what it listens to, and calls itself and the plugins it names, in whichever version. */
export function grantOf(
  { name, publishes = [], listens = [], touches = {}, state = {} }: Plugin,
  { namesOf }: Pick<Versions, 'namesOf'>,
): Grant {
  const owners = (state.imports ?? []).map((namespace) => namespace.slice(0, namespace.indexOf('/')))
  const shared = [name, ...owners].map((owner) => `state/${owner}/**`)
  return {
    publish: [...publishes.map((topic) => topic.name), `plugin/${name}/**`, ...shared, 'state/conflict'],
    hear: [...listens.map(({ pattern }) => pattern), `plugin/${name}/**`, ...shared],
    call: [name, ...(touches.plugins ?? []).flatMap(namesOf)].map((other) => `${other}.*`),
  }
}

/** Whether a plugin's grant covers a command. */
export function mayCall({ name, touches = {} }: Plugin, commandId: string): boolean {
  return [name, ...(touches.plugins ?? [])].some((other) => commandId.startsWith(`${other}.`))
}
