import { posix } from 'node:path'
import { type Check, type Finding, fail, HARD_CAP, warn } from '../check.ts'
import { COMPONENT_FOLDERS, isReservedName, MANIFEST_KEYS, STRICT_PARTS, USER_CONFIG_KEYS } from '../claude-code.ts'
import { addDotSlash, completePlugin, moveComponents, syncVersions } from '../claude-fixes.ts'
import { asList, namedCommands } from '../claude-plugin.ts'
import { type Document, isObject, isText, objectAt, readJson } from '../document.ts'
import { type ClaudePlugin, type Project, pathsLike } from '../project.ts'

const manifest: Check = {
  id: 'plugin.manifest',
  domain: 'plugin',
  title: 'plugin.json is valid and says name, version and description',
  weight: 10,
  cap: HARD_CAP,
  fix: completePlugin,
  mend: 'correct .claude-plugin/plugin.json; `claude plugin validate .` shows the rest',
  applies: ({ plugins }) => plugins.length > 0,
  run: ({ plugins }) => plugins.flatMap(manifestFindings),
}

function manifestFindings({ document, manifest: fields, folder }: ClaudePlugin): Finding[] {
  if (document === undefined)
    return [warn(`${folder || 'the plugin'} has no .claude-plugin/plugin.json, so it has no version that updates could follow`)]
  const file = document.path
  if (document.mistake !== undefined) return [fail(document.mistake.message, { file, line: document.mistake.line })]
  if (!isText(fields.name)) return [fail('has no name', { file })]
  const name = fields.name
  const findings: Finding[] = []
  const at = { file, line: document.lineOf('name') }
  if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name)) findings.push(fail(`its name must be lower-case words joined by "-": "${name}"`, at))
  if (isReservedName(name)) findings.push(fail(`its name is reserved: "${name}"`, at))
  for (const field of ['version', 'description']) if (!isText(fields[field])) findings.push(warn(`has no ${field}`, { file }))
  if (isText(fields.homepage) && !URL.canParse(fields.homepage))
    findings.push(fail(`its homepage is no address: "${fields.homepage}"`, { file, line: document.lineOf('homepage') }))
  if (fields.author !== undefined && !isText(objectAt(fields, 'author').name))
    findings.push(fail('its author must be an object with a name', { file, line: document.lineOf('author') }))
  for (const [command, entry] of Object.entries(objectAt(fields, 'commands'))) {
    if (isObject(entry) && (entry.source === undefined) !== (entry.content === undefined)) continue
    findings.push(fail(`its command "${command}" must have either source or content`, { file, line: document.lineOf('commands', command) }))
  }
  for (const key of Object.keys(fields)) {
    if (!MANIFEST_KEYS.has(key))
      findings.push(warn(`has the unknown key "${key}", which is ignored at load`, { file, line: document.lineOf(key) }))
  }
  return findings
}

const paths: Check = {
  id: 'plugin.paths',
  domain: 'plugin',
  title: 'Component paths in plugin.json begin with ./, stay inside and exist',
  weight: 8,
  mend: 'correct the path in plugin.json; it is relative to the plugin’s root and begins with ./',
  fix: addDotSlash,
  applies: ({ plugins }) => plugins.some((plugin) => componentPaths(plugin).length > 0),
  run: ({ plugins, snapshot }) =>
    plugins.flatMap((plugin) =>
      componentPaths(plugin).flatMap(({ at, path }): Finding[] => {
        const place = { file: plugin.document?.path ?? '', line: plugin.document?.lineOf(...at) }
        if (posix.normalize(path).startsWith('..') || path.startsWith('/')) return [fail(`${at[0]} leaves the plugin: ${path}`, place)]
        const inside = plugin.at(path)
        if (!snapshot.has(inside) && !snapshot.hasFolder(inside)) {
          return [
            fail(
              `${at[0]} names ${path}, which ${snapshot.ignores(inside) ? 'git ignores, so that an install does not have it' : 'is not there'}`,
              place,
            ),
          ]
        }
        return path.startsWith('./') || path === '.' ? [] : [fail(`${at[0]} must begin with ./: ${path}`, place)]
      }),
    ),
}

function componentPaths({ manifest: fields }: ClaudePlugin): { at: (string | number)[]; path: string }[] {
  return ['skills', 'commands', 'agents', 'hooks', 'mcpServers', 'lspServers', 'outputStyles', 'workflows'].flatMap((field) => {
    const value = fields[field]
    if (field === 'commands' && isObject(value))
      return namedCommands(value).map(([name, path]) => ({ at: ['commands', name, 'source'], path }))
    return asList(value).flatMap((path, index) =>
      typeof path === 'string' && !/^https?:/.test(path) ? [{ at: Array.isArray(value) ? [field, index] : [field], path }] : [],
    )
  })
}

