import { isAlias, isMap, isScalar, isSeq, type Node, type Pair, parseDocument } from 'yaml'
import type { Problem } from './problem.ts'
import type { Source, Spot } from './source.ts'

interface Placed {
  readonly spot: Spot
  /** `!reset` and `!override` of Compose, on a value that takes the place of one in a file before. */
  readonly tag?: 'reset' | 'override'
}

export interface MapTree extends Placed {
  readonly kind: 'map'
  readonly entries: ReadonlyMap<string, Entry>
}
export interface Entry {
  readonly key: string
  readonly keySpot: Spot
  readonly value: Tree
}
export interface ListTree extends Placed {
  readonly kind: 'list'
  readonly items: readonly Tree[]
}
export interface ScalarTree extends Placed {
  readonly kind: 'scalar'
  readonly value: string | number | boolean | null
  /** As it is written, with its variables put in. */
  readonly text: string
  readonly isPlain: boolean
  /** Whether a variable without a value left a hole in it. */
  readonly hasHole?: boolean
}
/** A YAML value that knows where it stands. Values that an alias names are shared, not copied. */
export type Tree = MapTree | ListTree | ScalarTree

/** Far more than a stack has; what unfolds to more was made to do harm. */
const MAX_VALUES = 200_000
const MAX_DEPTH = 100

export interface ParsedYaml {
  readonly tree: Tree | undefined
  readonly problems: readonly Problem[]
}

/** Gives each scalar's text and value as they are after variables were put in. */
export type ReadScalar = (scalar: ScalarTree) => ScalarTree

/** Parses one YAML document; merge keys are taken in, and what is wrong is said with its place. Never throws. */
export function parseYaml(source: Source, readScalar: ReadScalar = (scalar) => scalar): ParsedYaml {
  const problems: Problem[] = []
  const add = (note: string, spot: Spot): void => {
    problems.push({ rule: 'compose.syntax', note, spot })
  }
  try {
    // Keys that come twice are looked for below: the library compares each with each.
    const document = parseDocument(source.text, { uniqueKeys: false, prettyErrors: false, logLevel: 'error' })
    for (const { message, pos, code } of document.errors.slice(0, MAX_ERRORS))
      add(code === 'MULTIPLE_DOCS' ? 'a second document begins here' : withoutPeriod(message), source.spot(pos[0], pos[1]))
    if (problems.length > 0) return { tree: undefined, problems }
    if (document.contents === null) return { tree: undefined, problems: [] }
    const tree = grow(document.contents, source, readScalar, add)
    if (sizeOf(tree, new Map()) > MAX_VALUES) {
      add(`its aliases unfold to more than ${MAX_VALUES} values, so it was not read`, source.spot(0))
      return { tree: undefined, problems }
    }
    return { tree, problems }
  } catch (error) {
    add(error instanceof TooDeep || error instanceof RangeError ? `is nested deeper than ${MAX_DEPTH}` : 'is no valid YAML', source.spot(0))
    return { tree: undefined, problems }
  }
}

const MAX_ERRORS = 20
class TooDeep extends Error {}

const withoutPeriod = (text: string): string => text.split('\n')[0]?.replace(/[.:]\s*$/, '') ?? text

