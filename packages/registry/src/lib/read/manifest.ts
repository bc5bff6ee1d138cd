import validRange from 'semver/ranges/valid.js'
import type { Dependency } from '../entry.ts'
import { cleanName, cleanText, cleanWords } from '../text.ts'
import type { Folder } from './folder.ts'
import type { Report } from './item.ts'

/** The fields of a plugin's own manifest, or of its entry in a marketplace, that tell what it is. */
export interface Manifest {
  readonly name?: string
  readonly version?: string
  readonly summary?: string
  readonly keywords: readonly string[]
  readonly category?: string
  readonly dependencies: readonly Dependency[]
  /** Paths that it names, relative to the plugin; undefined where it names none. */
  readonly paths: { readonly [kind in 'commands' | 'agents' | 'skills']?: readonly string[] }
  /** Commands that it lists by name. */
  readonly commands: readonly NamedCommand[]
}

/** A command that a manifest gives a name, and its text or the path to it. */
export interface NamedCommand {
  readonly name: string
  readonly source?: string
  readonly content?: string
  readonly summary: string
  readonly argumentHint: string
  readonly model: string
}

const MAX_PATHS = 1_000

/** A JSON file that has to be an object; undefined where there is none or where it is not, which `report` is told. */
export function readJson(folder: Folder, path: string, report: Report): Readonly<Record<string, unknown>> | undefined {
  const file = folder.read(path)
  if (file === undefined) return undefined
  if ('refused' in file) {
    report({ path, message: `it is passed over as ${file.refused}`, outcome: 'skipped' })
    return undefined
  }
  const value = parseJson(file.text)
  if (isRecord(value)) return value
  report({
    path,
    message: value === undefined ? 'it is passed over as it is no valid JSON' : 'it is passed over as it is no object',
    outcome: 'skipped',
  })
  return undefined
}

/** What is known and of its type is taken; what is not is as if it were not there. */
export function manifestOf(json: Readonly<Record<string, unknown>>): Manifest {
  const name = cleanName(json.name)
  const version = cleanText(json.version, 60)
  const summary = cleanText(json.description)
  const category = cleanText(json.category, 60).toLowerCase()
  return {
    ...(name !== undefined && { name }),
    ...(version !== '' && { version }),
    ...(summary !== '' && { summary }),
    ...(category !== '' && { category }),
    keywords: [...cleanWords(json.keywords), ...cleanWords(json.tags)],
    dependencies: dependenciesOf(json.dependencies),
    paths: {
      ...pathsField('commands', json.commands),
      ...pathsField('agents', json.agents),
      ...pathsField('skills', json.skills),
    },
    commands: isRecord(json.commands) ? namedCommands(json.commands) : [],
  }
}

function namedCommands(value: Readonly<Record<string, unknown>>): NamedCommand[] {
  return Object.entries(value)
    .slice(0, MAX_PATHS)
    .flatMap(([key, of]) => {
      const name = cleanName(key)
      if (name === undefined) return []
      const { source, content, description, argumentHint, model } = isRecord(of) ? of : { source: of }
      return {
        name,
        ...(typeof source === 'string' && { source }),
        ...(typeof content === 'string' && { content }),
        summary: cleanText(description),
        argumentHint: cleanText(argumentHint, 200),
        model: cleanText(model, 60),
      }
    })
}

function pathsField(kind: 'commands' | 'agents' | 'skills', value: unknown): Manifest['paths'] {
  if (typeof value === 'string') return { [kind]: [value] }
  if (Array.isArray(value)) return { [kind]: value.filter((one) => typeof one === 'string').slice(0, MAX_PATHS) }
  // Commands by name stand in place of a folder of them.
  return kind === 'commands' && isRecord(value) ? { commands: [] } : {}
}

/** Either form that people write: a list of names or objects, or names with their ranges. */
function dependenciesOf(value: unknown): Dependency[] {
  const items: unknown[] = Array.isArray(value)
    ? value
    : isRecord(value)
      ? Object.entries(value).map(([name, version]) => ({ name, version }))
      : []
  return items.slice(0, 100).flatMap((item) => {
    const { name, version } = typeof item === 'string' ? { name: item.split('@')[0], version: undefined } : isRecord(item) ? item : {}
    const clean = cleanName(name)
    if (clean === undefined) return []
    const range = typeof version === 'string' ? validRange(version) : null
    return [{ name: clean, ...(range !== null && range !== '*' && { range: cleanText(version, 60) }) }]
  })
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
