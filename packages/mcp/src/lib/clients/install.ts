import { isDeepStrictEqual } from 'node:util'
import { type ClientConfig, clientConfig, type Place } from './client.ts'
import { readConfig, writeConfig } from './config-file.ts'
import { configByHand, configNotOurs, configUnparsable } from './errors.ts'
import type { Entry } from './format.ts'
import type { ClientName, Scope } from './names.ts'
import { entryName, isOurs, type Program, serverEntry } from './server-entry.ts'

export interface InstallOptions {
  readonly client: ClientName
  readonly scope: Scope
  readonly place: Place
  readonly program: Program
  /** One server for each; one that serves all plugins where none is named. */
  readonly plugins: readonly string[]
  /** Replaces or removes an entry under our name that is not ours. */
  readonly force: boolean
  readonly now: Date
}

/** What was done to a client's configuration. */
export interface Installed {
  readonly path: string
  readonly did: 'created' | 'changed' | 'nothing'
  readonly entries: readonly { readonly name: string; readonly did: 'added' | 'updated' | 'removed' | 'nothing' }[]
  /** The copy of what was there before. */
  readonly backup?: string
  /** How the person sees that it worked. */
  readonly next: string
}

type Parsed = Readonly<Record<string, unknown>>

/**
 * Enters our servers into a client's configuration; what is there already stays, byte for byte. A second run changes nothing.
 * @throws USAGE, CLIENT_CONFIG_* and NOT_WRITABLE, each with nothing changed
 */
export function installServers(options: InstallOptions): Installed {
  return rewrite(options, ({ config, servers }) =>
    wanted(options, config).map(([name, entry]) => {
      const there = servers[name]
      if (there === undefined) return { name, did: 'added', fields: entry }
      if (!isOurs(there) && !options.force) throw configNotOurs(config.path, name)
      const fields = Object.fromEntries(
        Object.entries(entry).filter(([field, value]) => !isDeepStrictEqual((there as Parsed)[field], value)),
      )
      return {
        name,
        did: Object.keys(fields).length === 0 ? 'nothing' : 'updated',
        fields: isOurs(there) ? fields : entry,
        whole: !isOurs(there),
      }
    }),
  )
}

/**
 * Takes the named plugins' servers out of a client's configuration, or every one of ours where none is named.
 * @throws as installServers
 */
export function removeServers(options: InstallOptions): Installed {
  return rewrite(options, ({ config, servers }) => {
    const named = options.plugins.map(entryName)
    const names = named.length > 0 ? named : Object.keys(servers).filter((name) => /^switchyard(-|$)/.test(name) && isOurs(servers[name]))
    return names.map((name) => {
      if (servers[name] === undefined) return { name, did: 'nothing' }
      if (!isOurs(servers[name]) && !options.force) throw configNotOurs(config.path, name)
      return { name, did: 'removed' }
    })
  })
}

/** What would be entered, alone and in the client's own notation, with the file that it belongs in. */
export function printServers(options: Omit<InstallOptions, 'force' | 'now'>): { path: string; text: string } {
  const config = clientConfig(options.client, options.scope, options.place)
  const text = wanted(options, config).reduce((all, [name, entry]) => config.format.set(all, config.key, name, entry), '')
  return { path: config.path, text }
}

interface Step {
  readonly name: string
  readonly did: Installed['entries'][number]['did']
  /** Those that are not yet as they must be. */
  readonly fields?: Entry
  /** Whether nothing of the entry that is there may stay. */
  readonly whole?: boolean
}

function rewrite(
  { client, scope, place, now }: InstallOptions,
  plan: (found: { config: ClientConfig; servers: Parsed }) => readonly Step[],
): Installed {
  const config = clientConfig(client, scope, place)
  const { path, key, format, next } = config
  const read = readConfig(path, config.within)
  const root = parsed(config, read.text ?? '')
  const servers = { ...(root[key] as Parsed | undefined) }
  const steps = plan({ config, servers })
  const entries = steps.map(({ name, did }) => ({ name, did }))

  let text = read.text ?? ''
  for (const { name, did, fields = {}, whole = false } of steps) {
    if (did === 'nothing') continue
    if (did === 'removed' || whole) text = format.remove(text, key, name)
    if (did !== 'removed') text = format.set(text, key, name, fields)
    if (did === 'removed') delete servers[name]
    else servers[name] = { ...(whole ? {} : (servers[name] as Parsed | undefined)), ...fields }
    // Read again and compared, so that nothing but this entry can have changed.
    if (!isDeepStrictEqual(plain(reparsed(config, text), key), plain({ ...root, [key]: servers }, key))) throw configByHand(path, name)
  }
  if (entries.every(({ did }) => did === 'nothing')) return { path, did: 'nothing', entries, next }
  const backup = writeConfig(path, read, text, { now, mode: scope === 'user' ? 0o600 : 0o644 })
  return { path, did: read.text === undefined ? 'created' : 'changed', entries, next, ...(backup !== undefined && { backup }) }
}

function wanted(options: Omit<InstallOptions, 'force' | 'now'>, config: ClientConfig): [name: string, entry: Entry][] {
  const { scope, place, program, plugins } = options
  const all = plugins.length === 0 ? [undefined] : [...new Set(plugins)]
  return all.map((plugin) => [entryName(plugin), serverEntry(plugin, config, { scope, dir: place.dir, program })])
}

function parsed({ path, key, format }: ClientConfig, text: string): Parsed {
  let root: unknown
  try {
    root = format.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) throw configUnparsable(path, error.message)
    throw error
  }
  if (!isRecord(root)) throw configUnparsable(path, 'it holds no object')
  if (root[key] !== undefined && !isRecord(root[key])) throw configUnparsable(path, `its "${key}" is no object`)
  return root
}

/** Undefined where a change broke the text. */
function reparsed({ format }: ClientConfig, text: string): Parsed | undefined {
  try {
    return format.parse(text) as Parsed
  } catch {
    return undefined
  }
}

/** Objects as far as an entry's fields are ours, made alike: a parser's own kind of object would not equal one of ours. */
function plain(root: Parsed | undefined, key: string): unknown {
  if (root === undefined) return undefined
  const servers = Object.entries((root[key] ?? {}) as Parsed).map(([name, entry]) => [name, isRecord(entry) ? { ...entry } : entry])
  return { ...root, [key]: Object.fromEntries(servers) }
}

const isRecord = (value: unknown): value is Parsed => typeof value === 'object' && value !== null && !Array.isArray(value)
