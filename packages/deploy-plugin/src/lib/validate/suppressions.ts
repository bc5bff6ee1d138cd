import { z } from 'zod'
import { isUnread } from '../model/project-files.ts'
import { createSource, type Source, type Spot } from '../model/source.ts'
import type { Stack } from '../model/stack.ts'
import { parseYaml, plainOf, type Tree } from '../model/yaml-tree.ts'
import type { Found } from './rule.ts'

/** Committed beside the stack, so that accepting something is a change that others see. */
const SUPPRESSIONS_FILE = 'switchyard.validate.json'

const suppression = z.strictObject({
  rule: z.string().min(1),
  /** Of one file; of all where it is absent. */
  file: z.string().min(1).optional(),
  reason: z.string().trim().min(10, 'must be given in ten characters at least'),
  /** Last day; from then on it counts again. */
  until: z
    .string()
    .regex(/^\d{4}-\d{2}-\d{2}$/, 'must be a day such as 2027-01-31')
    .optional(),
})
const settings = z.strictObject({ $schema: z.string().optional(), suppress: z.array(suppression).default([]) })

export interface Suppression extends z.output<typeof suppression> {
  /** The one line that a comment speaks of, or the one beneath it; undefined for those of the file. */
  readonly lines?: readonly [number, number]
  readonly spot: Spot
}

export interface Suppressions {
  readonly all: readonly Suppression[]
  /** What is wrong with them; one that is wrong suppresses nothing. */
  readonly mistakes: readonly Found[]
}

/** What was accepted, in switchyard.validate.json and in comments beside what they speak of. */
export function readSuppressions(stack: Stack, rules: ReadonlySet<string>): Suppressions {
  const all: Suppression[] = []
  const mistakes: Found[] = []
  const file = stack.files.read(SUPPRESSIONS_FILE)
  if (!isUnread(file)) readFile(file, rules, all, mistakes)
  else if (file !== 'missing') mistakes.push({ spot: createSource(SUPPRESSIONS_FILE, '').spot(0), note: `was not read: ${file}` })
  for (const source of sourcesOf(stack)) if (source.text.includes('switchyard:allow')) readComments(source, rules, all, mistakes)
  return { all, mistakes }
}

export function sourcesOf({ caddyfiles, envFiles, projects, units }: Stack): ReadonlySet<Source> {
  return new Set([
    ...projects.flatMap(({ files }) => files.map(({ source }) => source)),
    ...caddyfiles.map(({ source }) => source),
    ...units.map(({ source }) => source),
    ...envFiles.map(({ source }) => source),
  ])
}

function readFile(source: Source, rules: ReadonlySet<string>, all: Suppression[], mistakes: Found[]): void {
  // JSON is YAML too, and the reader knows the places.
  const { tree, problems } = parseYaml(source)
  for (const { note, spot } of problems) mistakes.push({ spot, note })
  if (tree === undefined) return
  const parsed = settings.safeParse(plainOf(tree))
  if (!parsed.success) {
    for (const { path, message } of parsed.error.issues) {
      mistakes.push({ spot: spotAt(tree, path.map(String)), note: `${path.join('.') || 'the file'}: ${message}` })
    }
    return
  }
  for (const [index, one] of parsed.data.suppress.entries()) {
    const spot = spotAt(tree, ['suppress', String(index)])
    if (rules.has(one.rule)) all.push({ ...one, spot })
    else mistakes.push({ spot: spotAt(tree, ['suppress', String(index), 'rule']), note: `there is no rule ${one.rule}` })
  }
}

function spotAt(root: Tree, path: readonly string[]): Spot {
  let tree = root
  for (const part of path) {
    const next = tree.kind === 'map' ? tree.entries.get(part)?.value : tree.kind === 'list' ? tree.items[Number(part)] : undefined
    if (next === undefined) break
    tree = next
  }
  return tree.spot
}

const COMMENT = /#\s?switchyard:allow\b(.*)$/gm
const ALLOWED = /^\s+([a-z][\w.-]*)(?:\s+until\s+(\d{4}-\d{2}-\d{2}))?\s*:\s*(.{10,})$/

function readComments(source: Source, rules: ReadonlySet<string>, all: Suppression[], mistakes: Found[]): void {
  for (const match of source.text.matchAll(COMMENT)) {
    const spot = source.spot(match.index, match.index + match[0].length)
    const [, rule, until, reason] = ALLOWED.exec(match[1]?.trimEnd() ?? '') ?? []
    if (rule === undefined || reason === undefined) {
      mistakes.push({
        spot,
        note: 'an allowance must read "switchyard:allow RULE until DAY: REASON", with a reason of ten characters at least',
      })
    } else if (!rules.has(rule)) mistakes.push({ spot, note: `there is no rule ${rule}` })
    else {
      const { line } = source.placeOf(match.index)
      all.push({ rule, file: source.path, reason: reason.trim(), ...(until !== undefined && { until }), lines: [line, line + 1], spot })
    }
  }
}

interface Accused {
  readonly rule: string
  readonly file: string
  readonly line: number
}

/** Tells which of them is the first that takes a finding out on this day; undefined where none does. */
export function suppressor(all: readonly Suppression[], today: string): (finding: Accused) => number | undefined {
  const first = new Map<string, number>()
  for (const [index, one] of all.entries()) {
    if (isExpired(one, today)) continue
    for (const line of one.lines ?? ['']) {
      const id = [one.rule, one.file ?? '', line].join('\0')
      if (!first.has(id)) first.set(id, index)
    }
  }
  return ({ rule, file, line }) => {
    const found = [
      [rule, '', ''],
      [rule, file, ''],
      [rule, file, line],
    ].flatMap((parts) => first.get(parts.join('\0')) ?? [])
    return found.length === 0 ? undefined : Math.min(...found)
  }
}

export const isExpired = ({ until }: Suppression, today: string): boolean => until !== undefined && until < today