function grow(root: Node, source: Source, readScalar: ReadScalar, add: (note: string, spot: Spot) => void): Tree {
  const anchors = new Map<string, Tree>()
  const open = new Set<string>()

  function treeOf(node: unknown, depth: number): Tree {
    if (depth > MAX_DEPTH) throw new TooDeep()
    if (isAlias(node)) {
      const spot = spotOf(node)
      const target = anchors.get(node.source)
      if (target !== undefined) return target
      add(
        open.has(node.source) ? `the alias *${node.source} stands inside of what it names` : `no anchor &${node.source} comes before`,
        spot,
      )
      return nothing(spot)
    }
    if (!isMap(node) && !isSeq(node) && !isScalar(node)) return nothing(source.spot(0))
    const { anchor } = node
    if (anchor !== undefined) open.add(anchor)
    const tree = isMap(node) ? mapOf(node, depth) : isSeq(node) ? listOf(node, depth) : scalarOf(node)
    if (anchor !== undefined) {
      open.delete(anchor)
      anchors.set(anchor, tree)
    }
    return tree
  }

  function mapOf(node: Node & { items: Pair[]; flow?: boolean }, depth: number): MapTree {
    const entries = new Map<string, Entry>()
    const merged: Tree[] = []
    for (const { key, value } of node.items) {
      const keySpot = isScalar(key) ? spotOf(key) : spotOf(node)
      const name = isScalar(key) ? String(key.value ?? '') : undefined
      const tree = value === null ? nothing(keySpot) : treeOf(value, depth + 1)
      if (name === undefined) add('a key must be plain text', keySpot)
      else if (name === '<<' && isScalar(key) && key.type === 'PLAIN') merged.push(tree)
      else if (entries.has(name)) add(`the key ${JSON.stringify(name)} stands twice in one map`, keySpot)
      else entries.set(name, { key: name, keySpot, value: tree })
    }
    for (const tree of merged.flatMap((one) => (one.kind === 'list' ? one.items : [one]))) {
      if (tree.kind !== 'map') add('what << takes in must be a map', tree.spot)
      else for (const [name, entry] of tree.entries) if (!entries.has(name)) entries.set(name, entry)
    }
    return { kind: 'map', entries, spot: spotOf(node), ...tagOf(node) }
  }

  function listOf(node: Node & { items: unknown[] }, depth: number): ListTree {
    return { kind: 'list', items: node.items.map((item) => treeOf(item, depth + 1)), spot: spotOf(node), ...tagOf(node) }
  }

  function scalarOf(node: Node & { value: unknown; source?: string; type?: string }): ScalarTree {
    const { value } = node
    const isKnown = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    return readScalar({
      kind: 'scalar',
      value: isKnown ? value : value === null ? null : String(value),
      text: typeof value === 'string' ? value : (node.source ?? ''),
      isPlain: node.type === 'PLAIN',
      spot: spotOf(node),
      ...tagOf(node),
    })
  }

  function spotOf({ range }: Node): Spot {
    return source.spot(range?.[0] ?? 0, range?.[1] ?? 0)
  }

  return treeOf(root, 0)
}

const nothing = (spot: Spot): ScalarTree => ({ kind: 'scalar', value: null, text: '', isPlain: true, spot })

function tagOf({ tag }: Node): Pick<Placed, 'tag'> {
  return tag === '!reset' ? { tag: 'reset' } : tag === '!override' ? { tag: 'override' } : {}
}

/** How many values there are with every alias unfolded; each value is counted once and its count used again. */
function sizeOf(tree: Tree, known: Map<Tree, number>): number {
  if (tree.kind === 'scalar') return 1
  const before = known.get(tree)
  if (before !== undefined) return before
  let size = 1
  for (const child of childrenOf(tree)) size += sizeOf(child, known)
  known.set(tree, size)
  return size
}

export function childrenOf(tree: Tree): Iterable<Tree> {
  return tree.kind === 'scalar' ? [] : tree.kind === 'list' ? tree.items : Array.from(tree.entries.values(), ({ value }) => value)
}

/** Schemas compare each item of some lists with each. */
const MAX_PLAIN_ITEMS = 1_000

/** The value as plain data, for schemas; what is reset is left out, and so is the end of a list that is too long. */
export function plainOf(tree: Tree): unknown {
  if (tree.kind === 'scalar') return tree.value
  if (tree.kind === 'list') return tree.items.slice(0, MAX_PLAIN_ITEMS).map(plainOf)
  const plain: Record<string, unknown> = {}
  for (const [key, { value }] of tree.entries) {
    if (value.tag === 'reset') continue
    // Plain assignment would set the prototype.
    if (key === '__proto__') Object.defineProperty(plain, key, { value: plainOf(value), enumerable: true })
    else plain[key] = plainOf(value)
  }
  return plain
}

export function get(tree: Tree | undefined, key: string): Tree | undefined {
  return tree?.kind === 'map' ? tree.entries.get(key)?.value : undefined
}

export function entriesOf(tree: Tree | undefined): readonly Entry[] {
  return tree?.kind === 'map' ? [...tree.entries.values()] : []
}

export function itemsOf(tree: Tree | undefined): readonly Tree[] {
  return tree?.kind === 'list' ? tree.items : []
}

/** A scalar's text; undefined where there is none, or nothing. */
export function textOf(tree: Tree | undefined): string | undefined {
  return tree?.kind === 'scalar' && tree.value !== null ? tree.text : undefined
}

/** A text, or each of a list of texts. */
export function textsOf(tree: Tree | undefined): readonly ScalarTree[] {
  if (tree?.kind === 'scalar') return tree.value === null ? [] : [tree]
  return itemsOf(tree).filter((item) => item.kind === 'scalar')
}

export const isTrue = (tree: Tree | undefined): boolean => tree?.kind === 'scalar' && (tree.value === true || tree.text === 'true')
