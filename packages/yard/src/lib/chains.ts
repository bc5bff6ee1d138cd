import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BusClient, DurableLog } from '@switchyard/bus'
import type { ChainDefinition, ChainEvent, Chains, ChainsOptions, CommandFacts } from '@switchyard/chain'
import type { Clock } from '@switchyard/contracts'
import type { Log, Plan, Plugin } from '@switchyard/plugin-kit'
import type { Versions } from '@switchyard/registry'
import type { CommandFigures } from '@switchyard/router'
import type { Store } from '@switchyard/store'
import { parseTraceContext } from '@switchyard/trace'
import { unknownChain } from './errors.ts'
import { mayCall, planMethod } from './host.ts'
import type { Questions } from './questions.ts'
import type { Reach } from './stand-ins.ts'
import type { CommandInfo } from './yard.ts'

/** Where a workspace keeps chains of its own, beside its configuration. */
const CHAINS_FOLDER = 'chains'

/** How long what became of a chain can be looked up. */
const KEPT_MS = 90 * 86_400_000

/** A workspace's chains, opened at their first use: a run that uses none reads none of their code. */
export interface YardChains {
  open(): Promise<Chains>
  /** One of the workspace's own or of those that come along. @throws CHAIN_UNKNOWN, CHAIN_INVALID */
  named(name: string): Promise<ChainDefinition>
  close(): Promise<void>
}

export interface ChainParts {
  readonly workspace: string
  readonly store: Store
  readonly clock: Clock
  readonly random: () => number
  /** In whose name a person's steps are called. */
  readonly person: BusClient
  /** Of each plugin that is here; its chains are called under these, and so under its own grant. */
  readonly clients: ReadonlyMap<string, BusClient>
  readonly reach: Reach
  /** Those that are served here, whose chains may go on here. */
  readonly plugins: readonly Plugin[]
  readonly versions: Pick<Versions, 'target'>
  /** Keeps the events that come while no process is up. */
  readonly durable: DurableLog | undefined
  readonly commands: ReadonlyMap<string, CommandInfo>
  readonly timeLimitMsOf: (commandId: string) => number | undefined
  /** What a run of a command is likely to take. */
  readonly figuresOf: (commandId: string) => CommandFigures
  readonly questions: Questions
  readonly log: Log
  /** The trace that a person's chain begins in, and where its spans go. */
  readonly context: NonNullable<ChainsOptions['context']>
  readonly span: (span: Extract<ChainEvent, { type: 'span' }>['span']) => void
}

export function createYardChains({
  workspace,
  store,
  clock,
  random,
  person,
  clients,
  reach,
  plugins,
  versions,
  durable,
  commands,
  timeLimitMsOf,
  figuresOf,
  questions,
  log,
  context,
  span,
}: ChainParts): YardChains {
  let opened: Promise<Chains> | undefined

  return {
    open() {
      opened ??= load()
      return opened
    },
    async named(name) {
      const { libraryText, parseChain } = await import('@switchyard/chain')
      const text = ownText(name) ?? libraryText(name)
      if (text === undefined) throw unknownChain(name, 'it must be in the folder chains, or come along')
      return parseChain(text)
    },
    async close() {
      const chains = await opened?.catch(() => undefined)
      await chains?.close()
    },
  }

  async function load(): Promise<Chains> {
    const { createChains, libraryText, parseChain } = await import('@switchyard/chain')
    const chains = createChains({
      store,
      clock,
      random,
      command: factsOf,
      plugins: plugins.map(({ name }) => name),
      mayCall(command, name) {
        const plugin = plugins.find((one) => one.name === name)
        return name === undefined || (plugin !== undefined && mayCall(plugin, command))
      },
      async call(command, input, { headers, plugin, pause, ...options }) {
        const method = targetOf(command, plugin)
        await reach(method)
        const traceId = pause === undefined ? undefined : parseTraceContext(headers)?.traceId
        const release = traceId === undefined ? undefined : questions.whileAsked(traceId, pause!)
        try {
          return await clientOf(plugin).call(method, input, { ...options, headers: { ...headers } })
        } finally {
          release?.()
        }
      },
      async plan(command, input, plugin) {
        const method = targetOf(command, plugin)
        await reach(method)
        const options = { timeoutMs: timeLimitMsOf(command) ?? 30_000, headers: { ...context() } }
        return (await clientOf(plugin).call(planMethod(method), input, options)) as Plan
      },
      subscribe(topic, handler, sinceMs) {
        const subscription = person.subscribe(topic, (payload) => handler(payload))
        if (durable?.isDurable(topic) === true)
          replay(durable).catch((error: unknown) => log.error(`failed reading what was said on ${topic}`, { error: String(error) }))
        return () => void subscription.close()

        async function replay(kept: DurableLog): Promise<void> {
          for await (const { payload, timestamp } of kept.replay(topic, { sinceMs })) handler(payload, Date.parse(timestamp))
        }
      },
      chain: (name): ChainDefinition | undefined => {
        const text = ownText(name) ?? libraryText(name)
        return text === undefined ? undefined : parseChain(text)
      },
      context,
      onEvent: tell,
      ...(questions.ask !== undefined && { ask: (question) => questions.ask!(question) }),
    })
    try {
      chains.prune(clock.now() - KEPT_MS)
    } catch (error) {
      log.error('failed forgetting old chains', { error: String(error) })
    }
    return chains
  }

  /** A plugin's chain goes on only where the plugin is, which `plugins` sees to. */
  function clientOf(plugin: string | undefined): BusClient {
    return plugin === undefined ? person : clients.get(plugin)!
  }

  /** A plugin's chain calls the versions that the plugin depends on. */
  function targetOf(command: string, name: string | undefined): string {
    const plugin = plugins.find((one) => one.name === name)
    return plugin === undefined ? command : versions.target(plugin, command)
  }

  function ownText(name: string): string | undefined {
    if (!/^[a-z][a-z0-9-]*$/.test(name)) return undefined
    const path = ['yaml', 'yml', 'json'].map((ending) => join(workspace, CHAINS_FOLDER, `${name}.${ending}`)).find((one) => existsSync(one))
    return path === undefined ? undefined : readFileSync(path, 'utf8')
  }

  function factsOf(commandId: string): CommandFacts | undefined {
    const found = commands.get(commandId)
    if (found === undefined) return undefined
    const { effect, input, output, idempotent = effect === 'read', costUsd, spentUsd, undo } = found.definition
    const timeoutMs = timeLimitMsOf(commandId)
    return {
      plugin: found.plugin,
      effect,
      input,
      output,
      idempotent: idempotent === true,
      takesKey: idempotent === 'key',
      ...(costUsd !== undefined && { costUsd }),
      ...(timeoutMs !== undefined && { timeoutMs }),
      estimate: () => figuresOf(commandId),
      ...(spentUsd !== undefined && { spentUsd: (result, given) => spentUsd(result, input.parse(given)) }),
      ...(undo !== undefined && { undo: (result, given) => undo(result, input.parse(given)) }),
    }
  }

  function tell(event: ChainEvent): void {
    if (event.type === 'fault') log.error(`failed ${event.doing}`, { error: String(event.error) })
    if (event.type === 'span') span(event.span)
    if (event.type !== 'compensation-failed') return
    const { id, path, error } = event
    log.error(`could not take back step "${path}" of chain ${id}`, { error })
    person
      .publish('chain/compensation-failed', { chain: id, step: path, code: error.code, message: error.message })
      .catch((reason: unknown) => log.error('failed publishing chain/compensation-failed', { error: String(reason) }))
  }
}
