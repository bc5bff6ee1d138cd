import type { HistoryRecord, State, StateConflict } from '@switchyard/state'
import type { Command } from 'commander'
import { usage } from '../lib/errors.ts'
import { EXIT } from '../lib/exit-code.ts'
import type { Define } from '../lib/own-commands.ts'
import { addCommonFlags } from '../lib/program.ts'
import type { Session } from '../lib/session.ts'
import { renderChange, renderConflicts, renderHistory, renderNamespaces } from '../render/state.ts'
import { renderValue } from '../render/value.ts'

/** The identity of whoever types; an operator of the state. */
const PERSON = 'person'

export const define: Define = (command, session) => {
  command.usage('COMMAND...').helpCommand(false)
  const add = (name: string, summary: string): Command => addCommonFlags(command.command(name).description(summary))

  add('list', 'List the namespaces, who owns them and who may see them').action(async () => {
    const namespaces = (await stateOf(session)).list()
    session.answer({ data: namespaces, text: (look) => renderNamespaces(namespaces, look) })
  })

  add('get', 'Show what can be read now, or at a time')
    .argument('<namespace>', 'Such as deploy/current')
    .argument('[field]', 'One of its fields')
    .argument('[key]', 'A key of a map')
    .option('--at <time>', 'What could be read then, such as 2026-01-31T12:00:00Z')
    .action(async (namespace: string, field: string | undefined, key: string | undefined, { at }: { at?: string }) => {
      const state = await stateOf(session)
      const content = at === undefined ? await state.read(PERSON, namespace) : state.at(namespace, timeOf(at))
      const value = pick(content, field, key)
      session.answer({ data: value, text: (look) => renderValue(value, look) })
    })

  add('set', "Set a register or a map's key, or add to a set")
    .argument('<namespace>', 'Such as deploy/current')
    .argument('<field>', 'One of its fields')
    .argument('<words...>', 'The value, after the key for a map; JSON, or plain text')
    .action(async (namespace: string, field: string, words: string[]) => {
      const state = await stateOf(session)
      await write(state, namespace, field, words)
      const content = await state.read(PERSON, namespace)
      session.answer({ data: content[field] ?? null, text: (look) => renderValue(content[field], look) })
    })

  add('watch', 'Show changes as they happen, until Ctrl-C')
    .argument('<namespace>', 'Such as deploy/current')
    .option('--count <n>', 'End after so many changes')
    .action(async (namespace: string, { count }: { count?: string }) => {
      const changes = await watch(session, namespace, count === undefined ? Infinity : countOf(count, '--count'))
      session.answer({ data: changes, text: '' })
    })

  add('history', 'Show who changed what, when and why, newest first')
    .argument('[namespace]', 'Such as deploy/current')
    .option('--field <name>', 'Only changes of this field')
    .option('--key <key>', 'Only changes of this key')
    .option('--limit <n>', 'At most so many', '20')
    .action(async (namespace: string | undefined, { limit, ...filter }: { field?: string; key?: string; limit: string }) => {
      const records = (await stateOf(session)).history({
        ...filter,
        ...(namespace !== undefined && { namespace }),
        limit: countOf(limit, '--limit'),
      })
      session.answer({ data: records, text: (look) => renderHistory(records, look) })
    })

  add('conflicts', 'Show writes that another one overwrote without knowing it')
    .argument('[namespace]', 'Such as deploy/current')
    .action(async (namespace: string | undefined) => {
      const records = (await stateOf(session)).history({ kind: 'conflict', ...(namespace !== undefined && { namespace }) })
      const conflicts = records.filter(isConflict)
      session.answer({ data: conflicts, text: (look) => renderConflicts(conflicts, look) })
    })

  add('verify', 'Check that the history is as it was written').action(async () => {
    const report = (await stateOf(session)).verify()
    const text = report.sound
      ? `sound: ${report.records} records, head ${report.head || 'none'}`
      : `NOT SOUND after ${report.records} records: ${report.problem}`
    session.answer({ data: report, text, exit: report.sound ? EXIT.done : EXIT.failed })
  })
}

async function stateOf(session: Session): Promise<State> {
  return (await session.yard()).state()
}

function pick(content: Readonly<Record<string, unknown>>, field: string | undefined, key: string | undefined): unknown {
  if (field === undefined) return content
  if (!Object.hasOwn(content, field)) throw unknownField(field, Object.keys(content))
  const value = content[field]
  if (key === undefined) return value ?? null
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : null
}

/** What the handles of fields that take a value have in common. */
interface Settable {
  set?(...keyAndValue: unknown[]): Promise<void>
  add?(value: unknown): Promise<void>
  keys?(): string[]
}

async function write(state: State, namespace: string, field: string, words: readonly string[]): Promise<void> {
  const handles = (await state.connect(PERSON).open(namespace)) as Readonly<Record<string, Settable>>
  if (!Object.hasOwn(handles, field)) throw unknownField(field, Object.keys(handles))
  const handle = handles[field]!
  const needsKey = handle.keys !== undefined
  if (words.length !== (needsKey ? 2 : 1)) {
    const wanted = needsKey ? 'a key and a value' : 'one value'
    throw usage(`Cannot set "${field}" as it takes ${wanted}: ${words.length} words were given`, 'switchyard state set --help')
  }
  const value = parseValue(words.at(-1)!)
  if (handle.set !== undefined) await handle.set(...(needsKey ? [words[0]] : []), value)
  else if (handle.add !== undefined) await handle.add(value)
  else
    throw usage(`Cannot set "${field}" as it must be a register, a map or a set: only plugins change the others`, 'switchyard state list')
}

async function watch(session: Session, namespace: string, count: number): Promise<unknown[]> {
  const state = await stateOf(session)
  const changes: unknown[] = []
  const { out } = session.host
  // Timers of the state do not keep the process alive, this one does.
  const alive = setInterval(() => {}, 60_000)
  const ended = Promise.withResolvers<void>()
  session.signal.addEventListener('abort', () => ended.resolve(), { once: true })
  const stop = await state.connect(PERSON).watch(namespace, (change) => {
    if (changes.length >= count) return
    changes.push(change)
    if (!session.json) out.write(`${renderChange(change)}\n`)
    if (changes.length >= count) ended.resolve()
  })
  try {
    await ended.promise
  } finally {
    stop()
    clearInterval(alive)
  }
  return changes
}

function isConflict(record: HistoryRecord): record is HistoryRecord & { conflict: StateConflict } {
  return record.conflict !== undefined
}

function parseValue(word: string): unknown {
  try {
    return JSON.parse(word)
  } catch {
    return word
  }
}

function timeOf(text: string): number {
  const atMs = Date.parse(text)
  if (Number.isNaN(atMs)) throw usage(`Cannot look back as --at must be a time: current value is "${text}"`, 'switchyard state get --help')
  return atMs
}

function countOf(text: string, flag: string): number {
  const count = Number(text)
  if (Number.isInteger(count) && count >= 1) return count
  throw usage(`Cannot go on as ${flag} must be an integer >= 1: current value is "${text}"`, 'switchyard state --help')
}

function unknownField(field: string, known: readonly string[]): Error {
  return usage(`Cannot find the field "${field}" as it must be one of: ${known.join(', ')}`, 'switchyard state list')
}
