import type { Bus } from '@switchyard/bus'
import type { Clock, MessageHeaders } from '@switchyard/contracts'
import type { Log, Plugin, PluginState, StateDefinition, StateLockOptions } from '@switchyard/plugin-kit'
import type { State, StateEvents } from '@switchyard/state'
import type { Store } from '@switchyard/store'
import { unknownImport } from './errors.ts'

/** A workspace's state, opened at its first use: loading yjs is not worth it to a run that shares nothing. */
export interface SharedState {
  open(): Promise<State>
  /** What a plugin's run is given; its trace is the reason of what it writes. */
  of(plugin: string, headers: MessageHeaders): PluginState
  close(): Promise<void>
}

export interface SharedStateParts {
  readonly plugins: readonly Plugin[]
  readonly bus: Bus
  readonly store: Store
  readonly clock: Clock
  readonly random: () => number
  /** Of the plugin that owns a namespace. */
  readonly log: (plugin: string) => Log
  /** Told of each change of another process. */
  /** Told once it is open. */
  readonly opened: (state: State) => void
  readonly merged: (change: StateEvents['merged']) => void
  /** Who may read and write everything. */
  readonly operator: string
}

/** @throws MANIFEST_INVALID when a plugin imports what a plugin of this workspace does not export, or not to it */
export function createSharedState({ plugins, operator, log, opened: tellOpened, merged, ...parts }: SharedStateParts): SharedState {
  const definitions = plugins.flatMap(({ state }) => state?.exports ?? [])
  const imports = Object.fromEntries(plugins.map(({ name, state }) => [name, state?.imports ?? []]))
  for (const [plugin, namespaces] of Object.entries(imports)) {
    for (const namespace of namespaces) assertExported(plugin, namespace)
  }
  let opened: Promise<State> | undefined

  function open(): Promise<State> {
    opened ??= import('@switchyard/state').then(({ createState }) => {
      const state = createState({ ...parts, definitions, imports, operators: [operator] })
      tell(state)
      tellOpened(state)
      return state
    })
    return opened
  }

  function tell(state: State): void {
    state.on('refused', ({ namespace, ...fields }) => log(ownerOf(namespace)).warn(`a change of "${namespace}" was refused`, fields))
    state.on('conflict', ({ namespace, field, key, winner, loser }) => {
      const fields = { field, key, winner: winner.writer, loser: loser.writer }
      log(ownerOf(namespace)).warn(`a write of "${namespace}" was overwritten by one that did not know it`, fields)
    })
    state.on('merged', merged)
    state.on('fault', ({ error, doing }) => log('state').error(`failed ${doing}`, { error: String(error) }))
  }

  /** A plugin that is not here may run in another process, and is taken at its word. */
  function assertExported(plugin: string, namespace: string): void {
    const owner = ownerOf(namespace)
    if (!plugins.some(({ name }) => name === owner)) return
    const exported = definitions.find((definition) => definition.namespace === namespace)
    if (exported === undefined || !isFor(plugin, exported)) throw unknownImport(plugin, namespace, owner)
  }

  return {
    open,
    of(plugin, headers) {
      const state = async (): Promise<PluginState> => (await open()).connect(plugin, { why: () => traceOf(headers) })
      return {
        open: async (wanted: StateDefinition | string) => (await state()).open(wanted as StateDefinition) as never,
        watch: async (wanted, listener) => (await state()).watch(wanted, listener),
        lock: async (name, options) => (await state()).lock(name, { ...holderOf(headers), ...options }),
      }
    },
    async close() {
      const state = await opened?.catch(() => undefined)
      await state?.close()
    },
  }
}

function ownerOf(namespace: string): string {
  return namespace.slice(0, namespace.indexOf('/'))
}

function isFor(plugin: string, { access, readers }: StateDefinition): boolean {
  return access === 'public' || (access === 'protected' && readers.includes(plugin))
}

/** Two runs of one plugin shut each other out; what a run calls may take its lock again. */
function holderOf(headers: MessageHeaders): Pick<StateLockOptions, 'holder'> {
  const holder = traceOf(headers)
  return holder === undefined ? {} : { holder }
}

/** The trace id of a W3C traceparent. */
function traceOf({ traceparent }: MessageHeaders): string | undefined {
  return traceparent?.split('-')[1]
}
