import { posix } from 'node:path'
import { mergeTrees } from './compose-merge.ts'
import { type ComposeService, readService } from './compose-service.ts'
import { interpolate, type VariableUse } from './interpolate.ts'
import type { Problem } from './problem.ts'
import { isUnread, type ProjectFiles, type Unread } from './project-files.ts'
import type { Source, Spot } from './source.ts'
import { type Entry, entriesOf, get, isTrue, type MapTree, parseYaml, type ScalarTree, type Tree, textOf, textsOf } from './yaml-tree.ts'

/** A volume, network, secret or config that a project declares at its top. */
export interface Declared {
  readonly name: string
  readonly keySpot: Spot
  readonly tree: Tree
  readonly isExternal: boolean
}

interface PlacedUse extends VariableUse {
  readonly spot: Spot
}

/** One file as it was read, before anything was merged. */
export interface ComposeFile {
  readonly source: Source
  readonly tree: Tree | undefined
}

/** What one `docker compose` in a folder would run: its files merged, with `extends` and `include` followed. */
export interface ComposeProject {
  /** Relative to the project; '' is its root. */
  readonly folder: string
  /** By the file itself, else by the folder; undefined in the root, where only the machine knows. */
  readonly name: string | undefined
  readonly files: readonly ComposeFile[]
  readonly services: ReadonlyMap<string, ComposeService>
  readonly volumes: ReadonlyMap<string, Declared>
  readonly networks: ReadonlyMap<string, Declared>
  readonly secrets: ReadonlyMap<string, Declared>
  readonly configs: ReadonlyMap<string, Declared>
  /** Every `${NAME}` in its files. */
  readonly uses: readonly PlacedUse[]
  readonly problems: readonly Problem[]
}

const MAX_FILES = 50
const MAX_EXTENDS = 20

