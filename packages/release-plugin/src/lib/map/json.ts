import { findNodeAtLocation, type Node, parseTree } from 'jsonc-parser'
import { type Spot, versionInRange } from './place.ts'

const DEPENDENCY_FIELDS = ['dependencies', 'devDependencies', 'peerDependencies', 'optionalDependencies'] as const

/** package.json: its version, and what it asks for of other packages. */
export function inPackageJson(text: string): Spot[] {
  const tree = parseTree(text)
  return tree === undefined ? [] : [...ownVersion(tree), ...ranges(tree, text, '')]
}

/** package-lock.json and npm-shrinkwrap.json: what they repeat of the package.json files. */
export function inPackageLock(text: string): Spot[] {
  const tree = parseTree(text)
  if (tree === undefined) return []
  const spots: Spot[] = [...ownVersion(tree)]
  for (const [path, node] of properties(findNodeAtLocation(tree, ['packages']))) {
    if (path.startsWith('node_modules/') || path.includes('/node_modules/')) continue
    const folder = { folder: path === '' ? '.' : path }
    spots.push(...stringAt(node, ['version'], `packages["${path}"].version`, folder))
    spots.push(...ranges(node, text, `packages["${path}"].`, path || '.'))
  }
  return spots
}

/** .claude-plugin/plugin.json. */
export function inPluginJson(text: string): Spot[] {
  const tree = parseTree(text)
  return tree === undefined ? [] : ownVersion(tree)
}

/** .claude-plugin/marketplace.json: its own version, and that of each plugin that lies beside it. */
export function inMarketplace(text: string): Spot[] {
  const tree = parseTree(text)
  if (tree === undefined) return []
  const spots = [...ownVersion(tree), ...stringAt(tree, ['metadata', 'version'], 'metadata.version', {})]
  const root = stringOf(tree, ['metadata', 'pluginRoot']) ?? ''
  for (const [index, plugin] of (findNodeAtLocation(tree, ['plugins'])?.children ?? []).entries()) {
    const [name, source] = [stringOf(plugin, ['name']) ?? String(index), stringOf(plugin, ['source'])]
    const label = `plugins["${name}"].version`
    // A bare name is looked for below pluginRoot; "./dir" is seen from the marketplace's own folder.
    if (source !== undefined)
      spots.push(...stringAt(plugin, ['version'], label, { folder: source.startsWith('./') ? source : `${root}/${source}` }))
    else spots.push(...stringAt(plugin, ['version'], label, { name }))
  }
  return spots
}

/** server.json of the MCP registry: its own version, and that of each package. */
export function inServerJson(text: string): Spot[] {
  const tree = parseTree(text)
  if (tree === undefined || findNodeAtLocation(tree, ['packages']) === undefined) return []
  const packages = findNodeAtLocation(tree, ['packages'])?.children ?? []
  return [...ownVersion(tree), ...packages.flatMap((node, index) => stringAt(node, ['version'], `packages[${index}].version`, {}))]
}

const ownVersion = (tree: Node): Spot[] => stringAt(tree, ['version'], 'version', {})

function ranges(tree: Node, text: string, before: string, by?: string): Spot[] {
  return DEPENDENCY_FIELDS.flatMap((field) =>
    properties(findNodeAtLocation(tree, [field])).flatMap(([name, node]): Spot[] => {
      if (node.type !== 'string') return []
      const label = `${before}${field}.${name}`
      const [from, to] = [node.offset + 1, node.offset + node.length - 1]
      const at = versionInRange(text.slice(from, to))
      return [
        {
          label,
          role: 'range',
          name,
          ...(by !== undefined && { by }),
          isDev: field === 'devDependencies',
          range: text.slice(from, to),
          start: from + (at?.[0] ?? 0),
          end: at === undefined ? to : from + at[1],
        },
      ]
    }),
  )
}

function stringAt(tree: Node, path: string[], label: string, of: Pick<Spot, 'name' | 'folder'>): Spot[] {
  const node = findNodeAtLocation(tree, path)
  if (node?.type !== 'string') return []
  return [{ label, role: 'version', ...of, start: node.offset + 1, end: node.offset + node.length - 1 }]
}

function stringOf(tree: Node, path: string[]): string | undefined {
  const node = findNodeAtLocation(tree, path)
  return node?.type === 'string' ? String(node.value) : undefined
}

function properties(node: Node | undefined): [name: string, value: Node][] {
  return (node?.children ?? []).flatMap(({ children }): [string, Node][] => {
    const [key, value] = children ?? []
    return key === undefined || value === undefined ? [] : [[String(key.value), value]]
  })
}
