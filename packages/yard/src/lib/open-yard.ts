import { join, resolve } from 'node:path'
import { type Bus, type BusClient, createBus, createHubLink } from '@switchyard/bus'
import type { ChainReport } from '@switchyard/chain'
import { type Clock, type Grant, systemClock, toWireError } from '@switchyard/contracts'
import { type Plugin, type Progress, registryChanges, type Topic } from '@switchyard/plugin-kit'
import { type Versions, versionsOf } from '@switchyard/registry'
import { openStore, type Store } from '@switchyard/store'
import type { Span } from '@switchyard/trace'
import { chainTimeLimitMsOf, serveChains } from './chain-service.ts'
import { createChainTalk } from './chain-talk.ts'
import { createYardChains } from './chains.ts'
import { commandsOf } from './commands-of.ts'
import { defaultConfig, type YardConfig } from './config.ts'
import { DATA_FOLDER, keepFromGit } from './data-folder.ts'
import { createDecider, type DecideParts } from './decide.ts'
import { createDirector } from './director.ts'
import { directorTimeLimitMsOf, serveDirector } from './director-service.ts'
import { diagnose } from './doctor.ts'
import { offeredElsewhere } from './elsewhere.ts'
import { duplicatePlugin, reservedName, sharedVersions, unknownCommand, unmetDependencies } from './errors.ts'
import { assertGuards, guardOf } from './guard-rule.ts'
import { createHeartbeats } from './heartbeats.ts'
import { grantOf, hostPlugin, listenFor } from './host.ts'
import { createObservation, type Observation } from './observe.ts'
import { createYardOtlp, type YardOtlp } from './otlp.ts'
import { createPlanRuns } from './plan-runs.ts'
import { planTimeLimitMsOf, servePlans } from './plan-service.ts'
import { createPlans } from './plans.ts'
import { createPluginTables } from './plugin-tables.ts'
import { createQuestions, type Questions } from './questions.ts'
import { createRequests } from './requests.ts'
import { createSharedState, type SharedState } from './shared-state.ts'
import { createStandIns, type Reach } from './stand-ins.ts'
import { pricesOf, proposeTeam } from './team.ts'
import { tellDecisions } from './tell-decisions.ts'
import { createYardTraces, type YardTraces } from './traces.ts'
import { createYardWatch } from './watch.ts'
import { createWorkspaceNames } from './workspace-names.ts'
import type { CommandInfo, Director, RunOptions, Yard, YardOptions } from './yard.ts'
import type { LogOf } from './yard-logs.ts'
import { createYardRegistry, type YardRegistry } from './yard-registry.ts'

/** The identity under which a person's requests go over the bus. */
const PERSON = 'person'
/** The identity that tells of alerts. */
const ALERTS = 'alerts'
/** What ends before is no process that stays. */
const FIRST_BEAT_MS = 1_000

/** Names of who asks and of what a yard itself serves or keeps in its file. */
const RESERVED: ReadonlySet<string> = new Set([
  PERSON,
  ALERTS,
  'bus',
  'chain',
  'director',
  'plan',
  'registry',
  'router',
  'state',
  'store',
  'trace',
  'yard',
])

/**
 * Opens the workspace in a folder with these plugins; nothing of a plugin runs before it is asked for.
 * @throws MANIFEST_INVALID, and the STORE_ codes when the data folder cannot be used
 */
