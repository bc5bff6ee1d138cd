import { basename, dirname, join, normalize, relative, sep } from 'node:path'
import type { ForeignItem, ForeignPlugin } from '../foreign.ts'
import { cleanName } from '../text.ts'
import type { Folder } from './folder.ts'
import { type Report, readItem } from './item.ts'
import { type Manifest, manifestOf, readJson } from './manifest.ts'

const NOTHING: Manifest = { keywords: [], dependencies: [], paths: {} }

/** The plugin in a folder of the source; undefined where nothing there makes one. A marketplace's entry fills what the manifest leaves out. */
export function readPlugin(
  folder: Folder,
  path: string,
  report: Report,
  { entry = NOTHING, fallbackName = cleanName(basename(path)) }: { entry?: Manifest; fallbackName?: string | undefined } = {},
): ForeignPlugin | undefined {
  const json = readJson(folder, join(path, '.claude-plugin/plugin.json'), report)
  const own = json === undefined ? NOTHING : manifestOf(json)
  const { name = entry.name ?? fallbackName, version = entry.version, summary = entry.summary ?? '', category = entry.category } = own
  const items = itemsOf(folder, path, { ...entry.paths, ...own.paths }, report)
  if (json === undefined && entry === NOTHING && items.length === 0) return undefined
  if (name === undefined) {
    report({ path, message: 'it is passed over as it has no name', outcome: 'skipped' })
    return undefined
  }
  return {
    name,
    ...(version !== undefined && { version }),
    summary,
    keywords: [...new Set([...own.keywords, ...entry.keywords])],
    ...(category !== undefined && { category }),
    dependencies: own.dependencies.length > 0 ? own.dependencies : entry.dependencies,
    items,
  }
}

/** What a plugin offers, by its usual folders and by the paths that it names. Of two with one name the first stays. */
function itemsOf(folder: Folder, root: string, paths: Manifest['paths'], report: Report): ForeignItem[] {
  const found = [
    ...markdown(folder, paths.commands ?? ['commands'], root, report).map((path) => ['command', path] as const),
    ...markdown(folder, paths.agents ?? ['agents'], root, report).map((path) => ['agent', path] as const),
    ...skills(folder, ['skills', ...(paths.skills ?? [])], root, report).map((path) => ['skill', path] as const),
  ]
  const taken = new Map<string, string>()
  return found.flatMap(([kind, path]) => {
    const item = readItem(folder, path, { kind, within: withinOf(path, root, kind) }, report)
    if (item === undefined) return []
    // Claude Code calls commands and skills alike, so they share their names.
    const key = `${kind === 'agent' ? '::' : ':'}${item.within ?? ''}:${item.name}`
    const first = taken.get(key)
    if (first !== undefined) {
      report({ path, message: `it is passed over as "${item.name}" is the name of ${first} already`, outcome: 'skipped' })
      return []
    }
    taken.set(key, path)
    return [item]
  })
}

function markdown(folder: Folder, paths: readonly string[], root: string, report: Report): string[] {
  const files = inside(folder, paths, root, report).flatMap((path) =>
    path.toLowerCase().endsWith('.md') ? [path] : folder.files(path, '.md'),
  )
  return [...new Set(files)]
}

function skills(folder: Folder, paths: readonly string[], root: string, report: Report): string[] {
  const files = inside(folder, paths, root, report).flatMap((path) => folder.files(path, 'skill.md'))
  // A plugin may be one skill as a whole.
  if (files.length === 0 && folder.names(root).includes('SKILL.md')) files.push(join(root, 'SKILL.md'))
  return [...new Set(files)].filter((path) => basename(path).toLowerCase() === 'skill.md')
}

/** The paths that may be followed. */
function inside(folder: Folder, paths: readonly string[], root: string, report: Report): string[] {
  return [...new Set(paths)].flatMap((path) => {
    const full = normalize(join(root, path))
    const refused = path.split(/[\\/]/).includes('..') || path.startsWith('/') ? 'its path leads out of the plugin' : folder.refusal(full)
    if (refused === undefined) return [full]
    report({ path: `${root === '' ? '.' : root}: ${path.slice(0, 200)}`, message: `it is passed over as ${refused}`, outcome: 'skipped' })
    return []
  })
}

/** Folders between the usual one and the file, which Claude Code makes a part of the name. */
function withinOf(path: string, root: string, kind: ForeignItem['kind']): string | undefined {
  if (kind === 'skill') return undefined
  const folders = relative(join(root, `${kind}s`), dirname(path)).split(sep)
  const names = folders.flatMap((one) => cleanName(one) ?? [])
  return names.length === 0 || folders[0] === '..' ? undefined : names.join(':')
}
