import { matchesGlob, posix } from 'node:path'
import { findNodeAtLocation, parseTree } from 'jsonc-parser'
import type { ReleaseConfig } from '../plan/config.ts'
import { cargoMembers, tomlName } from './toml.ts'
import type { Tree } from './tree.ts'
import { chartName, pnpmPackages } from './yaml.ts'

/** A folder with a manifest of its own, whose version is kept. */
export interface Package {
  readonly name: string
  /** Relative to the root of the repository; "." is the root. */
  readonly path: string
  readonly kind: 'project' | 'package' | 'claude-plugin'
  /** Whether npm would refuse to publish it. */
  readonly isPrivate: boolean
  readonly isNpm: boolean
}

/** Files that make a folder a package, the one first that has the say where they differ. */
export const MANIFESTS = ['package.json', '.claude-plugin/plugin.json', 'pyproject.toml', 'Cargo.toml', 'Chart.yaml', 'setup.cfg'] as const

/**
 * The packages of a project, the project itself first: what npm, pnpm and Cargo workspaces, a Claude Code marketplace beside it and the
 * configuration name. Other manifests below it are examples and fixtures, and none of its affair.
 */
export function findPackages(tree: Tree, path: string, config: Pick<ReleaseConfig, 'packages'>): Package[] {
  const below = tree.below(path)
  const folders = new Set<string>()
  for (const manifest of MANIFESTS) {
    for (const file of below) {
      if (file === manifest || !file.endsWith(`/${manifest}`)) continue
      folders.add(file.slice(0, -manifest.length - 1))
    }
  }
  const members = namedMembers(tree, path)
  const named = [...folders].filter((folder) => isMember(folder, members) || config.packages.includes(folder)).sort()
  return ['.', ...named].map((folder) => packageAt(tree, posix.join(path, folder), folder === '.' ? 'project' : 'package'))
}

/** Patterns of folders relative to the project; one that begins with "!" takes away. */
function namedMembers(tree: Tree, path: string): string[] {
  const at = (name: string): string | undefined => tree.text(posix.join(path, name))
  const manifest = parseTree(at('package.json') ?? '')
  const workspaces = manifest && (findNodeAtLocation(manifest, ['workspaces', 'packages']) ?? findNodeAtLocation(manifest, ['workspaces']))
  const npm = (workspaces?.children ?? []).flatMap(({ type, value }) => (type === 'string' ? [String(value)] : []))
  const market = parseTree(at('.claude-plugin/marketplace.json') ?? '')
  const plugins = (market && findNodeAtLocation(market, ['plugins'])?.children) ?? []
  const sources = plugins.flatMap((plugin) => {
    const source = findNodeAtLocation(plugin, ['source'])
    return source?.type === 'string' && String(source.value).startsWith('./') ? [String(source.value)] : []
  })
  return [...npm, ...pnpmPackages(at('pnpm-workspace.yaml') ?? ''), ...cargoMembers(at('Cargo.toml') ?? ''), ...sources].map((pattern) =>
    pattern.replace(/^(!?)(?:\.\/)+/, '$1').replace(/\/+$/, ''),
  )
}

function isMember(folder: string, patterns: readonly string[]): boolean {
  let isIn = false
  for (const pattern of patterns) {
    if (pattern.startsWith('!')) isIn &&= !matches(folder, pattern.slice(1))
    else isIn ||= matches(folder, pattern)
  }
  return isIn
}

const matches = (folder: string, pattern: string): boolean => folder === pattern || matchesGlob(folder, pattern)

function packageAt(tree: Tree, path: string, kind: 'project' | 'package'): Package {
  const manifest = parseTree(tree.text(posix.join(path, 'package.json')) ?? '')
  const plugin = parseTree(tree.text(posix.join(path, '.claude-plugin/plugin.json')) ?? '')
  const text = (name: string): string => tree.text(posix.join(path, name)) ?? ''
  const name =
    (plugin && stringOf(plugin, 'name')) ??
    (manifest && stringOf(manifest, 'name')) ??
    tomlName(text('pyproject.toml')) ??
    tomlName(text('Cargo.toml')) ??
    chartName(text('Chart.yaml'))
  return {
    name: name ?? posix.basename(path === '.' ? tree.root : path),
    path,
    kind: plugin === undefined ? kind : 'claude-plugin',
    isPrivate: manifest !== undefined && findNodeAtLocation(manifest, ['private'])?.value === true,
    isNpm: manifest !== undefined,
  }
}

function stringOf(tree: NonNullable<ReturnType<typeof parseTree>>, key: string): string | undefined {
  const node = findNodeAtLocation(tree, [key])
  return node?.type === 'string' && node.value !== '' ? String(node.value) : undefined
}
