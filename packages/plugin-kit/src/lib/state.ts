import type { z } from 'zod'

/** How a field merges what two replicas wrote without knowing of each other. */
export type StateKind = 'register' | 'counter' | 'up-down-counter' | 'set' | 'map' | 'list' | 'text'

/** One field of a namespace: what it holds and how it merges. `handle` carries a type only. */
export interface StateField<handle = unknown> {
  readonly kind: StateKind
  readonly schema: z.ZodType | undefined
  readonly handle?: handle
}

export type StateFields = Readonly<Record<string, StateField>>

/** A namespace `plugin/name`: its fields, and who may see it. */
export interface StateDefinition<fields extends StateFields = StateFields> {
  readonly namespace: string
  /** Changes that are newer than this are refused until this process is updated too. */
  readonly version: number
  /** private: the owner alone, never on the bus. protected: the plugins in `readers` too. public: every plugin that imports it. */
  readonly access: 'private' | 'protected' | 'public'
  readonly readers: readonly string[]
  /** Whether those who may read may also write; otherwise the owner alone does. */
  readonly shared: boolean
  readonly fields: fields
}

export interface StateDefinitionOptions<fields extends StateFields> {
  fields: fields
  /** @default 'private' */
  access?: StateDefinition['access']
  /** Plugins that a protected namespace is granted to. @default none */
  readers?: readonly string[]
  /** @default false */
  shared?: boolean
  /** Raise it whenever a schema changes. @default 1 */
  version?: number
}

const NAMESPACE = /^[a-z][a-z0-9-]*\/[a-z][a-z0-9-]*$/
const FIELD = /^[A-Za-z]\w{0,63}$/

/**
 * Describes a namespace, such as `defineState('deploy/current', { access: 'public', fields: { version: crdt.register(z.string()) } })`.
 * @throws TypeError for a name or an option that cannot be
 */
export function defineState<const fields extends StateFields>(
  namespace: string,
  { fields, access = 'private', readers = [], shared = false, version = 1 }: StateDefinitionOptions<fields>,
): StateDefinition<fields> {
  if (!NAMESPACE.test(namespace)) {
    throw new TypeError(`Cannot define state as its namespace must read "plugin/name" in lower case: current value is "${namespace}"`)
  }
  for (const field of Object.keys(fields)) {
    if (!FIELD.test(field)) throw new TypeError(`Cannot define state "${namespace}" as a field must be a word: current value is "${field}"`)
  }
  if (!Number.isInteger(version) || version < 1) {
    throw new TypeError(`Cannot define state "${namespace}" as its version must be an integer >= 1: current value is ${version}`)
  }
  if (readers.length > 0 && access !== 'protected') {
    throw new TypeError(`Cannot define state "${namespace}" as only a protected one has readers: its access is "${access}"`)
  }
  if (shared && access === 'private') throw new TypeError(`Cannot define state "${namespace}" as a private one cannot be shared`)
  return { namespace, version, access, readers, shared, fields }
}

/** The types of shared data; docs/guide/state.md says which one for what. */
export const crdt = {
  /** One value; the later write wins, by hybrid clock. */
  register: <value>(schema: z.ZodType<value>): StateField<StateRegister<value>> => ({ kind: 'register', schema }),
  /** A number that only grows; no increment is ever lost. */
  counter: (): StateField<StateCounter> => ({ kind: 'counter', schema: undefined }),
  /** A number that grows and shrinks; no step is ever lost. */
  upDownCounter: (): StateField<StateUpDownCounter> => ({ kind: 'up-down-counter', schema: undefined }),
  /** Values that are equal by structure are one element; adding wins over removing at the same time. */
  set: <value>(schema: z.ZodType<value>): StateField<StateSet<value>> => ({ kind: 'set', schema }),
  /** A register a key; setting wins over deleting at the same time. */
  map: <value>(schema: z.ZodType<value>): StateField<StateMap<value>> => ({ kind: 'map', schema }),
  /** Order is kept, and what is inserted at the same time is all there. */
  list: <value>(schema: z.ZodType<value>): StateField<StateList<value>> => ({ kind: 'list', schema }),
  /** Text that several edit at once. */
  text: (): StateField<StateText> => ({ kind: 'text', schema: undefined }),
}

/** What an opened namespace offers: one handle a field. */
export type StateHandles<fields extends StateFields> = {
  readonly [name in keyof fields]: fields[name] extends StateField<infer handle> ? handle : never
}

export interface StateWriteOptions {
  /** Why: shown in the history. @default the trace of the run, where there is one */
  correlationId?: string
}

export interface StateValueOptions extends StateWriteOptions {
  /** The value is gone after this long, by the wall clock of whoever reads. @default never */
  ttlMs?: number
}

