import { posix } from 'node:path'
import semver from 'semver'
import type { ReleaseConfig } from '../plan/config.ts'
import { inMarketplace, inPackageJson, inPackageLock, inPluginJson, inServerJson } from './json.ts'
import { fitsAny, inCode, inText, mayHaveLiterals } from './literals.ts'
import { createLineFinder, type Place, type Spot } from './place.ts'
import { findPackages, MANIFESTS, type Package } from './project.ts'
import { inCargoToml, inPyproject, inTomlLock } from './toml.ts'
import type { Tree } from './tree.ts'
import { inChart, inCompose } from './yaml.ts'

/** Every place of a project that says a version. */
export interface VersionMap {
  readonly packages: readonly Package[]
  readonly places: readonly Place[]
  /** What each package's first manifest says, by folder; null where none says any. */
  readonly declared: ReadonlyMap<string, string | null>
}

/** What is read in which files; by their name wherever they are. */
const BY_NAME: readonly { readonly file: RegExp; readonly find: (text: string) => Spot[] }[] = [
  { file: /^package\.json$/, find: inPackageJson },
  { file: /^(?:package-lock|npm-shrinkwrap)\.json$/, find: inPackageLock },
  { file: /^\.claude-plugin\/plugin\.json$/, find: inPluginJson },
  { file: /^\.claude-plugin\/marketplace\.json$/, find: inMarketplace },
  { file: /^server\.json$/, find: inServerJson },
  { file: /^pyproject\.toml$/, find: inPyproject },
  { file: /^Cargo\.toml$/, find: inCargoToml },
  { file: /^(?:Cargo|uv)\.lock$/, find: inTomlLock },
  { file: /^setup\.cfg$/, find: (text) => inText(text, { file: '', pattern: '\nversion = {version}' }) },
  { file: /^(?:[^/]+\/){0,2}Chart\.yaml$/, find: inChart },
  { file: /^(?:[^/]+\/){0,2}(?:docker-)?compose(?:[.-][\w.-]+)?\.ya?ml$/, find: inCompose },
]

/** Folders whose files say versions of other things. */
const NOT_OURS = /(?:^|\/)(?:node_modules|vendor|fixtures?|__fixtures__|testdata|examples?|tests?|__tests__)\//

/** Finds packages and places; reads manifests, and of code only what may say a version. */
export function readVersionMap(tree: Tree, path: string, config: Pick<ReleaseConfig, 'packages' | 'versions'>): VersionMap {
  const packages = findPackages(tree, path, config)
  const folders = new Map(packages.map((one) => [one.path, one]))
  const names = namesOf(packages)
  const found: Place[] = []
  const declared = new Map<string, string | null>(packages.map((one) => [one.path, null]))

  // Shortest first: manifests are read before the code whose vague places are compared with them.
  const files = tree.below(path).toSorted((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1))
  for (const relative of files) {
    const literals = config.versions.literals.filter(({ file }) => fitsAny(relative, [file]))
    const isKnown = !NOT_OURS.test(relative) && !fitsAny(relative, config.versions.ignore)
    const file = posix.join(path, relative)
    const owner = isKnown || literals.length > 0 ? ownerOf(file, folders, path, tree) : undefined
    if (owner === undefined) continue
    const local = posix.relative(owner.path, file)
    const finders = isKnown ? BY_NAME.filter((known) => known.file.test(local)) : []
    if (finders.length === 0 && literals.length === 0 && !(isKnown && mayHaveLiterals(local))) continue
    const text = tree.text(file)
    if (text === undefined) continue
    // Offsets count from after the mark of byte order, which no parser wants to see.
    const marked = text.startsWith('\ufeff') ? 1 : 0
    const body = text.slice(marked)
    const spots = [
      ...finders.flatMap(({ find }) => find(body)),
      ...literals.flatMap((literal) => inText(body, literal)),
      ...(isKnown ? inCode(body, local) : []),
    ]
    if (spots.length === 0) continue
    const lineOf = createLineFinder(body)
    for (const spot of spots) {
      const of = packageOf(spot, file, owner, folders, names, path)
      if (of === undefined) continue
      const place: Place = {
        file,
        line: lineOf(spot.start),
        label: spot.label,
        of: of.path,
        role: spot.role,
        start: spot.start + marked,
        end: spot.end + marked,
        found: body.slice(spot.start, spot.end),
        ...(spot.range !== undefined && { range: spot.range }),
        by: (spot.by === undefined ? undefined : folders.get(posix.join(posix.dirname(file), spot.by)))?.path ?? owner.path,
        isDev: spot.isDev ?? false,
      }
      const said = declared.get(of.path) ?? null
      if (spot.isVague && said !== null && said !== place.found) continue
      found.push(place)
      const isManifest = MANIFESTS.some((manifest) => posix.join(of.path, manifest) === file)
      if (isManifest && place.role === 'version' && said === null) declared.set(of.path, place.found)
    }
  }
  return { packages, places: withoutOverlap(found), declared }
}