export async function openYard(dir: string, options: YardOptions): Promise<Yard> {
  const workspace = resolve(dir)
  const { config = defaultConfig(), memory = false, meet = false, clock = systemClock } = options
  const { random = Math.random, secrets = [], modelKey } = options
  const { served, standIns, plugins, versions } = pluginsOf(options)
  /** Of every version; people and the router are offered those of the current ones. */
  const commandsOfAll = commandsOf(plugins)
  const commands = commandsOf(versions.current)
  for (const plugin of plugins) assertGuards(plugin)
  const guards = new Map([...commandsOfAll].map(([id, command]) => [id, guardOf(pluginNamed(command.plugin), command, config.guard)]))
  const timeLimitMsOf = (commandId: string): number | undefined =>
    guards.get(commandId)?.timeLimitMs ?? chainTimeLimitMsOf(commandId) ?? directorTimeLimitMsOf(commandId) ?? planTimeLimitMsOf(commandId)
  const dataRoot = join(workspace, DATA_FOLDER)
  const store = openStore({ path: memory ? ':memory:' : join(dataRoot, 'yard.db'), clock, busyTimeoutMs: config.store.busyTimeoutMs })
  if (!memory) keepFromGit(dataRoot)
  const clients = new Map<string, BusClient>()
  const registry = createYardRegistry({
    store,
    clock,
    plugins,
    isCommand: (id) => commandsOfAll.has(id),
    served: () => [...clients.keys()],
    random,
  })
  let otlp: YardOtlp | undefined
  const observation = createObservation({
    dataRoot,
    memory,
    config,
    clock,
    secrets,
    beside: options.log,
    breakerOf: (method) => guards.get(method)?.rule.name,
    otlp: () => otlp,
  })
  const { log, metering } = observation
  otlp =
    config.otlp === undefined
      ? undefined
      : createYardOtlp({
          settings: config.otlp,
          headers: options.otlpHeaders ?? {},
          clock,
          random,
          log: log('otlp'),
          dataRoot: memory ? undefined : dataRoot,
        })
  const onBatch = (spans: readonly Span[]): void => {
    metering.spans(spans)
    otlp?.traces(spans)
  }
  const traces = createYardTraces({
    dataRoot,
    memory,
    config,
    clock,
    random,
    log: log('trace'),
    asked: options.asked,
    onBatch,
    hide: observation.hide,
  })
  let bus: Bus | undefined
  try {
    bus = createBus({
      clock,
      random,
      store,
      hooks: traces.hooks(registry.hooks, metering.hooks),
      ...(meet && { link: createHubLink({ folder: dataRoot, authorize }) }),
      maxMessageBytes: config.bus.maxMessageBytes,
      durable: [...Object.values(registryChanges), ...plugins.flatMap(({ publishes = [] }) => publishes)]
        .filter(({ durable }: Topic) => durable)
        .map(({ name }) => ({ topics: name })),
      guard: (method) => guards.get(method)?.rule,
    })
    registry.attach(bus, log('registry'))
    traces.attach(bus)
    metering.attach(bus)
    const state = createSharedState({
      plugins,
      bus,
      store,
      clock,
      random,
      log,
      opened: metering.watchState,
      merged: traces.merged,
      operator: PERSON,
    })
    const person = bus.connect(PERSON)
    const reach = createStandIns({ plugins: standIns, client: person, host })
    const questions = createQuestions(options.ask)
    const shared = {
      workspace,
      state,
      tables: createPluginTables(store),
      clock,
      dataRoot,
      timeLimitMsOf,
      reach,
      versions,
      spent: registry.spent,
      ask: questions.ask,
    }
    for (const plugin of served) host(plugin)
    let isListening = false
    const yard = createYard({
      listen,
      names: config.names,
      learned: options.learned,
      onLearn: options.onLearn,
      model: config.model === undefined || modelKey === undefined ? undefined : { settings: config.model, key: modelKey },
      workspace,
      plugins: versions.current,
      versions,
      served,
      commands,
      person,
      reach,
      timeLimitMsOf,
      store,
      bus,
      clients,
      state,
      registry,
      traces,
      otlp,
      observation,
      dataRoot,
      config,
      stays: meet,
      webhookUrl: options.webhookUrl,
      clock,
      random,
      log,
      questions,
    })
    // Where others are met, what they say is to be heard at once.
    if (meet) listen()
    await bus.ready()
    return yard

    function host(plugin: Plugin): void {
      clients.set(plugin.name, hostPlugin(bus!, { plugin, log: (headers) => log(plugin.name, headers), ...shared }))
    }

    /** Listening takes over what is kept for a listener, so a yard that only looks does not. */
    function listen(): void {
      if (isListening) return
      isListening = true
      for (const plugin of served) listenFor(clients.get(plugin.name)!, { plugin, log: (headers) => log(plugin.name, headers), ...shared })
    }
  } catch (error) {
    await bus?.close()
    await traces.close()
    await observation.close()
    await otlp?.close()
    store.close()
    throw error
  }

  function pluginNamed(name: string): Plugin {
    return plugins.find((plugin) => plugin.name === name)!
  }

  /** A plugin that is known here may do what its definition says, whatever a process that attaches it asks for. */
  function authorize(identity: string, asked: Grant): Grant {
    const known = plugins.find(({ name }) => name === identity)
    return known === undefined ? asked : grantOf(known, versions)
  }
}

