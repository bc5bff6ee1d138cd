import type {
  CompareOptions,
  StateCounter,
  StateDefinition,
  StateField,
  StateList,
  StateMap,
  StateRegister,
  StateSet,
  StateText,
  StateUpDownCounter,
  StateValueOptions,
  StateWriteOptions,
  Versioned,
} from '@switchyard/plugin-kit'
import type { HistoryChange } from './api.ts'
import { SEQUENCES, type StateDocument } from './document.ts'
import { stateInvalid } from './errors.ts'
import type { FieldView } from './field-view.ts'
import type { Namespace } from './namespace.ts'
import { assertWellFormed, canonicalJson, freezeDeep, frozenJson } from './plain-json.ts'
import { readField } from './read-field.ts'
import type { Author, Replica } from './replica.ts'
import { type Slot, versionOf } from './slot.ts'
import { stampMs } from './stamp.ts'

/** What the handles of one plugin in one namespace have in common. */
export interface HandleParts {
  readonly namespace: Namespace
  readonly plugin: string
  readonly nowMs: () => number
  /** @throws STATE_DENIED, and records it */
  readonly assertWriter: () => void
  /** Why it is written, where a write does not say so itself. */
  readonly why: () => string | undefined
}

/** One handle a field. Each checks who writes and what before anything is changed. */
export function createHandles({ fields }: StateDefinition, parts: HandleParts): Readonly<Record<string, unknown>> {
  const handles = Object.entries(fields).map(([name, field]) => {
    const view = parts.namespace.replica.views.get(name)!
    return [name, createHandle(field, new FieldWriter(parts, view))] as const
  })
  return Object.freeze(Object.fromEntries(handles))
}

function createHandle({ kind }: StateField, writer: FieldWriter): object {
  switch (kind) {
    case 'register':
      return registerHandle(writer)
    case 'map':
      return mapHandle(writer)
    case 'counter':
      return counterHandle(writer)
    case 'up-down-counter':
      return {
        ...counterHandle(writer),
        decrement: (amount, options) => writer.count(0, amount ?? 1, options),
      } satisfies StateUpDownCounter
    case 'set':
      return setHandle(writer)
    case 'list':
      return listHandle(writer)
    case 'text':
      return textHandle(writer)
  }
}

class FieldWriter {
  readonly view: FieldView
  readonly nowMs: () => number
  readonly #parts: HandleParts

  constructor(parts: HandleParts, view: FieldView) {
    this.#parts = parts
    this.view = view
    this.nowMs = parts.nowMs
  }

  get replica(): Replica {
    return this.#parts.namespace.replica
  }

  /** @throws STATE_INVALID */
  checked(value: unknown): unknown {
    const { schema } = this.view.field
    const result = schema!.safeParse(value)
    if (!result.success) {
      const mistakes = result.error.issues.map(({ path, message }) => (path.length > 0 ? `${path.join('.')}: ${message}` : message))
      throw this.#invalid(mistakes.join('; '))
    }
    return this.#fitting(() => frozenJson(result.data))
  }

  /** A key, or letters of a text. @throws STATE_INVALID */
  checkedText(text: unknown): string {
    return this.#fitting(() => {
      assertWellFormed(text)
      return text
    })
  }

  author(options: StateWriteOptions | undefined): Author {
    return { writer: this.#parts.plugin, correlationId: options?.correlationId ?? this.#parts.why() }
  }

  set(key: string, value: unknown, options: StateValueOptions | undefined, op: HistoryChange['op'] = 'set'): Promise<void> {
    this.#parts.assertWriter()
    const checked = op === 'set' ? this.checked(value) : value
    const expiresMs = this.#expiresMs(options)
    return this.#parts.namespace.write((replica) => replica.put(this.view, key, checked, this.author(options), op, expiresMs))
  }

  delete(key: string, options: StateWriteOptions | undefined, op: HistoryChange['op'] = 'delete'): Promise<void> {
    this.#parts.assertWriter()
    return this.#parts.namespace.write((replica) => replica.drop(this.view, key, this.author(options), op))
  }

  async compareAndSet(key: string, version: string | undefined, value: unknown, options: CompareOptions | undefined): Promise<boolean> {
    this.#parts.assertWriter()
    const write = { value: this.checked(value), expiresMs: this.#expiresMs(options), author: this.author(options), lock: options?.lock }
    return this.#parts.namespace.compareAndSet(this.view, key, version, write)
  }

  count(up: number, down: number, options: StateWriteOptions | undefined): Promise<void> {
    this.#parts.assertWriter()
    const amount = up + down
    if (!Number.isSafeInteger(amount) || amount < 1)
      throw this.#invalid(`the amount must be a positive integer: current value is ${amount}`)
    return this.#parts.namespace.write((replica) => replica.count(this.view, up, down, this.author(options)))
  }

  edit(
    op: 'insert' | 'cut',
    value: unknown,
    options: StateWriteOptions | undefined,
    work: (document: StateDocument) => void,
  ): Promise<void> {
    this.#parts.assertWriter()
    return this.#parts.namespace.write((replica) => replica.edit(this.view.name, op, value, this.author(options), work))
  }

  /** For reading; counted. */
  look(): FieldView {
    this.#parts.namespace.reads++
    return this.view
  }

  read(): unknown {
    return readField(this.replica, this.look(), undefined, this.nowMs())
  }

  versioned(slot: Slot | undefined): Versioned<never> | undefined {
    if (slot === undefined) return undefined
    const { value, writer = this.replica.owner, expiresMs } = slot
    return { value: value as never, version: versionOf(slot), writer, writtenMs: stampMs(slot.stamp), expiresMs }
  }

  #fitting<result>(check: () => result): result {
    try {
      return check()
    } catch (error) {
      throw this.#invalid(error instanceof Error ? error.message : String(error))
    }
  }

  #expiresMs(options: StateValueOptions | undefined): number | undefined {
    if (options?.ttlMs === undefined) return undefined
    if (!(options.ttlMs > 0)) throw this.#invalid(`ttlMs must be above 0: current value is ${options.ttlMs}`)
    return this.nowMs() + options.ttlMs
  }

  #invalid(mistakes: string): Error {
    return stateInvalid(this.#parts.namespace.definition.namespace, this.view.name, mistakes)
  }
}

