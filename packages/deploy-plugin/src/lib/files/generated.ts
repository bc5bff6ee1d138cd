import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { PlanStep } from '@switchyard/plugin-kit'
import { z } from 'zod'
import { applyChanges, type FileChange, removeIfEmpty, revertChanges, sha256, writeAtomically } from './change-set.ts'
import { unifiedDiff } from './diff.ts'
import { mergeConflict } from './errors.ts'
import { hideSecrets } from './hide-secrets.ts'
import { type Conflict, merge3, type Resolution } from './merge.ts'
import { readInside } from './project.ts'

/** A file that we make, as it would be had nobody touched it. */
export interface GeneratedFile {
  readonly path: string
  readonly text: string
  /** Says why a merged text cannot be used, as two good halves may make a bad whole; undefined where it can. */
  readonly check?: (text: string) => Promise<string | undefined>
  /** @default 0o644 */
  readonly mode?: number
}

/**
 * `created`: it was not there. `unchanged`: it is what it would become, or nothing of ours is new. `updated`: nobody had touched it.
 * `merged`: a person's edits and ours. `yours`: somebody else's file, which stays. `conflict`: both changed the same lines.
 */
const FILE_STATES = ['created', 'unchanged', 'updated', 'merged', 'yours', 'conflict'] as const
export type FileState = (typeof FILE_STATES)[number]

export interface Outcome {
  readonly path: string
  readonly state: FileState
  readonly before: string | undefined
  /** What the file becomes; as before where it stays. */
  readonly after: string | undefined
  readonly conflicts: readonly Conflict[]
  /** Why the merge cannot be used, where it is not because of lines. */
  readonly reason?: string
  readonly generated: string
  readonly mode?: number
}

/** What would become of each file, compared with what we last wrote there. Changes nothing. @throws PATH_REFUSED, FILE_TOO_LARGE */
export async function settle(
  root: string,
  dataDir: string,
  files: readonly GeneratedFile[],
  resolution: Resolution = 'refuse',
): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  for (const { path, text, check, mode } of files) {
    const before = readInside(root, path)
    const common = { path, before, generated: text, conflicts: [], ...(mode !== undefined && { mode }) }
    const base = readBase(dataDir, root, path)
    if (before === undefined) outcomes.push({ ...common, state: 'created', after: text })
    else if (before === text || base === text) outcomes.push({ ...common, state: 'unchanged', after: before })
    else if (base === undefined && resolution === 'generated') outcomes.push({ ...common, state: 'updated', after: text })
    else if (base === undefined) outcomes.push({ ...common, state: 'yours', after: before })
    else if (before === base) outcomes.push({ ...common, state: 'updated', after: text })
    else outcomes.push({ ...common, ...(await settleMerge(before, base, text, resolution, check)) })
  }
  return outcomes
}

async function settleMerge(
  before: string,
  base: string,
  text: string,
  resolution: Resolution,
  check: GeneratedFile['check'],
): Promise<Pick<Outcome, 'state' | 'after' | 'conflicts' | 'reason'>> {
  const merged = await merge3(before, base, text, resolution)
  if (merged.kind === 'conflict') return { state: 'conflict', after: before, conflicts: merged.conflicts }
  if (merged.kind === 'too-large')
    return { state: 'conflict', after: before, conflicts: [], reason: 'it has too many equal lines to be compared' }
  const reason = await check?.(merged.text)
  if (reason !== undefined) return { state: 'conflict', after: before, conflicts: [], reason: `merged it would be wrong: ${reason}` }
  return { state: merged.text === before ? 'unchanged' : 'merged', after: merged.text, conflicts: [] }
}

/**
 * Writes what was settled, all or nothing, and remembers what was generated. Returns the change's id, undefined where nothing differs.
 * @throws MERGE_CONFLICT where two edits meet, FILES_CHANGED_SINCE
 */
export function writeSettled(root: string, dataDir: string, outcomes: readonly Outcome[]): string | undefined {
  const conflicted = outcomes.filter(({ state }) => state === 'conflict')
  if (conflicted.length > 0) throw mergeConflict(conflicted)
  const changes: FileChange[] = outcomes.map(({ path, before, after, mode }) => ({
    path,
    before,
    after,
    ...(mode !== undefined && { mode }),
  }))
  const taken = outcomes.filter(({ state }) => state !== 'yours')
  const moved = taken.map(({ path, generated }) => ({ path, generated, was: readBase(dataDir, root, path) }))
  const newBases = moved.filter(({ generated, was }) => generated !== was)
  const bases = Object.fromEntries(newBases.map(({ path, was }) => [path, was ?? null]))
  const change = applyChanges(root, changes, dataDir, bases)
  for (const { path, generated } of newBases) writeBase(dataDir, root, path, generated)
  return change
}

/** Takes a change back with what was remembered of it. @throws CHANGE_UNKNOWN, FILES_CHANGED_SINCE */
export function takeBack(dataDir: string, change: string): string[] {
  const { root, paths, bases } = revertChanges(dataDir, change)
  for (const [path, was] of Object.entries(bases)) writeBase(dataDir, root, path, was ?? undefined)
  return paths
}

/** What a plan shows of it: each file that changes with its diff. Values that look secret are hidden. */
export async function stepsOf(outcomes: readonly Outcome[]): Promise<PlanStep[]> {
  const steps: PlanStep[] = []
  for (const { path, state, before = '', after = '' } of outcomes) {
    if (state === 'unchanged' || state === 'yours' || state === 'conflict') continue
    const detail = hideSecrets(await unifiedDiff(before, after))
    steps.push({ does: state === 'created' ? 'create' : 'change', target: path, detail })
  }
  return steps
}

const baseSchema = z.object({ path: z.string(), text: z.string() })

const basePath = (dataDir: string, root: string, path: string): string =>
  join(dataDir, 'generated', `${sha256(`${root}\0${path}`).slice(0, 32)}.json`)

/** Whether we wrote that file once, on this machine. */
export const wasGenerated = (dataDir: string, root: string, path: string): boolean => readBase(dataDir, root, path) !== undefined

/** What we last wrote there; undefined where we never did. */
function readBase(dataDir: string, root: string, path: string): string | undefined {
  try {
    return baseSchema.parse(JSON.parse(readFileSync(basePath(dataDir, root, path), 'utf8'))).text
  } catch {
    return undefined
  }
}

function writeBase(dataDir: string, root: string, path: string, text: string | undefined): void {
  const at = basePath(dataDir, root, path)
  if (text === undefined) {
    rmSync(at, { force: true })
    removeIfEmpty(join(dataDir, 'generated'))
  } else writeAtomically(at, `${JSON.stringify({ path, text })}\n`, 0o600)
}
