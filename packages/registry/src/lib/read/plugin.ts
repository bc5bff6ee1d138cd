import { basename, dirname, join, normalize, relative, sep } from 'node:path'
import type { ForeignItem, ForeignPlugin } from '../foreign.ts'
import { cleanName } from '../text.ts'
import type { Folder } from './folder.ts'
import { itemOf, type Report, readItem } from './item.ts'
import { type Manifest, manifestOf, type NamedCommand, readJson } from './manifest.ts'

const NOTHING: Manifest = { keywords: [], dependencies: [], paths: {}, commands: [] }

/** The plugin in a folder of the source; undefined where nothing there makes one. A marketplace's entry fills what the manifest leaves out. */
export function readPlugin(
  folder: Folder,
  path: string,
  report: Report,
  {
    entry = NOTHING,
    isStrict = true,
    fallbackName = cleanName(basename(path)),
  }: { entry?: Manifest; isStrict?: boolean; fallbackName?: string | undefined } = {},
): ForeignPlugin | undefined {
  const json = readJson(folder, join(path, '.claude-plugin/plugin.json'), report)
  const own = json === undefined ? NOTHING : manifestOf(json)
  const { name = entry.name ?? fallbackName, version = entry.version, summary = entry.summary ?? '', category = entry.category } = own
  const items = itemsOf(folder, path, offeredBy(own, entry, { hasManifest: json !== undefined, isRoot: path === '' }), report)
  if (json !== undefined && !isStrict && Object.keys(entry.paths).length > 0)
    report({
      path,
      message: 'Claude Code will not load it, as its entry has "strict": false and names components beside those of its plugin.json',
      outcome: 'mended',
    })
  if (json === undefined && entry === NOTHING && items.length === 0) return undefined
  if (name === undefined) {
    report({ path, message: 'it is passed over as it has no name', outcome: 'skipped' })
    return undefined
  }
  return {
    name,
    ...(path !== '' && { path }),
    ...(version !== undefined && { version }),
    summary,
    keywords: [...new Set([...own.keywords, ...entry.keywords])],
    ...(category !== undefined && { category }),
    dependencies: own.dependencies.length > 0 ? own.dependencies : entry.dependencies,
    items,
  }
}

/** Where to look for what a plugin offers. */
interface Offered {
  readonly commands: readonly string[]
  readonly agents: readonly string[]
  readonly skills: readonly string[]
  readonly named: readonly NamedCommand[]
}

/**
 * By the usual folders and by what is named: commands and agents that the manifest names stand in place of the folder, skills beside it, and
 * what the entry of a marketplace names beside all that. An entry that is all the manifest there is counts as one.
 */
function offeredBy(own: Manifest, entry: Manifest, { hasManifest, isRoot }: { hasManifest: boolean; isRoot: boolean }): Offered {
  const pathsOf = (kind: 'commands' | 'agents'): readonly string[] => {
    const [mine, added = []] = hasManifest ? [own.paths[kind], entry.paths[kind]] : [entry.paths[kind]]
    return [...(mine ?? [kind]), ...added]
  }
  // Plugins that share the root of their marketplace each list their own of its skills.
  const usual = isRoot && entry.paths.skills !== undefined ? [] : ['skills']
  return {
    commands: pathsOf('commands'),
    agents: pathsOf('agents'),
    skills: [...usual, ...(own.paths.skills ?? []), ...(entry.paths.skills ?? [])],
    named: [...own.commands, ...entry.commands],
  }
}

/** What a plugin offers, its named commands first. Of two with one name the first stays. */
function itemsOf(folder: Folder, root: string, { commands, agents, skills, named }: Offered, report: Report): ForeignItem[] {
  const found: readonly (readonly [path: string, read: () => ForeignItem | undefined])[] = [
    ...named.map((one) => [`${root === '' ? '.' : root}: command ${one.name}`, () => namedItem(folder, root, one, report)] as const),
    ...(
      [
        ['command', markdown(folder, commands, root, report)],
        ['agent', markdown(folder, agents, root, report)],
        ['skill', skillFiles(folder, skills, root, report)],
      ] as const
    ).flatMap(([kind, paths]) =>
      paths.map((path) => [path, () => readItem(folder, path, { kind, within: withinOf(path, root, kind) }, report)] as const),
    ),
  ]
  const taken = new Map<string, string>()
  return found.flatMap(([path, read]) => {
    const item = read()
    if (item === undefined) return []
    // Claude Code calls commands and skills alike, so they share their names.
    const key = `${item.kind === 'agent' ? '::' : ':'}${item.within ?? ''}:${item.name}`
    const first = taken.get(key)
    if (first !== undefined) {
      report({ path, message: `it is passed over as "${item.name}" is the name of ${first} already`, outcome: 'skipped' })
      return []
    }
    taken.set(key, path)
    return [item]
  })
}

/** A command whose text stands in the manifest, or in a file that this names. */
function namedItem(folder: Folder, root: string, named: NamedCommand, report: Report): ForeignItem | undefined {
  const { name, source, content } = named
  const where = `${root === '' ? '.' : root}: command ${name}`
  if (source !== undefined) {
    const [path] = inside(folder, [source], root, report)
    return path === undefined ? undefined : readItem(folder, path, { kind: 'command', named }, report)
  }
  if (content !== undefined) return itemOf(content, where, { kind: 'command', named }, report)
  report({ path: where, message: 'it is passed over as it names neither a file nor a text', outcome: 'skipped' })
  return undefined
}

function markdown(folder: Folder, paths: readonly string[], root: string, report: Report): string[] {
  const files = inside(folder, paths, root, report).flatMap((path) =>
    path.toLowerCase().endsWith('.md') ? [path] : folder.files(path, '.md'),
  )
  return [...new Set(files)]
}

function skillFiles(folder: Folder, paths: readonly string[], root: string, report: Report): string[] {
  const files = inside(folder, paths, root, report).flatMap((path) => folder.files(path, 'skill.md'))
  // A plugin may be one skill as a whole.
  if (files.length === 0 && folder.names(root).includes('SKILL.md')) files.push(join(root, 'SKILL.md'))
  return [...new Set(files)].filter((path) => basename(path).toLowerCase() === 'skill.md')
}

/** The paths that may be followed, and lead somewhere where they are no usual ones. */
function inside(folder: Folder, paths: readonly string[], root: string, report: Report): string[] {
  return [...new Set(paths)].flatMap((path) => {
    const full = normalize(join(root, path))
    const refused = leadsOut(path) ? 'its path leads out of the plugin' : folder.refusal(full)
    const reason = refused ?? (USUAL.has(path) || folder.has(full) ? undefined : 'there is nothing by that path')
    if (reason === undefined) return [full]
    report({ path: `${root === '' ? '.' : root}: ${path.slice(0, 200)}`, message: `it is passed over as ${reason}`, outcome: 'skipped' })
    return []
  })
}

const USUAL: ReadonlySet<string> = new Set(['commands', 'agents', 'skills'])

const leadsOut = (path: string): boolean => path.startsWith('/') || path.split(/[\\/]/).includes('..')

/** Folders between the usual one and the file, which Claude Code makes a part of the name. */
function withinOf(path: string, root: string, kind: ForeignItem['kind']): string | undefined {
  if (kind === 'skill') return undefined
  const folders = relative(join(root, `${kind}s`), dirname(path)).split(sep)
  const names = folders.flatMap((one) => cleanName(one) ?? [])
  return names.length === 0 || folders[0] === '..' ? undefined : names.join(':')
}
