import type { Spot } from './source.ts'
import { get, isTrue, type Tree, textOf } from './yaml-tree.ts'

export interface Mount {
  readonly kind: 'bind' | 'volume' | 'tmpfs' | 'anonymous' | 'other'
  /** The folder on the host or the volume's name. */
  readonly source: string
  readonly target: string
  /** Undefined where nothing says whether it may be written. */
  readonly mode: 'ro' | 'rw' | undefined
  readonly spot: Spot
  /** Where `:ro` or `:rw` would be put; undefined for the long form. */
  readonly modeOffset?: number
}

/** Undefined where a variable without a value decides it. */
export function parseMount(tree: Tree): Mount | undefined {
  if (tree.kind === 'map') return longMount(tree)
  if (tree.kind !== 'scalar' || tree.hasHole === true) return undefined
  const { text, spot, isPlain } = tree
  const parts = text.split(':')
  const [source, target, options] = parts.length === 1 ? ['', parts[0], undefined] : parts
  if (target === undefined || target === '') return undefined
  const modes = options?.split(',') ?? []
  return {
    kind: source === '' ? 'anonymous' : isPath(source ?? '') ? 'bind' : 'volume',
    source: source ?? '',
    target,
    mode: modes.includes('ro') ? 'ro' : modes.includes('rw') ? 'rw' : undefined,
    spot,
    ...(options === undefined && parts.length === 2 && { modeOffset: isPlain ? spot.end : spot.end - 1 }),
  }
}

const isPath = (source: string): boolean => /^[./~]/.test(source) || /^[A-Za-z]:$/.test(source)

function longMount(tree: Tree): Mount | undefined {
  const kind = textOf(get(tree, 'type'))
  const source = get(tree, 'source')
  const target = textOf(get(tree, 'target'))
  if (target === undefined || (source?.kind === 'scalar' && source.hasHole === true)) return undefined
  const readOnly = get(tree, 'read_only')
  const from = textOf(source) ?? ''
  return {
    kind: kind === 'bind' || kind === 'tmpfs' ? kind : kind === 'volume' ? (from === '' ? 'anonymous' : 'volume') : 'other',
    source: from,
    target,
    mode: readOnly === undefined ? (kind === 'bind' ? undefined : 'rw') : isTrue(readOnly) ? 'ro' : 'rw',
    spot: tree.spot,
  }
}
