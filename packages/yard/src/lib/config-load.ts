import { readFileSync } from 'node:fs'
import { dirname, isAbsolute, join, posix, resolve, win32 } from 'node:path'
import { isSecretName } from '@switchyard/contracts/redact'
import type { z } from 'zod'
import { closest } from './closest.ts'
import { CONFIG_FILE, configSchema, type YardConfig } from './config.ts'
import type { ConfigDocument } from './config-document.ts'
import { readEnvironment } from './config-env.ts'
import { configInvalid, configUnreadable, systemCode } from './config-errors.ts'
import { mustBe } from './config-issue.ts'
import { type ConfigProblem, keyText } from './config-problem.ts'

/** A schema that reads one value is not worth compiling. */
const ONCE = { jitless: true }

/** What the machine says; read once, where the process starts. */
export interface ConfigSurroundings {
  env: Readonly<Record<string, string | undefined>>
  platform: NodeJS.Platform
  homeDir: string
  /** @default reads the disk; undefined where there is no file */
  readText?: (path: string) => string | undefined
}

/** Who set a value. */
export type ConfigOrigin =
  | { readonly from: 'default' }
  | { readonly from: 'user' | 'project'; readonly path: string; readonly line: number }
  | { readonly from: 'environment'; readonly variable: string }

/** One key with its value and who set it. */
export interface ConfigEntry {
  readonly key: string
  readonly value: unknown
  readonly origin: ConfigOrigin
}

export interface LoadedConfig {
  readonly config: YardConfig
  /** In the order of the schema. */
  readonly entries: readonly ConfigEntry[]
  /** Where files are looked for, whether they are there or not. */
  readonly paths: { readonly user: string; readonly project: string }
}

interface Layer {
  readonly value: unknown
  /** Those of the notation, not of the values. */
  readonly problems: readonly ConfigProblem[]
  problemAt(path: readonly PropertyKey[], message: string, about: 'key' | 'value'): ConfigProblem
  originOf(path: readonly PropertyKey[]): ConfigOrigin
}

/**
 * The configuration of a workspace: environment over `switchyard.config.json` over the user's own file over defaults, key by key.
 * @throws CONFIG_INVALID with every problem of all of them at once, CONFIG_UNREADABLE
 */
export async function loadConfig(dir: string, { env, platform, homeDir, readText = readFile }: ConfigSurroundings): Promise<LoadedConfig> {
  const paths = { user: userConfigPath({ env, platform, homeDir }), project: join(dir, CONFIG_FILE) }
  const layers: Layer[] = []
  for (const from of ['user', 'project'] as const) {
    const text = readText(paths[from])
    if (text === undefined) continue
    // Most workspaces have no configuration, and need not wait for what reads one.
    const { parseConfigDocument } = await import('./config-document.ts')
    const document = parseConfigDocument(paths[from], text)
    layers.push(fileLayer(from, paths[from], document))
  }
  const environment = readEnvironment(env)
  if (environment !== undefined) {
    const { value, variableOf } = environment
    layers.push({
      problems: environment.problems,
      value: absolutePlugins(value, dir),
      problemAt: (path, message) => ({ source: variableOf(path), key: keyText(path), message }),
      originOf: (path) => ({ from: 'environment', variable: variableOf(path) }),
    })
  }

  const problems = layers.flatMap((layer) => [...layer.problems, ...problemsOf(layer)].sort(byPlace))
  if (problems.length > 0) throw configInvalid(dir, problems)

  const { $schema: _, ...config } = configSchema.parse(
    layers.reduce<unknown>((under, { value }) => merge(under, value), {}),
    ONCE,
  )
  const entries = leavesOf(config).map(([path, value]) => ({ key: keyText(path), value, origin: originOf(path, layers) }))
  return { config, entries, paths }
}

/** The user's own file, in the platform's place for such files. */
export function userConfigPath({ env, platform, homeDir }: Omit<ConfigSurroundings, 'readText'>): string {
  if (platform === 'win32') return win32.join(env.APPDATA || win32.join(homeDir, 'AppData', 'Roaming'), 'switchyard', 'config.json')
  if (platform === 'darwin') return posix.join(homeDir, 'Library', 'Application Support', 'switchyard', 'config.json')
  const base = env.XDG_CONFIG_HOME
  return posix.join(base !== undefined && isAbsolute(base) ? base : posix.join(homeDir, '.config'), 'switchyard', 'config.json')
}