/** A value with where it comes from. */
export interface Versioned<value> {
  readonly value: value
  /** Changes with every write, for compareAndSet. */
  readonly version: string
  readonly writer: string
  readonly writtenMs: number
  readonly expiresMs: number | undefined
}

export interface CompareOptions extends StateValueOptions {
  /** The write happens only while this lock is held, by its fencing token. */
  lock?: StateLock
}

/**
 * Reads are immediate, frozen and see one's own writes at once. Every write is checked against the schema first and throws
 * STATE_INVALID or STATE_DENIED before anything is changed; its promise resolves once the change is in the store.
 */
export interface StateRegister<value> {
  get(): value | undefined
  versioned(): Versioned<value> | undefined
  set(value: value, options?: StateValueOptions): Promise<void>
  delete(options?: StateWriteOptions): Promise<void>
  /** Sets the value only if the version is still this one (undefined: only if there is none); false otherwise. Holds on one machine only. */
  compareAndSet(version: string | undefined, value: value, options?: CompareOptions): Promise<boolean>
}

export interface StateMap<value> {
  get(key: string): value | undefined
  has(key: string): boolean
  versioned(key: string): Versioned<value> | undefined
  set(key: string, value: value, options?: StateValueOptions): Promise<void>
  delete(key: string, options?: StateWriteOptions): Promise<void>
  /** As for a register. */
  compareAndSet(key: string, version: string | undefined, value: value, options?: CompareOptions): Promise<boolean>
  keys(): string[]
  entries(): [string, value][]
  readonly size: number
}

export interface StateCounter {
  get(): number
  /** By a positive integer. @default amount 1 */
  increment(amount?: number, options?: StateWriteOptions): Promise<void>
}

export interface StateUpDownCounter extends StateCounter {
  decrement(amount?: number, options?: StateWriteOptions): Promise<void>
}

export interface StateSet<value> {
  has(value: value): boolean
  values(): value[]
  readonly size: number
  add(value: value, options?: StateWriteOptions): Promise<void>
  delete(value: value, options?: StateWriteOptions): Promise<void>
}

export interface StateList<value> {
  get(index: number): value | undefined
  values(): value[]
  readonly length: number
  /** @throws RangeError outside of the list, as `delete` does */
  insert(index: number, values: readonly value[], options?: StateWriteOptions): Promise<void>
  push(value: value, options?: StateWriteOptions): Promise<void>
  delete(index: number, count?: number, options?: StateWriteOptions): Promise<void>
}

export interface StateText {
  toString(): string
  readonly length: number
  insert(index: number, text: string, options?: StateWriteOptions): Promise<void>
  delete(index: number, count: number, options?: StateWriteOptions): Promise<void>
}

/** Something that changed, here or elsewhere. */
export interface StateChange {
  readonly namespace: string
  readonly field: string
  /** Of a map; undefined for other kinds. */
  readonly key: string | undefined
  /** What can be read now; for a set the element, undefined when it is gone. */
  readonly value: unknown
  readonly writer: string
  readonly local: boolean
}

export interface StateLockOptions {
  /** Others may take it after this long, whether or not its holder still runs. @default 30_000 */
  ttlMs?: number
  /** How long to wait for it before STATE_LOCKED. @default 0 */
  waitMs?: number
  /** Any number may read while nobody writes. @default 'write' */
  mode?: 'read' | 'write'
  /** Who holds it within the plugin: the same holder may take it again. @default the trace of the run, where there is one */
  holder?: string
}

/** A held lock; it ends by itself when its time is over. */
export interface StateLock extends AsyncDisposable {
  readonly name: string
  /** Grows with every new holder: hand it to what you write to, so that it can refuse a holder whose time was over. */
  readonly token: number
  /** Starts its time anew. @throws STATE_LOCK_LOST */
  renew(): Promise<void>
  release(): Promise<void>
}

/** `ctx.state`: what a plugin may do with shared state. */
export interface PluginState {
  /**
   * A namespace of one's own, or one that another plugin exports and this one imports (by name, with its type).
   * @throws STATE_DENIED, STATE_UNKNOWN, STATE_NEWER
   */
  open<fields extends StateFields>(definition: StateDefinition<fields>): Promise<StateHandles<fields>>
  open<definition extends StateDefinition>(namespace: string): Promise<StateHandles<definition['fields']>>
  /**
   * Hears what changed in the namespace until the returned function is called; a key that changed twice at once is told once.
   * What the listener throws is dropped.
   */
  watch(namespace: string | StateDefinition, listener: (change: StateChange) => void): Promise<() => void>
  /** `plugin/name` of one's own, or `shared/name`. Holds on one machine only. @throws STATE_LOCKED, STATE_DENIED */
  lock(name: string, options?: StateLockOptions): Promise<StateLock>
}