function registerHandle(writer: FieldWriter): StateRegister<unknown> {
  const { nowMs } = writer
  return {
    get: () => writer.look().winner('', nowMs)?.value,
    versioned: () => writer.versioned(writer.look().winner('', nowMs)),
    set: (value, options) => writer.set('', value, options),
    delete: (options) => writer.delete('', options),
    compareAndSet: (version, value, options) => writer.compareAndSet('', version, value, options),
  }
}

function mapHandle(writer: FieldWriter): StateMap<unknown> {
  const { nowMs } = writer
  return {
    get: (key) => writer.look().winner(key, nowMs)?.value,
    has: (key) => writer.look().winner(key, nowMs) !== undefined,
    versioned: (key) => writer.versioned(writer.look().winner(key, nowMs)),
    set: (key, value, options) => writer.set(writer.checkedText(key), value, options),
    delete: (key, options) => writer.delete(key, options),
    compareAndSet: async (key, version, value, options) => writer.compareAndSet(writer.checkedText(key), version, value, options),
    keys: () => Array.from(writer.look().live(nowMs()), ([key]) => key),
    entries: () => Array.from(writer.look().live(nowMs()), ([key, { value }]) => [key, value]),
    get size() {
      const view = writer.look()
      return view.nextExpiryMs > nowMs() ? view.cells.size : [...view.live(nowMs())].length
    },
  }
}

function counterHandle(writer: FieldWriter): StateCounter {
  return { get: () => writer.look().total, increment: (amount, options) => writer.count(amount ?? 1, 0, options) }
}

function setHandle(writer: FieldWriter): StateSet<unknown> {
  const elementOf = (value: unknown): string => canonicalJson(writer.checked(value))
  return {
    has: (value) => writer.look().cell(elementOf(value)) !== undefined,
    values: () => freezeDeep(writer.read()) as unknown[],
    get size() {
      return writer.look().cells.size
    },
    add: (value, options) => writer.set(elementOf(value), 0, options, 'add'),
    delete: (value, options) => writer.delete(elementOf(value), options, 'remove'),
  }
}

function listHandle(writer: FieldWriter): StateList<unknown> {
  const { name } = writer.view
  const list = () => writer.replica.document(SEQUENCES).list(name)
  const look = () => {
    writer.look()
    return list()
  }
  const insert: StateList<unknown>['insert'] = (index, values, options) => {
    const checked = values.map((value) => writer.checked(value))
    assertWithin(index, list().length)
    return writer.edit('insert', checked, options, (document) => document.list(name).insert(index, checked))
  }
  return {
    get: (index) => freezeDeep(look().get(index)),
    values: () => writer.read() as unknown[],
    get length() {
      return look().length
    },
    insert,
    push: (value, options) => insert(list().length, [value], options),
    delete(index, count = 1, options) {
      assertWithin(index + count, list().length, index, count)
      return writer.edit('cut', count, options, (document) => document.list(name).delete(index, count))
    },
  }
}

function textHandle(writer: FieldWriter): StateText {
  const { name } = writer.view
  const text = () => writer.replica.document(SEQUENCES).text(name)
  const look = () => {
    writer.look()
    return text()
  }
  return {
    toString: () => look().toString(),
    get length() {
      return look().length
    },
    insert(index, inserted, options) {
      const checked = writer.checkedText(inserted)
      assertWithin(index, text().length)
      return writer.edit('insert', checked, options, (document) => document.text(name).insert(index, checked))
    },
    delete(index, count, options) {
      assertWithin(index + count, text().length, index, count)
      return writer.edit('cut', count, options, (document) => document.text(name).delete(index, count))
    },
  }
}

function assertWithin(index: number, length: number, ...others: readonly number[]): void {
  for (const position of [index, ...others]) {
    if (Number.isInteger(position) && position >= 0 && position <= length) continue
    throw new RangeError(`Cannot change the sequence as a position must be between 0 and ${length}: current value is ${position}`)
  }
}