/** Manifests by their say, all else after them. */
function rank(file: string): number {
  const manifest = MANIFESTS.findIndex((name) => file === name || file.endsWith(`/${name}`))
  return manifest === -1 ? MANIFESTS.length : manifest
}

/** The package whose folder is the deepest around a file; undefined where a manifest lies between that no workspace names. */
function ownerOf(file: string, folders: ReadonlyMap<string, Package>, path: string, tree: Tree): Package | undefined {
  for (let folder = posix.dirname(file); ; folder = posix.dirname(folder)) {
    const owner = folders.get(folder)
    if (owner !== undefined) return owner
    const isForeign = ['package.json', 'pyproject.toml', 'Cargo.toml'].some((name) => tree.has(posix.join(folder, name)))
    if (isForeign || folder === path || folder === '.') return undefined
  }
}

/** Packages by their names, and those with a scope by what follows it as well: images are called so. */
function namesOf(packages: readonly Package[]): Map<string, Package> {
  const names = new Map<string, Package>()
  for (const one of packages) for (const name of [one.name.replace(/^@[^/]+\//, ''), one.name]) names.set(name, one)
  return names
}

function packageOf(
  spot: Spot,
  file: string,
  owner: Package,
  folders: ReadonlyMap<string, Package>,
  names: ReadonlyMap<string, Package>,
  path: string,
): Package | undefined {
  if (spot.folder !== undefined) {
    // A marketplace lies one folder below what its paths are relative to.
    const base = posix.dirname(file).replace(/(?:^|\/)\.claude-plugin$/, '') || path
    return folders.get(posix.join(base, spot.folder).replace(/\/$/, ''))
  }
  if (spot.name === undefined) return owner
  // What one asks for of a package of that name is meant for it only by its whole name.
  return spot.role === 'range' ? [...folders.values()].find(({ name }) => name === spot.name) : names.get(spot.name)
}

/** The first finder has the say where two see the same place. */
function withoutOverlap(places: readonly Place[]): Place[] {
  const ends = new Map<string, Place[]>()
  return places.filter((place) => {
    const others = ends.get(place.file) ?? []
    if (others.some(({ start, end }) => place.start < end && start < place.end)) return false
    ends.set(place.file, [...others, place])
    return true
  })
}

export interface Drift {
  readonly place: Place
  /** What should stand there. */
  readonly expected: string
}

/** What each package's version is taken to be: with one version for all, that of the project or else the highest. */
export function expectedVersions({ packages, declared }: VersionMap, mode: 'single' | 'fixed' | 'independent'): Map<string, string | null> {
  if (mode === 'independent') return new Map(declared)
  const root = packages[0] === undefined ? null : (declared.get(packages[0].path) ?? null)
  const all = [...declared.values()].filter((version) => version !== null && semver.valid(version) !== null)
  const one = root ?? all.sort((a, b) => semver.rcompare(a ?? '', b ?? ''))[0] ?? null
  return new Map(packages.map(({ path }) => [path, one]))
}

/** The places that do not say what they should. A range that takes the version in is in step, as is one that names none. */
export function findDrift(map: VersionMap, expected: ReadonlyMap<string, string | null>): Drift[] {
  return map.places.flatMap((place) => {
    const version = expected.get(place.of) ?? null
    if (version === null || place.found === version || (place.role === 'range' && takes(place.range ?? place.found, version))) return []
    return [{ place, expected: version }]
  })
}

/** Whether a range that is not a plain version takes in a version, or is none of npm's, such as `*` or `file:../x`. */
export function takes(range: string, version: string): boolean {
  if (semver.valid(range) !== null) return false
  const npm = range.replace(/^workspace:/, '')
  return (
    npm === '*' ||
    npm === '^' ||
    npm === '~' ||
    semver.validRange(npm) === null ||
    semver.satisfies(version, npm, { includePrerelease: true })
  )
}
