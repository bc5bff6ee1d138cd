import { existsSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Plugin } from '@switchyard/plugin-kit'
import type { Flag } from './flags.ts'
import type { CommandShape, PluginShape } from './plugin-shape.ts'

/** Longer ones are none of ours. */
const MAX_BYTES = 4_194_304

const fileIn = (workspace: string): string => join(workspace, '.switchyard', 'completion.json')

/**
 * Keeps how a workspace's own plugins are typed, as whoever runs a command of a workspace trusts its plugins; a key that is pressed there
 * must not load them. Does nothing where there is no data folder, or where it cannot be written to.
 */
export async function keepShapes(workspace: string, plugins: readonly Plugin[]): Promise<void> {
  const file = fileIn(workspace)
  if (!existsSync(join(workspace, '.switchyard')) || (plugins.length === 0 && !existsSync(file))) return
  const { shapeOf } = await import('./plugin-shape.ts')
  try {
    const text = JSON.stringify(plugins.map(shapeOf))
    if (readText(file) === text) return
    const fresh = `${file}.${process.pid}`
    writeFileSync(fresh, text, { mode: 0o600 })
    renameSync(fresh, file)
  } catch {
    // Completion is a nicety: what was asked for has been answered.
  }
}

/** What `keepShapes` kept, or what somebody put in its place: only what has its form is read. */
export function readShapes(workspace: string): readonly PluginShape[] {
  try {
    const kept: unknown = JSON.parse(readText(fileIn(workspace)) ?? '[]')
    return Array.isArray(kept) ? kept.filter(isPluginShape) : []
  } catch {
    return []
  }
}

/** Undefined where there is no such file, or no plain one of a size that we write. */
function readText(file: string): string | undefined {
  const found = statSync(file, { throwIfNoEntry: false })
  return found?.isFile() === true && found.size <= MAX_BYTES ? readFileSync(file, 'utf8') : undefined
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null
const isText = (value: unknown): value is string => typeof value === 'string'
/** What can be a word of a command line, and of no flag or name that commander would choke on. */
const isWord = (value: unknown): value is string => isText(value) && /^[a-z][\w.-]{0,99}$/i.test(value)
const isListOf =
  <one>(is: (value: unknown) => value is one) =>
  (value: unknown): value is readonly one[] =>
    Array.isArray(value) && value.length <= 10_000 && value.every(is)

const KINDS: readonly unknown[] = ['text', 'number', 'boolean', 'list', 'json'] satisfies readonly Flag['kind'][]

const isFlag = (value: unknown): value is Flag =>
  isObject(value) &&
  isWord(value.name) &&
  isText(value.description) &&
  KINDS.includes(value.kind) &&
  (value.choices === undefined || isListOf(isText)(value.choices))

const isCommandShape = (value: unknown): value is CommandShape =>
  isObject(value) && isWord(value.name) && isText(value.summary) && typeof value.changes === 'boolean' && isListOf(isFlag)(value.flags)

const isPluginShape = (value: unknown): value is PluginShape =>
  isObject(value) && isWord(value.name) && isText(value.summary) && isListOf(isCommandShape)(value.commands)