interface OpenParts {
  /** Attaches the plugins' listeners, once. */
  readonly listen: () => void
  readonly names: YardConfig['names']
  readonly model: DecideParts['model'] | undefined
  readonly workspace: string
  readonly plugins: readonly Plugin[]
  readonly versions: Versions
  /** Those that are served here, of whichever version. */
  readonly served: readonly Plugin[]
  readonly commands: ReadonlyMap<string, CommandInfo>
  readonly person: BusClient
  readonly reach: Reach
  readonly timeLimitMsOf: (commandId: string) => number | undefined
  readonly store: Store
  readonly bus: Bus
  readonly clients: ReadonlyMap<string, BusClient>
  readonly state: SharedState
  readonly registry: YardRegistry
  readonly traces: YardTraces
  readonly otlp: YardOtlp | undefined
  readonly observation: Observation
  readonly dataRoot: string
  readonly config: YardConfig
  /** Whether it serves others, and so stays. */
  readonly stays: boolean
  readonly webhookUrl: string | undefined
  readonly learned: YardOptions['learned']
  readonly onLearn: YardOptions['onLearn']
  readonly clock: Clock
  readonly random: () => number
  readonly log: LogOf
  readonly questions: Questions
}

function createYard(parts: OpenParts): Yard {
  const { listen, names, model, workspace, plugins, versions, served, commands, person, reach, timeLimitMsOf, store, bus, clients, state } =
    parts
  const { registry, traces, otlp, observation, dataRoot, config, stays, webhookUrl, learned, onLearn, clock, random, log, questions } =
    parts
  const { metering } = observation
  const plans = createPlans(store, random)
  try {
    plans.prune(clock.now())
  } catch (error) {
    log('yard').error('failed forgetting old plans', { error: toWireError(error) })
  }
  const prices = pricesOf(config)
  const decider = createDecider({
    store,
    clock,
    plugins,
    commands,
    names: createWorkspaceNames(workspace, names, clock),
    ...(learned !== undefined && { learned }),
    runsOf: (id) => registry.open().figures(id),
    prices,
    onLearn,
    lifeOf: (plugin) => ({ state: registry.open().health(plugin).state, figures: registry.open().figures(plugin) }),
    downOf: registry.downOf,
    elsewhere: (text) => offeredElsewhere(text, registry.open()),
    ...(model !== undefined && { model }),
    log: log('router'),
  })
  const chains = createYardChains({
    workspace,
    store,
    clock,
    random,
    person,
    clients,
    reach,
    plugins: served,
    versions,
    durable: bus.durable,
    commands,
    timeLimitMsOf,
    figuresOf: decider.figuresOf,
    questions,
    log: log('chain'),
    context: () => traces.contextOf(undefined),
    span(span) {
      traces.chain(span)
      metering.chain(span)
      if (span.error !== undefined) watch.poke()
    },
  })
  const talk = createChainTalk({ chains: chains.open, commands, questions, clock, person: PERSON })
  serveChains(bus, { open: chains.open, named: chains.named, isPlugin: (name) => clients.has(name), person: PERSON, follow: talk.follow })
  const heartbeats = createHeartbeats({
    bus,
    clock,
    random,
    served: clients,
    versionOf: (name) => [...plugins, ...served].find((plugin) => plugin.name === name)?.version ?? '',
    registry: registry.open,
    log: log('registry'),
  })
  let closing: Promise<void> | undefined
  let speaker: BusClient | undefined
  const watch = createYardWatch({
    workspace,
    store,
    clock,
    random,
    metrics: observation.metrics,
    metering,
    config,
    serves: stays ? served.map(({ name }) => name) : undefined,
    webhookUrl,
    redactor: observation.redactor,
    log: log('alerts'),
    publish(notice) {
      speaker ??= bus.connect(ALERTS)
      return speaker.publish('system/alert', notice)
    },
    call: (command, input, timeoutMs) => yard.call(command, input, { timeoutMs }),
    onBeat: observation.sendMetrics,
  })
  const unwatched = [
    bus.on('breaker', ({ to }) => (to === 'open' ? watch.poke() : undefined)),
    bus.on('dead-letter', watch.poke),
    clock.after(FIRST_BEAT_MS, () => void watch.start()),
  ]
  if (stays) unwatched.push(clock.after(FIRST_BEAT_MS, heartbeats.start))

  function commandOf(commandId: string): CommandInfo {
    const command = commands.get(commandId)
    if (command === undefined) throw unknownCommand(commandId)
    return command
  }

  async function call(method: string, timeLimitMs: number, input: unknown, options: RunOptions): Promise<unknown> {
    const { onProgress, signal, timeoutMs } = options
    const headers = traces.headersFor(options.headers)
    listen()
    const reached = reach(method)
    if (reached !== undefined) await reached
    return person.call(method, input, {
      timeoutMs: timeoutMs ?? timeLimitMs,
      ...(headers !== undefined && { headers }),
      ...(signal !== undefined && { signal }),
      ...(onProgress !== undefined && { onProgress: (progress) => onProgress(progress as Progress) }),
    })
  }

  const timeLimitOf = ({ id }: CommandInfo): number => timeLimitMsOf(id)!

  const requests = createRequests({
    decider,
    commands,
    registry: registry.open,
    traces,
    metering,
    clock,
    tell: tellDecisions({ bus, clock, log: log('router') }),
    isClosing: () => closing !== undefined,
  })
  const route: Director['route'] = (request, options) => requests.routing.consult(requests.decide(request, options))
  const yard: Yard = {
    dir: workspace,
    plugins,
    commands,
    async call(commandId, input, options = {}) {
      try {
        const timeLimitMs = timeLimitOf(commandOf(commandId))
        traces.calls(commandId, options.headers)
        return await call(commandId, timeLimitMs, input, options)
      } catch (error) {
        traces.failed(error)
        throw error
      }
    },
    ...createPlanRuns({
      plans,
      traces,
      commandOf,
      call: (command, method, input, options) => call(method, timeLimitOf(command), input, options),
      log,
      clock,
      within: decider.within,
    }),
    plans: () => plans.list(),
    ...requests,
    director: {
      route,
      ask: (request, options = {}) => director.ask(request, { call: yard.call }, options),
    },
    unanswered: traces.unanswered,
    state: () => state.open(),
    registry: registry.open,
    team: (task, limits) => proposeTeam(task, registry.open(), { prices, ...limits }),
    chains() {
      listen()
      return chains.open()
    },
    talk,
    chain: (name) => chains.named(name),
    traces: traces.store,
    metrics: watch.metrics,
    alerts: watch.alerts,
    bundle,
    bus: { durable: bus.durable, breakers: bus.breakers },
    begin: traces.begin,
    doctor: async () => diagnose({ workspace, plugins, store }),
    close() {
      closing ??= closeAll()
      return closing
    },
    [Symbol.asyncDispose]() {
      return this.close()
    },
  }
  const director = createDirector({
    commands,
    decide: route,
    within: decider.within,
    plan: yard.plan,
    chains: yard.chains,
    follow: talk.follow,
  })
  serveDirector(bus, {
    route,
    ask: director.ask,
    clientOf: (identity) => (identity === PERSON ? person : clients.get(identity)),
    person: PERSON,
  })
  servePlans(bus, { pluginOf: (identity) => plugins.find(({ name }) => name === identity), plan: yard.plan, get: plans.get })
  return yard

  async function bundle(traceId: string): ReturnType<Yard['bundle']> {
    const { bundleOf } = await import('./bundle.ts')
    const { traces, metrics, alerts, bus, plans } = yard
    const chain = async (id: string): Promise<ChainReport | undefined> => {
      const opened = await chains.open()
      return opened.list({ limit: 10_000 }).some((one) => one.id === id) ? opened.show(id) : undefined
    }
    await traces.flush()
    return bundleOf(traceId, { dataRoot, clock, redactor: observation.redactor, traces, metrics, alerts, bus, plans, plugins, chain })
  }

  async function closeAll(): Promise<void> {
    for (const stop of unwatched) stop()
    heartbeats.stop()
    await registry.settled()
    await watch.lastLook()
    await chains.close()
    await bus.drain()
    await watch.close()
    await state.close()
    await bus.close()
    await traces.close()
    await observation.close()
    await otlp?.close()
    await registry.close()
    store.close()
  }
}

/**
 * The plugins by the names that they are served by.
 * @throws MANIFEST_INVALID where two cannot be there at once, PLUGIN_DEPENDENCIES with everything that any of them needs and does not have
 */
function pluginsOf({ plugins: served, standIns = [] }: Pick<YardOptions, 'plugins' | 'standIns'>) {
  const all = [...served, ...standIns]
  for (const [name, same] of Map.groupBy(all, (plugin) => plugin.name)) {
    if (RESERVED.has(name)) throw reservedName(name)
    const versions = same.map(({ version }) => version)
    if (new Set(versions).size < versions.length) throw duplicatePlugin(name)
    if (same.length > 1 && same.some(({ tables, state }) => tables !== undefined || state !== undefined))
      throw sharedVersions(name, versions)
  }
  const versions = versionsOf(all)
  const plugins = all.map(versions.named)
  if (versions.problems.length > 0) throw unmetDependencies(versions.problems)
  return { served: served.map(versions.named), standIns: standIns.map(versions.named), plugins, versions }
}