/** Reads a project from its files in the order in which they are laid over one another. */
export function readCompose(files: ProjectFiles, paths: readonly string[], variables: ReadonlyMap<string, string>): ComposeProject {
  const folder = folderOf(paths[0] ?? '')
  const uses: PlacedUse[] = []
  const problems: Problem[] = []
  const read = new Map<string, ComposeFile>()

  function load(path: string, askedFrom: Spot | undefined): ComposeFile | undefined {
    const clean = posix.normalize(path)
    const known = read.get(clean)
    if (known !== undefined) return known
    const source = read.size >= MAX_FILES ? 'not allowed' : files.read(clean)
    if (isUnread(source)) {
      if (askedFrom !== undefined) problems.push(missing(path, source, askedFrom))
      return undefined
    }
    const parsed = parseYaml(source, (scalar) => expand(scalar, source))
    problems.push(...parsed.problems)
    const file = { source, tree: parsed.tree }
    read.set(clean, file)
    return file
  }

  function expand(scalar: ScalarTree, source: Source): ScalarTree {
    if (typeof scalar.value !== 'string' || !scalar.value.includes('$')) return scalar
    const { text, uses: found, hasHole, mistakes } = interpolate(scalar.value, (name) => variables.get(name))
    const { value, spot } = scalar
    let from = spot.start
    for (const use of found.toSorted((a, b) => a.offset - b.offset)) {
      const written = value.slice(use.offset, use.offset + use.length)
      const at = source.text.indexOf(written, from)
      const start = at === -1 || at >= spot.end ? spot.start : at
      from = start + (use.operator === '' ? use.length : 1)
      uses.push({ ...use, spot: source.spot(start, start + use.length) })
    }
    for (const { offset, note } of mistakes) {
      const start = source.text.indexOf(value.slice(offset, offset + 2), spot.start)
      problems.push({ rule: 'compose.interpolation', note, spot: source.spot(start === -1 ? spot.start : start) })
    }
    return { ...scalar, value: text, text, ...(hasHole && { hasHole }) }
  }

  const taken = new Set<string>()

  /** A file with those that it includes beneath it. */
  function withIncluded(file: ComposeFile, open: readonly string[]): Tree | undefined {
    const { tree, source } = file
    let below: Tree | undefined
    for (const { text, spot } of includesOf(tree)) {
      const path = posix.join(folderOf(source.path), text)
      if (open.includes(path)) {
        problems.push({ rule: 'compose.extends', note: `includes ${text}, which includes it again`, spot })
        continue
      }
      // Twice the same file adds nothing, and files that include one another twice would multiply.
      const included = taken.has(path) ? undefined : load(path, spot)
      taken.add(path)
      if (included !== undefined) below = mergeTrees(below, withIncluded(included, [...open, path]))
    }
    return mergeTrees(below, tree)
  }

  const roots = paths.flatMap((path) => load(path, undefined) ?? [])
  const merged = roots.reduce<Tree | undefined>((base, file) => mergeTrees(base, withIncluded(file, [file.source.path])), undefined)

  function extended(name: string, tree: MapTree, within: Tree | undefined, at: string, open: readonly string[]): MapTree {
    const link = get(tree, 'extends')
    if (link === undefined) return tree
    const wanted = textOf(link.kind === 'map' ? get(link, 'service') : link)
    const fileTree = get(link, 'file')
    const from = textOf(fileTree)
    const path = from === undefined ? at : posix.join(folderOf(at), from)
    const id = `${path}\n${wanted ?? ''}`
    if (wanted === undefined) return tree
    if (open.length > MAX_EXTENDS) {
      problems.push({ rule: 'compose.extends', note: `services extend one another more than ${MAX_EXTENDS} times`, spot: link.spot })
      return tree
    }
    if (open.includes(id)) {
      problems.push({ rule: 'compose.extends', note: `extends ${JSON.stringify(wanted)}, which extends it again`, spot: link.spot })
      return tree
    }
    const file = from === undefined ? undefined : load(path, fileTree?.spot)
    if (from !== undefined && file === undefined) return tree
    const root = file === undefined ? within : file.tree
    const base = get(get(root, 'services'), wanted)
    if (base?.kind !== 'map') {
      problems.push({
        rule: 'compose.extends',
        note: `service ${name} extends ${JSON.stringify(wanted)}, which is not there`,
        spot: link.spot,
      })
      return tree
    }
    const whole = mergeTrees(extended(wanted, base, root, path, [...open, id]), tree)
    return whole?.kind === 'map' ? whole : tree
  }

  const services = new Map<string, ComposeService>()
  for (const { key, keySpot, value } of entriesOf(get(merged, 'services'))) {
    if (value.kind !== 'map') continue
    const at = value.spot.source.path
    const tree = extended(key, value, merged, at, [`${at}\n${key}`])
    services.set(key, readService(key, keySpot, tree, folder, files))
  }

  return {
    folder,
    name: textOf(get(merged, 'name')) ?? (folder === '' ? undefined : posix.basename(folder)),
    files: [...read.values()],
    services,
    volumes: declared(merged, 'volumes'),
    networks: declared(merged, 'networks'),
    secrets: declared(merged, 'secrets'),
    configs: declared(merged, 'configs'),
    uses,
    problems,
  }
}

export const folderOf = (path: string): string => {
  const folder = posix.dirname(path)
  return folder === '.' ? '' : folder
}

function missing(path: string, why: Unread, spot: Spot): Problem {
  if (why === 'missing') return { rule: 'compose.file-missing', note: `${path} is named here and is not there`, spot }
  if (why === 'outside') return { rule: 'stack.path-escape', note: `${path} leads out of the project, so it was not read`, spot }
  return { rule: 'stack.unreadable', note: `${path} was not read: ${why}`, spot }
}

function includesOf(tree: Tree | undefined): readonly ScalarTree[] {
  const include = get(tree, 'include')
  if (include?.kind !== 'list') return []
  return include.items.flatMap((item) => textsOf(item.kind === 'map' ? get(item, 'path') : item))
}

function declared(tree: Tree | undefined, key: string): ReadonlyMap<string, Declared> {
  return new Map(
    entriesOf(get(tree, key)).map(({ key: name, keySpot, value }: Entry) => {
      const external = get(value, 'external')
      return [name, { name, keySpot, tree: value, isExternal: isTrue(external) || external?.kind === 'map' }]
    }),
  )
}