const layout: Check = {
  id: 'plugin.layout',
  domain: 'plugin',
  title: 'Components lie where Claude Code loads them',
  weight: 6,
  mend: 'move the folder to the plugin’s root; only plugin.json belongs in .claude-plugin',
  fix: moveComponents,
  applies: ({ plugins }) => plugins.length > 0,
  run: ({ plugins, snapshot }) =>
    plugins.flatMap((plugin): Finding[] => [
      ...COMPONENT_FOLDERS.filter((folder) => snapshot.hasFolder(plugin.at(`.claude-plugin/${folder}`)))
        .filter((folder) => !asList(plugin.manifest[folder]).some((path) => typeof path === 'string' && path.includes('.claude-plugin')))
        .map((folder) => fail('is never loaded from here', { file: plugin.at(`.claude-plugin/${folder}`) })),
      ...['hooks.json', '.claude-plugin/hooks.json', 'hooks/hooks.jsonc']
        .filter((path) => snapshot.has(plugin.at(path)) && !namesHooks(plugin, path))
        .map((path) => fail('is never loaded from here: hooks/hooks.json is', { file: plugin.at(path) })),
      ...(plugin.folder !== '' && snapshot.has(plugin.at('CLAUDE.md'))
        ? [warn('is not loaded from a plugin', { file: plugin.at('CLAUDE.md') })]
        : []),
      ...pathsLike(snapshot, /(^|\/)skill\.md$/i)
        .filter((path) => path.startsWith(plugin.at('skills/')) && posix.basename(path) !== 'SKILL.md')
        .map((path) => fail('must be named SKILL.md', { file: path })),
    ]),
}

const namesHooks = (plugin: ClaudePlugin, path: string): boolean =>
  asList(plugin.manifest.hooks).some((named) => typeof named === 'string' && posix.normalize(named) === path)

const versionDrift: Check = {
  id: 'plugin.version-drift',
  domain: 'plugin',
  title: 'Every file that names the plugin’s version names the same',
  weight: 8,
  mend: 'set all of them to the version of plugin.json, which is the one that users get',
  fix: syncVersions,
  applies: (project) => project.plugins.some((plugin) => versionPlaces(project, plugin).length > 1),
  run: (project) =>
    project.plugins.flatMap((plugin) => {
      const [first, ...others] = versionPlaces(project, plugin)
      return others.flatMap((place) =>
        place.version === first?.version ? [] : [fail(`says ${place.version}, ${first?.file} says ${first?.version}`, place)],
      )
    }),
}

interface VersionPlace {
  version: string
  file: string
  line: number
}