function fileLayer(from: 'user' | 'project', path: string, document: ConfigDocument): Layer {
  return {
    value: absolutePlugins(document.value, dirname(path)),
    problems: document.problems,
    problemAt: (key, message, about) => ({
      source: path,
      ...(about === 'key' ? document.placeOfKey(key) : document.placeOf(key)),
      key: keyText(key),
      message,
    }),
    originOf: (key) => ({ from, path, line: document.placeOf(key).line }),
  }
}

/** A relative path means the folder of the file that says it. */
function absolutePlugins(value: unknown, dir: string): unknown {
  if (!isPlainObject(value) || !Array.isArray(value.plugins)) return value
  const plugins = value.plugins.map((one: unknown) => (typeof one === 'string' && /^\.\.?[/\\]/.test(one) ? resolve(dir, one) : one))
  return { ...value, plugins }
}

function problemsOf(layer: Layer): ConfigProblem[] {
  const result = configSchema.safeParse(layer.value, { reportInput: true, ...ONCE })
  if (result.success) return []
  return result.error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => layer.problemAt([...issue.path, key], unknownKey(key, issue.path), 'key'))
      : [layer.problemAt(issue.path, `${mustBe(issue)}: current value is ${shown(issue.path, issue.input)}`, 'value')],
  )
}

function byPlace(a: ConfigProblem, b: ConfigProblem): number {
  return (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0)
}

/** The value of a key that nobody knows is not shown, since it may be a secret that is in the wrong place. */
function unknownKey(key: string, path: readonly PropertyKey[]): string {
  const known = knownKeys(path)
  const meant = closest(key, known)
  return meant === undefined ? `must be one of the keys ${known.join(', ')}` : `is no key: did you mean "${meant}"`
}

function knownKeys(path: readonly PropertyKey[]): string[] {
  let schema: unknown = configSchema
  for (const key of path) schema = childSchema(unwrapped(schema), key)
  const inner = unwrapped(schema)
  return hasShape(inner) ? Object.keys(inner.shape).filter((key) => key !== '$schema') : []
}

interface Wrapped {
  unwrap(): z.ZodType
}

function unwrapped(schema: unknown): unknown {
  let inner = schema
  while (typeof inner === 'object' && inner !== null && 'unwrap' in inner) inner = (inner as Wrapped).unwrap()
  return inner
}

function childSchema(schema: unknown, key: PropertyKey): unknown {
  if (hasShape(schema)) return schema.shape[String(key)]
  return typeof schema === 'object' && schema !== null && 'valueType' in schema ? schema.valueType : undefined
}

function hasShape(schema: unknown): schema is { shape: Record<string, z.ZodType> } {
  return typeof schema === 'object' && schema !== null && 'shape' in schema
}

function shown(path: readonly PropertyKey[], value: unknown): string {
  if (path.some(isSecretName)) return 'hidden'
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 60 ? `${text.slice(0, 57)}...` : text
}

function merge(under: unknown, over: unknown): unknown {
  if (!isPlainObject(under) || !isPlainObject(over)) return over
  const merged: Record<string, unknown> = { ...under }
  for (const [key, value] of Object.entries(over)) merged[key] = merge(merged[key], value)
  return merged
}

type Leaf = readonly [path: readonly string[], value: unknown]

function leavesOf(value: unknown, path: readonly string[] = []): Leaf[] {
  if (!isPlainObject(value) || (path.length > 0 && Object.keys(value).length === 0)) return [[path, value]]
  return Object.entries(value).flatMap(([key, child]) => leavesOf(child, [...path, key]))
}

function originOf(path: readonly string[], layers: readonly Layer[]): ConfigOrigin {
  return layers.findLast(({ value }) => has(value, path))?.originOf(path) ?? { from: 'default' }
}

function has(value: unknown, path: readonly string[]): boolean {
  const [key, ...rest] = path
  if (key === undefined) return true
  return isPlainObject(value) && Object.hasOwn(value, key) && has(value[key], rest)
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function readFile(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return undefined
    throw configUnreadable(path, error)
  }
}
