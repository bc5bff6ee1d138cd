import { basename, join, normalize, resolve } from 'node:path'
import { noFolder, nothingFound } from '../errors.ts'
import type { ForeignPlugin, ForeignSource, Problem } from '../foreign.ts'
import { cleanId, cleanName, cleanText } from '../text.ts'
import { type Folder, openFolder } from './folder.ts'
import { isGitUrl, withoutPassword } from './git.ts'
import type { Report } from './item.ts'
import { isRecord, manifestOf, readJson } from './manifest.ts'
import { readPlugin } from './plugin.ts'

const MAX_PROBLEMS = 500
const MAX_PLUGINS = 2_000
const MARKETPLACES = ['.claude-plugin/marketplace.json', 'marketplace.json']

/**
 * Reads what a folder holds for Claude Code: a marketplace, a plugin, a project with a `.claude` folder, or a folder of plugins.
 * Nothing of it is run. What cannot be used is listed and never stops the rest.
 * `shownAs` is what a person knows it by, where that is another place.
 * @throws REGISTRY_SOURCE when there is no such folder, or nothing in it
 */
export function readSource(dir: string, shownAs = dir): ForeignSource {
  const folder = opened(dir)
  const problems: Problem[] = []
  const said = new Set<string>()
  const report: Report = ({ path, message, outcome }) => {
    const problem = { path: cleanText(path, 300), message: cleanText(message, 300), outcome }
    // Several entries may name one folder.
    if (problems.length >= MAX_PROBLEMS || said.size === said.add(`${problem.path}\n${problem.message}`).size) return
    problems.push(problem)
  }
  const path = MARKETPLACES.find((one) => folder.read(one) !== undefined)
  const marketplace = path === undefined ? undefined : readJson(folder, path, report)
  const plugins =
    marketplace === undefined || path === undefined ? loosePlugins(folder, dir, report) : listedPlugins(folder, path, marketplace, report)
  if (plugins.length === 0 && problems.length === 0) throw nothingFound(shownAs)
  return { name: cleanId(marketplace?.name) ?? cleanId(basename(resolve(dir))) ?? 'folder', plugins: once(plugins, report), problems }
}

function opened(dir: string): Folder {
  try {
    const folder = openFolder(dir)
    if (folder.isFolder('.')) return folder
  } catch {
    throw noFolder(dir, 'there is none')
  }
  throw noFolder(dir, 'it is a file')
}

/** The plugins that a marketplace lists, as far as they lie in its folder. */
function listedPlugins(folder: Folder, path: string, marketplace: Readonly<Record<string, unknown>>, report: Report): ForeignPlugin[] {
  const { plugins: listed, metadata } = marketplace
  if (!Array.isArray(listed)) {
    report({ path, message: 'it lists no plugins', outcome: 'skipped' })
    return []
  }
  const root = isRecord(metadata) && typeof metadata.pluginRoot === 'string' ? metadata.pluginRoot : ''
  return listed.slice(0, MAX_PLUGINS).flatMap((entry: unknown, index) => {
    const where = `${path}: plugins[${index}]`
    if (!isRecord(entry)) {
      report({ path: where, message: 'it is passed over as it is no object', outcome: 'skipped' })
      return []
    }
    const { source = entry.name } = entry
    if (typeof source !== 'string' || isGitUrl(source)) {
      report({ path: where, message: `it is passed over as it lies elsewhere: ${elsewhere(source)}`, outcome: 'skipped' })
      return []
    }
    const below = pathOf(join(root, source))
    const at = folder.isFolder(below) ? below : pathOf(source)
    const refused = folder.refusal(at)
    if (refused !== undefined || !folder.isFolder(at)) {
      report({ path: where, message: `it is passed over as ${refused ?? `there is no folder "${source}"`}`, outcome: 'skipped' })
      return []
    }
    const plugin = readPlugin(folder, at, report, { entry: manifestOf(entry), isStrict: entry.strict !== false })
    if (plugin === undefined) return []
    const name = cleanId(marketplace.name)
    return [name === undefined ? plugin : { ...plugin, marketplace: name }]
  })
}

/** Without a slash at its end; empty for the folder itself. */
const pathOf = (path: string): string => normalize(path).replace(/\/$/, '').replace(/^\.$/, '')

/** Where it would have to be taken from, without what a token may stand in. */
function elsewhere(source: unknown): string {
  if (typeof source === 'string') return withoutToken(source)
  if (!isRecord(source)) return 'it names no source'
  const { repo, url, package: name, path } = source
  const from = typeof repo === 'string' ? `https://github.com/${repo}` : typeof url === 'string' ? url : undefined
  const parts = from === undefined ? [source.source, name] : [from, path]
  return parts
    .filter((one) => typeof one === 'string')
    .map(withoutToken)
    .join(' ')
}

const withoutToken = (text: string): string => cleanText(withoutPassword(text).replace(/\?\S*/, ''), 200)

/** Without a marketplace: one plugin, a project's own things, or a folder of plugins. */
function loosePlugins(folder: Folder, dir: string, report: Report): ForeignPlugin[] {
  const named = cleanName(basename(resolve(dir)))
  const own = readPlugin(folder, '', report, { fallbackName: named })
  if (own !== undefined) return [own]
  if (folder.isFolder('.claude')) {
    const project = readPlugin(folder, '.claude', report, { fallbackName: named })
    if (project !== undefined) return [{ ...project, isProject: true }]
  }
  const around = ['', 'plugins', '.claude/plugins'].flatMap((at) => folder.names(at).map((name) => join(at, name)))
  return around
    .filter((path) => folder.isFolder(path))
    .slice(0, MAX_PLUGINS)
    .flatMap((path) => readPlugin(folder, path, report) ?? [])
}

/** Of two plugins with one name in a source the first stays. */
function once(plugins: readonly ForeignPlugin[], report: Report): ForeignPlugin[] {
  const names = new Set<string>()
  return plugins.filter(({ name }) => {
    if (names.has(name)) report({ path: name, message: `it is passed over as a plugin "${name}" is listed already`, outcome: 'skipped' })
    const isNew = !names.has(name)
    names.add(name)
    return isNew
  })
}