function versionPlaces({ snapshot, marketplace }: Project, plugin: ClaudePlugin): VersionPlace[] {
  const places: VersionPlace[] = []
  const own = plugin.manifest.version
  if (plugin.document !== undefined && isText(own))
    places.push({ version: own, file: plugin.document.path, line: plugin.document.lineOf('version') })
  const pkg = readJson(snapshot, plugin.at('package.json'))
  const version = objectAt({ pkg: pkg?.value }, 'pkg').version
  if (pkg !== undefined && isText(version)) places.push({ version, file: pkg.path, line: pkg.lineOf('version') })
  const listing = readJson(snapshot, plugin.at('server.json'))
  const listed = objectAt({ listing: listing?.value }, 'listing').version
  if (listing !== undefined && isText(listed)) places.push({ version: listed, file: listing.path, line: listing.lineOf('version') })
  places.push(...lockPlaces(snapshot, plugin))
  for (const [index, entry] of asList(objectAt({ value: marketplace?.value }, 'value').plugins).entries()) {
    if (marketplace === undefined || !isObject(entry) || entry.name !== plugin.name || !isText(entry.version)) continue
    places.push({ version: entry.version, file: marketplace.path, line: marketplace.lineOf('plugins', index, 'version') })
  }
  for (const path of pathsLike(snapshot, /(^|\/)(index|server|main|mcp)\.([cm]?[jt]s|py)$/)) {
    if (!path.startsWith(plugin.folder === '' ? '' : `${plugin.folder}/`) || /(^|\/)(test|tests|fixtures)\//.test(path)) continue
    const text = snapshot.text(path) ?? ''
    const literal = /new (?:Mcp)?Server\(\s*\{[^}]{0,300}?\bversion:\s*['"]([^'"]+)['"]/.exec(text)
    if (literal?.[1] !== undefined)
      places.push({ version: literal[1], file: path, line: text.slice(0, literal.index + literal[0].length).split('\n').length })
  }
  return places
}

/** npm's lock file names the package's own version twice. */
function lockPlaces(snapshot: Project['snapshot'], plugin: ClaudePlugin): VersionPlace[] {
  const lock = readJson(snapshot, plugin.at('package-lock.json'))
  if (lock === undefined || !isObject(lock.value)) return []
  const own = objectAt(objectAt(lock.value, 'packages'), '').version
  return [
    ...(isText(lock.value.version) ? [{ version: lock.value.version, file: lock.path, line: lock.lineOf('version') }] : []),
    ...(isText(own) ? [{ version: own, file: lock.path, line: lock.lineOf('packages', '', 'version') }] : []),
  ]
}

const marketplaceCheck: Check = {
  id: 'plugin.marketplace',
  domain: 'plugin',
  title: 'Every entry of marketplace.json can be installed',
  weight: 8,
  mend: 'correct .claude-plugin/marketplace.json; `claude plugin validate .` shows the rest',
  applies: ({ marketplace }) => marketplace !== undefined,
  run({ marketplace, snapshot }) {
    if (marketplace === undefined) return []
    const file = marketplace.path
    if (marketplace.mistake !== undefined) return [fail(marketplace.mistake.message, { file, line: marketplace.mistake.line })]
    const value = isObject(marketplace.value) ? marketplace.value : {}
    const findings: Finding[] = []
    if (!isText(value.name)) findings.push(fail('has no name', { file }))
    if (!isText(objectAt(value, 'owner').name)) findings.push(fail('has no owner.name', { file, line: marketplace.lineOf('owner') }))
    if (!Array.isArray(value.plugins)) return [...findings, fail('has no list of plugins', { file })]
    const names = new Set<unknown>()
    for (const [index, entry] of value.plugins.entries()) {
      const place = { file, line: marketplace.lineOf('plugins', index) }
      if (!isObject(entry) || !isText(entry.name) || entry.source === undefined) {
        findings.push(fail(`plugin ${index + 1} needs a name and a source`, place))
        continue
      }
      const { name, source } = entry
      if (names.has(name)) findings.push(fail(`lists "${name}" twice`, place))
      names.add(name)
      if (typeof entry.hooks === 'string')
        findings.push(fail(`"${name}" names its hooks by path, which passes validation and never runs`, place))
      const owned = ['commands', 'agents', 'skills', 'hooks', 'mcpServers'].filter((field) => entry[field] !== undefined)
      const hasManifest = typeof source === 'string' && snapshot.has(posix.join(source, '.claude-plugin/plugin.json'))
      if (entry.strict === false && owned.length > 0 && hasManifest)
        findings.push(fail(`"${name}" has strict: false, its own ${owned.join(', ')} and a plugin.json, so it does not load`, place))
      if (typeof source !== 'string') continue
      const folder = posix.normalize(posix.join(String(objectAt(value, 'metadata').pluginRoot ?? ''), source))
      if (folder.startsWith('..')) findings.push(fail(`"${name}" lies outside of the marketplace: ${source}`, place))
      else if (!snapshot.hasFolder(folder)) findings.push(fail(`"${name}" is not where it is said to be: ${source}`, place))
    }
    return findings
  },
}

const userConfig: Check = {
  id: 'plugin.user-config',
  domain: 'plugin',
  title: `Every \${user_config.KEY} that is used is declared, with all that a declaration needs`,
  weight: 4,
  mend: 'declare the key under userConfig in plugin.json, with type, title and description',
  applies: ({ plugins, snapshot }) =>
    plugins.some((plugin) => usesUserConfig(plugin, snapshot).length > 0 || plugin.manifest.userConfig !== undefined),
  run: ({ plugins, snapshot }) =>
    plugins.flatMap((plugin) => [
      ...declarationFindings(plugin),
      ...usesUserConfig(plugin, snapshot)
        .filter(({ key }) => objectAt(plugin.manifest, 'userConfig')[key] === undefined)
        .map(({ key, file, line }) => fail(`uses \${user_config.${key}}, which is not declared`, { file, line })),
    ]),
}

function declarationFindings({ document, manifest: fields }: ClaudePlugin): Finding[] {
  return Object.entries(objectAt(fields, 'userConfig')).flatMap(([key, option]): Finding[] => {
    const place = { file: document?.path, line: document?.lineOf('userConfig', key) }
    if (!isObject(option)) return [fail(`userConfig.${key} must be an object`, place)]
    const missing = ['type', 'title', 'description'].filter((field) => !isText(option[field]))
    const odd = Object.keys(option).filter((field) => !USER_CONFIG_KEYS.has(field))
    return [
      ...(missing.length === 0 ? [] : [fail(`userConfig.${key} has no ${missing.join(', no ')}, so the plugin does not load`, place)]),
      ...odd.map((field) => fail(`userConfig.${key} has the unknown key "${field}", so the plugin does not load`, place)),
    ]
  })
}

function usesUserConfig(plugin: ClaudePlugin, snapshot: Project['snapshot']): { key: string; file: string; line: number }[] {
  const prefix = plugin.folder === '' ? '' : `${plugin.folder}/`
  return pathsLike(snapshot, /(^|\/)(\.mcp\.json|\.lsp\.json|plugin\.json|hooks\.json)$/)
    .filter((path) => path.startsWith(prefix))
    .flatMap((file) => {
      const text = snapshot.text(file) ?? ''
      return [...text.matchAll(/\$\{user_config\.([A-Za-z_]\w*)\}/g)].map((match) => ({
        key: match[1] ?? '',
        file,
        line: text.slice(0, match.index).split('\n').length,
      }))
    })
}

const strictParts: Check = {
  id: 'plugin.strict-parts',
  domain: 'plugin',
  title: 'Monitors, channels and language servers have the keys that they need and no other',
  weight: 6,
  mend: 'complete the entry, and take out the keys that are named: one of them keeps the whole plugin from loading',
  applies: ({ plugins, snapshot }) => plugins.some((plugin) => partsOf(snapshot, plugin).length > 0),
  run: ({ plugins, snapshot }) =>
    plugins.flatMap((plugin) =>
      partsOf(snapshot, plugin).flatMap(({ kind, document, at, entry }): Finding[] => {
        const place = { file: document.path, line: document.lineOf(...at) }
        if (!isObject(entry)) return [fail(`an entry of ${kind} must be an object`, place)]
        const { needed, known } = STRICT_PARTS[kind]
        const missing = needed.filter((key) => entry[key] === undefined)
        return [
          ...(missing.length === 0 ? [] : [fail(`an entry of ${kind} has no ${missing.join(', no ')}`, place)]),
          ...Object.keys(entry)
            .filter((key) => !known.has(key))
            .map((key) =>
              fail(`an entry of ${kind} has the unknown key "${key}"`, { file: document.path, line: document.lineOf(...at, key) }),
            ),
        ]
      }),
    ),
}

interface Part {
  kind: keyof typeof STRICT_PARTS
  document: Document
  at: (string | number)[]
  entry: unknown
}

/** Lists and maps alike, in the manifest or in the file that has them by default. */
function partsOf(snapshot: Project['snapshot'], plugin: ClaudePlugin): Part[] {
  const own = plugin.document
  const monitors = readJson(snapshot, plugin.at('monitors/monitors.json'))
  const servers = readJson(snapshot, plugin.at('.lsp.json'))
  const { channels, lspServers, experimental } = plugin.manifest
  return [
    ...entriesOf('channels', own, ['channels'], channels),
    ...entriesOf('lspServers', own, ['lspServers'], lspServers),
    ...entriesOf('monitors', own, ['experimental', 'monitors'], isObject(experimental) ? experimental.monitors : undefined),
    ...entriesOf('monitors', monitors, [], monitors?.value),
    ...entriesOf('lspServers', servers, [], servers?.value),
  ]
}

function entriesOf(kind: Part['kind'], document: Document | undefined, at: string[], value: unknown): Part[] {
  if (document === undefined) return []
  if (Array.isArray(value))
    return value.flatMap((entry: unknown, index) => (typeof entry === 'string' ? [] : [{ kind, document, at: [...at, index], entry }]))
  return isObject(value) ? Object.entries(value).map(([key, entry]) => ({ kind, document, at: [...at, key], entry })) : []
}

const README_WORDS = 40

const pluginReadme: Check = {
  id: 'plugin.readme',
  domain: 'plugin',
  title: 'Each plugin in a folder of its own has a README that a directory can show',
  weight: 3,
  mend: `write README.md in the plugin’s folder: what it adds, how to use it; ${README_WORDS} words at least`,
  applies: ({ plugins }) => plugins.some(({ folder }) => folder !== ''),
  run: ({ plugins, snapshot }) =>
    plugins
      .filter(({ folder }) => folder !== '')
      .flatMap((plugin) => {
        const count = snapshot.text(plugin.at('README.md'))?.match(/[\p{L}\p{N}]+/gu)?.length
        if (count === undefined) return [warn('there is no README', { file: plugin.folder })]
        return count < README_WORDS ? [warn(`is a stub of ${count} words`, { file: plugin.at('README.md') })] : []
      }),
}

export const pluginChecks: readonly Check[] = [
  manifest,
  paths,
  layout,
  versionDrift,
  marketplaceCheck,
  userConfig,
  strictParts,
  pluginReadme,
]
